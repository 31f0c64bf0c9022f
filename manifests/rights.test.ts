/** The manifests at a real API server: it accepts each, and gives the services their rights and no others. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { applyDocuments, deleteDocuments } from '../scripts/dev/apply.ts';
import { controlPlane, createApi, createPolicies, makeNamespaces, type Api } from '../test/control-plane.ts';
import { eventually } from '../test/eventually.ts';
import { guardDocuments } from './guard.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
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

  describe('where namespaces are enabled by a pattern or by label', () => {
    const policies = (): ReturnType<typeof createPolicies> => createPolicies(api);
    const session = (name: string): object => ({
      metadata: { name },
      type: 'twofold.dev/session',
      immutable: true,
    });
    const create = async (path: string, body: object): Promise<string> => {
      const { status, message } = await api.call({
        method: 'POST',
        path: `${path}?dryRun=All`,
        body,
        ...WEBHOOK,
      });
      return status === 201 ? 'created' : message;
    };
    const SESSION = `twofold-${'0'.repeat(32)}`;
    const leases = (namespace: string): string =>
      `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
    const namespace = (name: string, labels = {}) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels },
    });
    let roles: KubernetesObject[];

    before(async () => {
      roles = parseManifests(
        readFileSync(new URL('components/namespace-rules/roles.yaml', import.meta.url), 'utf8'),
      );
      await applyDocuments(api, roles);
      const namespaces = 'jupyter-*,twofold.dev/sessions=enabled';
      await policies().use(guardDocuments({ namespaces, labelSetters: 'Group system:masters' }));
      await eventually('the roles hold everywhere', async () =>
        (await create(leases(OTHER), { metadata: { name: SESSION } })).includes('twofold-lease'),
      );
      // Made on the fly, after roles and guard.
      await applyDocuments(api, [
        namespace('jupyter-alice'),
        namespace('labelled', { 'twofold.dev/sessions': 'enabled' }),
      ]);
    });
    after(async () => {
      await deleteDocuments(api, [...guardDocuments({}), ...roles]);
    });

    it('let the webhook write in namespaces made on the fly, and nowhere else', async () => {
      for (const name of ['jupyter-alice', 'labelled']) {
        expect(await create(secrets(name), session(SESSION)), name).to.equal('created');
        expect(await create(leases(name), { metadata: { name: SESSION } }), name).to.equal('created');
      }
      for (const name of [OTHER, ENABLED, 'kube-system', 'twofold-console']) {
        expect(await create(secrets(name), session(SESSION)), name).to.contain('twofold-writer');
        expect(await create(leases(name), { metadata: { name: SESSION } }), name).to.contain('twofold-lease');
      }
    });

    it('let it take over nobody’s Lease, though its role names none', async () => {
      const path = `${leases('kube-system')}/kube-scheduler`;
      await api.call({
        method: 'POST',
        path: leases('kube-system'),
        body: { metadata: { name: 'kube-scheduler' }, spec: { holderIdentity: 'scheduler' } },
      });
      const change = { method: 'PATCH', contentType: 'application/merge-patch+json', ...WEBHOOK } as const;
      const taken = await api.call({ ...change, path, body: { spec: { holderIdentity: 'webhook' } } });
      expect(taken.message).to.contain('may only write Leases named twofold-<session id>');
      const gone = await api.call({ method: 'DELETE', path, ...WEBHOOK });
      expect(gone.message).to.contain('may only write Leases named twofold-<session id>');
    });

    it('let it list pods and Leases and read accounts of the whole cluster, as the documentation says', async () => {
      for (const path of [
        '/api/v1/pods',
        '/apis/coordination.k8s.io/v1/leases',
        '/api/v1/namespaces/kube-system/serviceaccounts/default',
      ])
        expect((await api.call({ method: 'GET', path, ...WEBHOOK })).status, path).to.be.oneOf([200, 404]);
      for (const path of ['/api/v1/secrets', '/api/v1/namespaces/labelled', '/api/v1/serviceaccounts'])
        expect((await api.call({ method: 'GET', path, ...WEBHOOK })).status, path).to.equal(403);
    });

    it('let the console read one namespace, and list or change none', async () => {
      const path = '/api/v1/namespaces/labelled';
      expect((await api.call({ method: 'GET', path, ...CONSOLE })).status).to.equal(200);
      const list = await api.call({ method: 'GET', path: '/api/v1/namespaces', ...CONSOLE });
      expect(list.message).to.contain('cannot list resource "namespaces"');
      const change = await api.call({ method: 'PATCH', path, body: [], ...CONSOLE });
      expect(change.message).to.contain('cannot patch resource "namespaces"');
    });
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
