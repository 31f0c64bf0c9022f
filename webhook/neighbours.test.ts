import { expect } from 'chai';
import { admitWith, readReview, requestOf } from '../test/reviews.ts';
import { meshGroup, meshWarnings, skipAnnotations } from './neighbours.ts';
import { parsePod, type Pod } from './pod.ts';

const AZURE = 'azure.workload.identity/skip-containers';
const EKS = 'eks.amazonaws.com/skip-containers';
const CLAIM_URL = 'https://console.twofold-console.svc:8445/internal/v1/claim';

function podWith(annotations: Readonly<Record<string, string>>, spec: object = {}): Pod {
  return parsePod({ metadata: { annotations }, spec: { containers: [{ name: 'main' }], ...spec } });
}

describe('annotations by which identity webhooks pass over the init container', () => {
  it('are set on every session pod', () => {
    expect(skipAnnotations(podWith({}))).to.deep.equal({ [AZURE]: 'twofold-init', [EKS]: 'twofold-init' });
  });

  it('keep what stands there, and are set once', () => {
    const merged = skipAnnotations(podWith({ [AZURE]: 'proxy; audit', [EKS]: 'proxy,audit' }));
    expect(merged).to.deep.equal({
      [AZURE]: 'twofold-init;proxy; audit',
      [EKS]: 'twofold-init,proxy,audit',
    });
    expect(skipAnnotations(podWith(merged))).to.deep.equal({});
    const named = { [AZURE]: 'proxy ; twofold-init ', [EKS]: 'proxy,"twofold-init"\n' };
    expect(skipAnnotations(podWith(named))).to.deep.equal({});
  });

  it('are read as these webhooks read them: one trims names, the other takes the first line as it is', () => {
    expect(skipAnnotations(podWith({ [EKS]: 'proxy, twofold-init', [AZURE]: '' }))).to.deep.equal({
      [EKS]: 'twofold-init,proxy, twofold-init',
      [AZURE]: 'twofold-init',
    });
    // As YAML block scalars end.
    expect(skipAnnotations(podWith({ [EKS]: 'proxy\n', [AZURE]: 'proxy\n' }))).to.deep.equal({
      [EKS]: 'twofold-init,proxy\n',
      [AZURE]: 'twofold-init;proxy\n',
    });
    expect(skipAnnotations(podWith({ [EKS]: '\nproxy', [AZURE]: 'my-twofold-init' }))).to.deep.equal({
      [EKS]: 'twofold-init,proxy',
      [AZURE]: 'twofold-init;my-twofold-init',
    });
  });
});

describe('the init container in a service mesh', () => {
  const proxy = (securityContext?: object) => ({ name: 'istio-proxy', securityContext });

  it('has the group that Istio’s CNI plugin lets through: the proxy’s, or Istio’s own', () => {
    const group = (spec: object) => meshGroup(podWith({}, spec));
    const main = { name: 'main' };
    expect(group({ containers: [main, proxy()] })).to.equal(1337);
    expect(group({ containers: [main, proxy({ runAsGroup: 0 })] })).to.equal(1337);
    expect(group({ containers: [main, proxy({ runAsGroup: 1000650001 })] })).to.equal(1000650001);
    expect(group({ initContainers: [proxy({ runAsGroup: 1337 })] }), 'native sidecar').to.equal(1337);
  });

  it('has no group of its own where nothing is redirected before it runs', () => {
    expect(meshGroup(podWith({}))).to.equal(undefined);
    const initContainers = [{ name: 'istio-init' }, { ...proxy(), restartPolicy: 'Always' }];
    expect(meshGroup(podWith({}, { initContainers }))).to.equal(undefined);
  });

  it('runs as one of its pod’s users where these differ, since a namespace may allow only a range', async () => {
    const { plan } = await admitWith()(requestOf(readReview('openshift-restricted-v2')), Infinity);
    expect(plan?.runAsUser).to.equal(1000650000);
  });

  const linkerd = (annotation: string | undefined, initContainers: readonly object[] = []) =>
    meshWarnings(
      podWith(annotation === undefined ? {} : { 'config.linkerd.io/skip-outbound-ports': annotation }, {
        containers: [{ name: 'linkerd-proxy' }, { name: 'main' }],
        initContainers,
      }),
      CLAIM_URL,
    );

  it('is warned of where Linkerd’s CNI plugin redirects it, with the annotation that helps', () => {
    const [warning = '', ...others] = linkerd('4567,4568');
    expect(others).to.deep.equal([]);
    expect(warning).to.match(/add 8445 to its annotation config\.linkerd\.io\/skip-outbound-ports$/);
    expect(warning.length).to.be.at.most(256);
    for (const other of [undefined, '84450', '8000-8444', '8446', 'x-9000', ''])
      expect(linkerd(other), other).to.have.length(1);
  });

  it('is not warned of where the port is let through, or linkerd-init redirects after it', () => {
    for (const annotation of ['8445', '25, 8445', '8000-9000', '8445-8445'])
      expect(linkerd(annotation), annotation).to.deep.equal([]);
    expect(linkerd(undefined, [{ name: 'linkerd-init' }])).to.deep.equal([]);
    expect(meshWarnings(podWith({}), CLAIM_URL)).to.deep.equal([]);
  });
});

describe('the init container’s seccomp profile', () => {
  it('is left to the pod where the settings say that the cluster allows none', async () => {
    const request = requestOf(readReview('openshift-restricted'));
    for (const seccompProfile of ['RuntimeDefault', 'none'] as const) {
      const { verdict } = await admitWith({ seccompProfile })(request, Infinity);
      const patch = JSON.stringify(verdict);
      expect(patch.includes('"seccompProfile"')).to.equal(seccompProfile === 'RuntimeDefault');
    }
  });
});
