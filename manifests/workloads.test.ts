/** The services as they will run (design, sections 1 and 9): hardened, watched, spread, and told what they need to know. */
import { expect } from 'chai';
import type { KubernetesObject } from './kubernetes-object.ts';
import { consoleSettings } from '../console/config.ts';
import { keyserviceSettings } from '../keyservice/config.ts';
import { webhookSettings } from '../webhook/config.ts';
import { parseSettings, type Settings } from '#platform/settings.ts';
import { guardParameters } from './guard.ts';
import { render } from './kustomize.ts';

interface Volume {
  readonly name: string;
  readonly secret?: { readonly secretName: string };
  readonly csi?: object;
}
interface Container {
  readonly name: string;
  readonly image: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly?: boolean;
  }[];
  readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
}
interface Deployment extends KubernetesObject {
  readonly spec: {
    readonly replicas: number;
    readonly strategy: { readonly type: string };
    readonly template: {
      readonly spec: {
        readonly containers: readonly [Container];
        readonly volumes: readonly Volume[];
        readonly terminationGracePeriodSeconds: number;
      };
    };
  };
}

const ZONES = ['console', 'webhook', 'keyservice'];
const SETTINGS: Readonly<Record<string, Settings>> = {
  console: consoleSettings,
  webhook: webhookSettings,
  keyservice: keyserviceSettings,
};
const OVERLAYS = ['overlays/sqlite', 'overlays/postgres', 'overlays/demo'];

// The schema tests hold Deployments to Kubernetes' shape; what ours always have is looked at here.
function deploymentsOf(objects: readonly KubernetesObject[]): Deployment[] {
  return objects.filter(({ kind }) => kind === 'Deployment') as Deployment[];
}
function podOf(deployment: Deployment): Deployment['spec']['template']['spec'] {
  return deployment.spec.template.spec;
}
function envOf(deployment: Deployment): Record<string, string> {
  return Object.fromEntries(podOf(deployment).containers[0].env.map(({ name, value }) => [name, value]));
}

