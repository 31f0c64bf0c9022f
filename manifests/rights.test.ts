/** The manifests at a real API server: it accepts each, and gives the services their rights and no others. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { applyDocuments } from '../scripts/dev/apply.ts';
import { controlPlane, createApi, makeNamespaces, type Api } from '../test/control-plane.ts';
import { eventually } from '../test/eventually.ts';
import { parseManifests, render } from './kustomize.ts';

const RBAC = 'rbac.authorization.k8s.io';
const [ENABLED, OTHER] = ['sessions', 'not-enabled'];
const WEBHOOK = { as: 'system:serviceaccount:twofold-webhook:webhook', groups: ['system:authenticated'] };
const CONSOLE = { as: 'system:serviceaccount:twofold-console:console', groups: ['system:authenticated'] };

/** The binding that an operator makes for each enabled namespace. */
const enabled = {
  apiVersion: `${RBAC}/v1`,
  kind: 'RoleBinding',
  metadata: { name: 'twofold-webhook-sessions', namespace: ENABLED },
  roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'twofold-webhook-sessions' },
  subjects: [{ kind: 'ServiceAccount', name: 'webhook', namespace: 'twofold-webhook' }],
};
const editor = {
  apiVersion: `${RBAC}/v1`,
  kind: 'RoleBinding',
  metadata: { name: 'editor', namespace: ENABLED },
  roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'edit' },
  subjects: [{ apiGroup: RBAC, kind: 'User', name: 'alice' }],
};

describe('manifests, at a real API server', function () {
  this.timeout(60_000);
  let api: Api;
  const secrets = (namespace: string): string => `/api/v1/namespaces/${namespace}/secrets`;
  const secret = { metadata: { name: 'one' } };

  before(async () => {
    api = createApi((await controlPlane('plain')).admin);
    const services = ['console', 'webhook', 'keyservice'].map((name) => ({
      namespace: `twofold-${name}`,
      account: name,
    }));
    const sessions = [ENABLED, OTHER].map((namespace) => ({ namespace, account: 'default' }));
    await makeNamespaces(api, [...services, ...sessions]);
    const roles = parseManifests(readFileSync(new URL('base/rbac.yaml', import.meta.url), 'utf8'));
    await applyDocuments(api, [...roles, enabled, editor]);
    await eventually('roles are in force', async () => {
      const path = `${secrets(ENABLED)}?dryRun=All`;
      return (await api.call({ method: 'POST', path, body: secret, ...WEBHOOK })).status === 201;
    });
  });

  for (const overlay of ['sqlite', 'postgres']) {
    it(`are accepted unchanged, the ${overlay} overlay`, async () => {
      // The driver's own kind is not one of Kubernetes'.
      const documents = render(`overlays/${overlay}`).filter(({ kind }) => kind !== 'SecretProviderClass');
      expect(documents).to.have.length.above(40);
      await applyDocuments(api, documents, { dryRun: true });
    });
  }

  it('give the webhook what its role says, in enabled namespaces, and nothing else', async () => {
    const created = { method: 'POST', body: secret, ...WEBHOOK } as const;
    expect((await api.call({ ...created, path: secrets(ENABLED) })).status).to.equal(201);
    const read = await api.call({ method: 'GET', path: `${secrets(ENABLED)}/one`, ...WEBHOOK });
    expect([read.status, read.message]).to.deep.equal([
      403,
      `secrets "one" is forbidden: User "${WEBHOOK.as}" cannot get resource "secrets" in API group "" in the namespace "${ENABLED}"`,
    ]);
    const elsewhere = await api.call({ ...created, path: secrets(OTHER) });
    expect(elsewhere.message).to.contain('cannot create resource "secrets"');
    const everywhere = { method: 'GET', path: '/apis/coordination.k8s.io/v1/leases', ...WEBHOOK } as const;
    expect((await api.call(everywhere)).message).to.contain('cannot list resource "leases"');
  });

  it('let the console see the guard’s policies by name only', async () => {
    const policies = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';
    const ask = async (path: string): Promise<number> =>
      (await api.call({ method: 'GET', path: policies + path, ...CONSOLE })).status;
    expect([await ask('/twofold-shape'), await ask('/another'), await ask('')]).to.deep.equal([
      404, 403, 403,
    ]);
  });

  it('can rely on this: an editor may impersonate an account, but not claim its pod', async () => {
    const review = async (resourceAttributes: object): Promise<boolean> => {
      const { status } = await api.must<{ status: { allowed: boolean } }>({
        method: 'POST',
        path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
        body: { spec: { user: 'alice', groups: ['system:authenticated'], resourceAttributes } },
      });
      return status.allowed;
    };
    const impersonate = { verb: 'impersonate', namespace: ENABLED };
    expect(await review({ ...impersonate, resource: 'serviceaccounts', name: 'default' })).to.equal(true);
    const extra = {
      verb: 'impersonate',
      group: 'authentication.k8s.io',
      resource: 'userextras',
      subresource: 'authentication.kubernetes.io/pod-uid',
      name: 'x',
    };
    expect(await review(extra)).to.equal(false);
  });
});
