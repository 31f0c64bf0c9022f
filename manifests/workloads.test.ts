/** The services as they will run (docs/design.md#operations): hardened, watched, spread. */
import { expect } from 'chai';
import { render } from './kustomize.ts';
import { OVERLAYS, podOf, renderedOverlays, ZONES } from './workloads.ts';

describe('services as deployed', function () {
  this.timeout(180_000);
  const { find, deployment, objects } = renderedOverlays();

  for (const overlay of OVERLAYS) {
    describe(overlay, () => {
      it('runs each zone in a namespace of its own that enforces Pod Security "restricted"', () => {
        for (const zone of ZONES) {
          expect(deployment(overlay, zone).metadata?.namespace).to.equal(`twofold-${zone}`);
          const labels = find(overlay, 'Namespace', `twofold-${zone}`)?.metadata?.labels;
          expect(labels).to.include({ 'pod-security.kubernetes.io/enforce': 'restricted' });
        }
      });

      it('runs as a numeric user, without privileges, on a read-only root file system', () => {
        for (const zone of ZONES) {
          const pod = podOf(deployment(overlay, zone));
          expect(pod).to.have.nested.property('securityContext.runAsUser', 65532);
          expect(pod).to.have.nested.property('securityContext.runAsNonRoot', true);
          expect(pod).to.have.nested.property('securityContext.seccompProfile.type', 'RuntimeDefault');
          expect(pod.containers).to.have.length(1);
          expect(pod.containers[0]).to.have.deep.property('securityContext', {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          });
        }
      });

      it('watches each service on its health port, and drains before it ends', () => {
        for (const zone of ZONES) {
          const pod = podOf(deployment(overlay, zone));
          const [container] = pod.containers;
          expect(container.ports).to.deep.include({ name: 'health', containerPort: 8080 });
          expect(container).to.have.deep.nested.property('livenessProbe.httpGet', {
            path: '/healthz',
            port: 'health',
          });
          expect(container).to.have.deep.nested.property('readinessProbe.httpGet', {
            path: '/readyz',
            port: 'health',
          });
          expect(container.lifecycle.preStop.sleep.seconds).to.be.lessThan(
            pod.terminationGracePeriodSeconds - 30,
          );
          expect(container).to.have.nested.property('resources.limits.memory');
          expect(container).to.have.nested.property('resources.requests.cpu');
        }
      });

      it('spreads replicas over nodes, and lets one be evicted at a time', () => {
        for (const zone of ZONES) {
          const pod = podOf(deployment(overlay, zone));
          expect(pod).to.have.nested.property(
            'topologySpreadConstraints[0].topologyKey',
            'kubernetes.io/hostname',
          );
          expect(find(overlay, 'PodDisruptionBudget', zone)).to.have.nested.property(
            'spec.maxUnavailable',
            1,
          );
        }
      });

      it('exposes each service through a Service with the same ports', () => {
        for (const zone of ZONES) {
          const { ports } = podOf(deployment(overlay, zone)).containers[0];
          const expected = ports.map(({ name, containerPort }) => ({
            name,
            port: containerPort,
            targetPort: name,
          }));
          const service = find(overlay, 'Service', zone);
          expect(service).to.have.deep.nested.property('spec.ports', expected);
          expect(service, zone).to.have.nested.property('spec.ipFamilyPolicy', 'PreferDualStack');
        }
      });
    });
  }

  it('run one console on the embedded database and never two at a time, and two on PostgreSQL', () => {
    expect(deployment('overlays/sqlite', 'console').spec).to.deep.include({
      replicas: 1,
      strategy: { type: 'Recreate' },
    });
    expect(find('overlays/sqlite', 'PersistentVolumeClaim', 'console-database')).not.to.equal(undefined);
    expect(deployment('overlays/postgres', 'console').spec.replicas).to.equal(2);
    expect(objects('overlays/postgres').map(({ kind }) => kind)).not.to.include('PersistentVolumeClaim');
    for (const zone of ['webhook', 'keyservice'])
      expect(deployment('overlays/sqlite', zone).spec.replicas).to.equal(2);
  });
});

describe('webhook configuration', () => {
  it('matches pods that ask for secrets, outside Twofold’s own namespaces, and fails closed', function () {
    this.timeout(180_000);
    const found = render('base').find(({ kind }) => kind === 'MutatingWebhookConfiguration');
    expect(found?.metadata?.name).to.equal('zz-twofold');
    // The schema tests check its shape.
    const [webhook] = (found as unknown as { webhooks: object[] }).webhooks;
    expect(webhook).to.deep.include({
      name: 'pods.twofold.dev',
      admissionReviewVersions: ['v1'],
      failurePolicy: 'Fail',
      sideEffects: 'NoneOnDryRun',
      reinvocationPolicy: 'Never',
      timeoutSeconds: 10,
      rules: [
        {
          apiGroups: [''],
          apiVersions: ['v1'],
          operations: ['CREATE'],
          resources: ['pods'],
          scope: 'Namespaced',
        },
      ],
    });
    expect(webhook).to.deep.nested.include({
      'namespaceSelector.matchExpressions': [
        {
          key: 'kubernetes.io/metadata.name',
          operator: 'NotIn',
          values: ['twofold-console', 'twofold-webhook', 'twofold-keyservice'],
        },
      ],
    });
  });
});