describe('services as deployed', function () {
  this.timeout(180_000);
  const rendered = new Map<string, KubernetesObject[]>();
  const find = (overlay: string, kind: string, name: string): KubernetesObject | undefined =>
    rendered.get(overlay)?.find((object) => object.kind === kind && object.metadata?.name === name);
  const deployment = (overlay: string, zone: string): Deployment => {
    const found = deploymentsOf(rendered.get(overlay) ?? []).find(({ metadata }) => metadata?.name === zone);
    if (!found) throw new Error(`${overlay} has no ${zone}`);
    return found;
  };

  before(() => {
    for (const overlay of OVERLAYS) rendered.set(overlay, render(overlay));
  });

  for (const overlay of OVERLAYS) {
    describe(overlay, () => {
      it('runs each zone in a namespace of its own that enforces Pod Security "restricted"', () => {
        for (const zone of ZONES) {
          expect(deployment(overlay, zone).metadata?.namespace).to.equal(`twofold-${zone}`);
          const labels = find(overlay, 'Namespace', `twofold-${zone}`)?.metadata?.labels;
          expect(labels).to.include({ 'pod-security.kubernetes.io/enforce': 'restricted' });
        }
      });

      it('runs as a numeric user, without privileges, on a root that cannot be written', () => {
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

      it('spreads replicas over nodes, and lets one go at a time', () => {
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

      it('offers each service by a Service with the same ports', () => {
        for (const zone of ZONES) {
          const { ports } = podOf(deployment(overlay, zone)).containers[0];
          const expected = ports.map(({ name, containerPort }) => ({
            name,
            port: containerPort,
            targetPort: name,
          }));
          expect(find(overlay, 'Service', zone)).to.have.deep.nested.property('spec.ports', expected);
        }
      });

      it('mounts what its variables name, read-only but for the database and scratch space', () => {
        for (const zone of ZONES) {
          const { volumes, containers } = podOf(deployment(overlay, zone));
          const [{ env, volumeMounts }] = containers;
          expect(volumeMounts.map(({ name }) => name).sort()).to.deep.equal(
            volumes.map(({ name }) => name).sort(),
          );
          for (const { name, value } of env.filter((variable) => variable.value.startsWith('/'))) {
            const mounted = volumeMounts.some(
              ({ mountPath }) => value === mountPath || value.startsWith(`${mountPath}/`),
            );
            expect(mounted, name).to.equal(true);
          }
          const writable = volumeMounts
            .filter(({ readOnly }) => readOnly !== true)
            .map(({ mountPath }) => mountPath);
          expect(['/tmp', '/var/lib/twofold']).to.include.members(writable);
        }
      });

      it('gives each service one issuer, cluster and claim address, and the guard the same', () => {
        const [console, webhook, keyservice] = ZONES.map((zone) => envOf(deployment(overlay, zone)));
        expect(keyservice).to.include({ TWOFOLD_TICKET_ISSUER: console?.['TWOFOLD_PUBLIC_URL'] });
        expect(keyservice).to.include({ TWOFOLD_CLUSTER: console?.['TWOFOLD_CLUSTER'] });
        expect(guardParameters(rendered.get(overlay) ?? [])).to.deep.equal({
          image: webhook?.['TWOFOLD_INJECTOR_IMAGE'],
          otherImage: '',
          claimUrl: webhook?.['TWOFOLD_CLAIM_URL'],
          webhookUser: 'system:serviceaccount:twofold-webhook:webhook',
          launchers: '',
        });
        for (const values of [console, webhook, keyservice]) {
          expect(Object.values(values ?? {}), JSON.stringify(values)).not.to.include('');
        }
      });

      it('binds the webhook in the namespaces that it is told are enabled', () => {
        const enabled = envOf(deployment(overlay, 'webhook'))['TWOFOLD_NAMESPACES']?.split(',');
        const bound = rendered
          .get(overlay)
          ?.filter(
            ({ kind, metadata }) => kind === 'RoleBinding' && metadata?.name === 'twofold-webhook-sessions',
          )
          .map(({ metadata }) => metadata?.namespace);
        expect(bound).to.deep.equal(enabled);
      });

      it('gives each service all settings that it must have, none that it does not know, and values that it takes', async () => {
        const noFiles = () => Promise.reject(new Error('the files are in the cluster'));
        for (const [zone, settings] of Object.entries(SETTINGS)) {
          const parsed = await parseSettings(settings, envOf(deployment(overlay, zone)), noFiles);
          const problems = parsed.ok ? [] : parsed.problems;
          expect(problems.filter((problem) => !problem.includes('readable file'))).to.deep.equal([]);
        }
      });

      it('tells the console its database in one way', () => {
        const given = Object.keys(envOf(deployment(overlay, 'console')));
        expect(given.filter((name) => name.startsWith('TWOFOLD_DATABASE_URL'))).to.have.length(1);
      });
    });
  }

  /** Settings that name a file of symmetric or private keys; what is added later is among them by itself. */
  const secretKeySettings = (settings: Settings): string[] =>
    Object.values(settings)
      .filter(({ kind }) => kind.includes('JWK set') && !kind.includes('public keys'))
      .map(({ variable }) => variable);

  /** The volume of the file that a variable names. */
  const volumeOf = (overlay: string, zone: string, variable: string): Volume | undefined => {
    const { containers, volumes } = podOf(deployment(overlay, zone));
    const path = envOf(deployment(overlay, zone))[variable] ?? '';
    const mount = containers[0].volumeMounts.find(({ mountPath }) => path.startsWith(`${mountPath}/`));
    return volumes.find(({ name }) => name === mount?.name);
  };

  it('take every key of the console that confers authority from outside etcd, but in the demonstration', () => {
    const variables = secretKeySettings(consoleSettings);
    expect(variables).to.include.members(
      ['AT_REST', 'TICKET', 'COOKIE', 'RECORD'].map((use) => `TWOFOLD_${use}_KEYS_FILE`),
    );
    for (const variable of variables) {
      for (const overlay of ['overlays/sqlite', 'overlays/postgres']) {
        const volume = volumeOf(overlay, 'console', variable);
        expect(volume, `${overlay} ${variable}`).to.have.nested.property('csi.driver');
        expect(volume, `${overlay} ${variable}`).not.to.have.property('secret');
      }
      expect(volumeOf('overlays/demo', 'console', variable)?.secret, variable).to.deep.include({
        secretName: 'console-keys',
      });
    }
  });

  it('never have a key that confers authority and the RSA key in what one backup of etcd holds', () => {
    const fromEtcd = (overlay: string): boolean =>
      secretKeySettings(consoleSettings).some(
        (variable) => volumeOf(overlay, 'console', variable)?.csi === undefined,
      ) && volumeOf(overlay, 'keyservice', 'TWOFOLD_ENVELOPE_PRIVATE_KEYS_FILE')?.csi === undefined;
    expect(OVERLAYS.filter(fromEtcd)).to.deep.equal(['overlays/demo']);
  });

  it('install no Secret: what is one is made apart, and a key never stands in a manifest', () => {
    for (const overlay of OVERLAYS)
      expect(
        rendered.get(overlay)?.filter(({ kind }) => kind === 'Secret'),
        overlay,
      ).to.deep.equal([]);
  });

  it('run one console on the embedded database and never two at once, and two on PostgreSQL', () => {
    expect(deployment('overlays/sqlite', 'console').spec).to.deep.include({
      replicas: 1,
      strategy: { type: 'Recreate' },
    });
    expect(find('overlays/sqlite', 'PersistentVolumeClaim', 'console-database')).not.to.equal(undefined);
    expect(deployment('overlays/postgres', 'console').spec.replicas).to.equal(2);
    expect(rendered.get('overlays/postgres')?.map(({ kind }) => kind)).not.to.include(
      'PersistentVolumeClaim',
    );
    for (const zone of ['webhook', 'keyservice'])
      expect(deployment('overlays/sqlite', zone).spec.replicas).to.equal(2);
  });
});

describe('webhook configuration', () => {
  it('asks for pods that ask for secrets, outside Twofold’s own namespaces, and fails closed', function () {
    this.timeout(180_000);
    const found = render('base').find(({ kind }) => kind === 'MutatingWebhookConfiguration');
    expect(found?.metadata?.name).to.equal('zz-twofold');
    // The schema tests hold it to its shape.
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
