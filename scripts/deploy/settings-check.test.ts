import { expect } from 'chai';
import type { V1Pod } from '@kubernetes/client-node';
import { renderOwn } from '../../manifests/kustomize.ts';
import type { KubernetesObject } from '../../manifests/kubernetes-object.ts';
import { restrictedViolations } from '../../test/pod-security.ts';
import { deploymentsIn } from './rendering.ts';
import { settingsCheck } from './settings-check.ts';

describe('the pod that checks a service’s new settings', function () {
  this.timeout(120_000);
  let objects: readonly KubernetesObject[] = [];
  before(() => {
    objects = renderOwn((manifests) => ({
      'kustomization.yaml': `
resources: [${manifests}/overlays/sqlite, launchers.yaml]
components: [${manifests}/components/launchers]
patches: [{ path: console.yaml }]
`,
      'launchers.yaml': ['console', 'webhook']
        .map(
          (zone) =>
            `{ apiVersion: v1, kind: ConfigMap, metadata: { name: twofold-launchers, namespace: twofold-${zone} }, data: { launchers.json: '{}' } }`,
        )
        .join('\n---\n'),
      'console.yaml': `
apiVersion: apps/v1
kind: Deployment
metadata: { name: console, namespace: twofold-console }
spec:
  template:
    metadata:
      labels: { azure.workload.identity/use: 'true' }
      annotations: { example.org/agent: inject }
    spec:
      containers: [{ name: beside, image: proxy:1 }]
`,
    }));
  });
  const checkOf = (zone: string) => {
    const found = deploymentsIn(objects).find(({ metadata }) => metadata?.name === zone);
    if (!found) throw new Error(`there is no ${zone}`);
    const [pod, ...copies] = settingsCheck(found, objects);
    return { deployment: found, pod: pod as Pick<V1Pod, 'metadata' | 'spec'>, copies };
  };

  it('is what will run, told to check and end', () => {
    for (const zone of ['console', 'webhook', 'keyservice']) {
      const { deployment, pod } = checkOf(zone);
      const running = deployment.spec?.template.spec;
      const [container, ...others] = pod.spec?.containers ?? [];
      expect(others, 'without what runs beside it').to.deep.equal([]);
      const planned = running?.containers.find(({ name }) => name === zone);
      for (const member of ['image', 'env', 'volumeMounts', 'securityContext', 'imagePullPolicy'] as const)
        expect(container?.[member], member).to.deep.equal(planned?.[member]);
      expect(container?.args).to.deep.equal(['--check-settings']);
      expect(pod.spec).to.include({ restartPolicy: 'Never', serviceAccountName: zone });
      expect(container).not.to.have.any.keys(
        'readinessProbe',
        'livenessProbe',
        'startupProbe',
        'lifecycle',
        'ports',
      );
      expect(restrictedViolations(pod)).to.deep.equal([]);
    }
  });

  it('is selected by nothing that selects the service, and keeps the other labels and annotations', () => {
    const { deployment, pod } = checkOf('console');
    const own = Object.keys(deployment.spec?.selector.matchLabels ?? {});
    expect(own).to.deep.equal(['app.kubernetes.io/name']);
    expect(pod.metadata?.labels).not.to.have.any.keys(...own);
    expect(pod.metadata?.labels).to.include({ 'azure.workload.identity/use': 'true' });
    expect(pod.metadata?.annotations).to.deep.equal({ 'example.org/agent': 'inject' });
  });

  it('leaves the database alone: an empty folder is in its place', () => {
    const { pod } = checkOf('console');
    expect(pod.spec?.volumes?.find(({ name }) => name === 'database')).to.deep.equal({
      name: 'database',
      emptyDir: {},
    });
    expect(JSON.stringify(pod)).not.to.include('persistentVolumeClaim');
  });

  it('reads the ConfigMaps that are to be applied, not those that are there', () => {
    for (const zone of ['console', 'webhook']) {
      const { pod, copies } = checkOf(zone);
      expect(copies).to.have.length(1);
      const [copy] = copies;
      expect(copy).to.deep.include({ data: { 'launchers.json': '{}' } });
      expect(copy?.metadata?.name).not.to.equal('twofold-launchers');
      const volumes = JSON.stringify(pod.spec?.volumes);
      expect(volumes).to.include(`"name":"${copy?.metadata?.name ?? ''}"`);
      expect(volumes).not.to.include('"name":"twofold-launchers"');
    }
  });
});
