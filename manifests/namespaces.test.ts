/** Enabled namespaces (docs/design.md#namespaces) as the guard judges them: the cases of platform/namespaces.test.ts, in CEL. */
import { expect } from 'chai';
import { controlPlane, createApi, createPolicies, type Api } from '../test/control-plane.ts';
import { enabledCases, type EnabledCase } from '../test/enabled-namespaces.ts';
import { applyDocuments } from '../scripts/dev/apply.ts';
import { guardDocuments } from './guard.ts';
import { CLAIM_URL, IMAGE, SID } from './session-pod.ts';

const WEBHOOK = 'system:serviceaccount:twofold-webhook:webhook';
/** With the right to do everything, so that only the guard decides. */
function as(username: string, groups: readonly string[] = []) {
  return { as: username, groups: [...groups, 'system:masters'] };
}
const parameters = { image: IMAGE, claimUrl: CLAIM_URL, launchers: '' };

interface Policy {
  readonly kind?: string;
  readonly spec?: { readonly variables?: readonly { readonly name: string; readonly expression: string }[] };
}

describe('enabled namespaces, at a real API server', function () {
  this.timeout(120_000);
  let api: Api;
  let policies: ReturnType<typeof createPolicies>;

  const label = async (name: string, labels: Readonly<Record<string, string>>): Promise<void> => {
    await applyDocuments(api, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }]);
  };
  const lease = (name: string) => ({ metadata: { name }, spec: { holderIdentity: 'twofold' } });
  const leases = (namespace: string): string => `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  const secret = { metadata: { name: `twofold-${SID}` }, type: 'twofold.dev/session', immutable: true };
  /** Which of Secret and Lease the webhook may not create there. */
  const refusedIn = async (namespace: string): Promise<string[]> => {
    const requests = {
      Secret: { path: `/api/v1/namespaces/${namespace}/secrets`, body: secret },
      Lease: { path: leases(namespace), body: lease(`twofold-${SID}`) },
    };
    const refused: string[] = [];
    for (const [kind, { path, body }] of Object.entries(requests)) {
      const answer = await api.call({ method: 'POST', path: `${path}?dryRun=All`, body, ...as(WEBHOOK) });
      if (answer.status === 201) continue;
      expect(answer.message).to.contain('Twofold is not enabled in this namespace');
      refused.push(kind);
    }
    return refused;
  };

  before(async () => {
    api = createApi((await controlPlane('namespaces')).admin);
    policies = createPolicies(api);
    const names = new Map(enabledCases.map(({ name, labels = {} }) => [name, labels]));
    // Some are labelled in one of their cases: the others do not look at it.
    for (const { name, labels = {} } of enabledCases)
      if (Object.keys(labels).length > 0) names.set(name, labels);
    for (const [name, labels] of names) await label(name, labels);
  });

  const lists = new Map<string, EnabledCase[]>();
  for (const each of enabledCases) lists.set(each.list, [...(lists.get(each.list) ?? []), each]);
  for (const [list, cases] of lists) {
    it(`are as the matcher says with the list "${list}"`, async () => {
      await policies.use(guardDocuments({ ...parameters, namespaces: list }));
      for (const { name, enabled } of cases)
        expect(await refusedIn(name), name).to.deep.equal(enabled ? [] : ['Secret', 'Lease']);
    });
  }

  it('are one expression in every policy', () => {
    const expressions = (guardDocuments({}) as readonly Policy[]).flatMap(({ spec }) =>
      (spec?.variables ?? []).flatMap(({ name, expression }) => (name === 'enabled' ? [expression] : [])),
    );
    expect(expressions).to.have.length(2);
    expect(new Set(expressions).size).to.equal(1);
  });

  describe('and the webhook’s Leases', () => {
    before(() => policies.use(guardDocuments({ ...parameters, namespaces: '*' })));
    const write = async (namespace: string, name: string, method: 'POST' | 'PATCH' | 'DELETE') => {
      const path = method === 'POST' ? leases(namespace) : `${leases(namespace)}/${name}`;
      const body = {
        POST: lease(name),
        PATCH: [{ op: 'add', path: '/metadata/annotations', value: { changed: 'yes' } }],
        DELETE: undefined,
      }[method];
      return await api.call({ method, path: `${path}?dryRun=All`, body, ...as(WEBHOOK) });
    };

    it('are those of sessions and of its election, to create, change and delete', async () => {
      const mine = [
        ['team', `twofold-${SID}`],
        ['twofold-webhook', 'twofold-janitor'],
      ] as const;
      const others = [
        ['kube-system', 'kube-controller-manager'],
        ['kube-node-lease', 'node1'],
        ['team', 'twofold-janitor'],
        ['twofold-webhook', 'another'],
        ['team', `twofold-${SID}0`],
        ['team', 'twofold-notes'],
      ] as const;
      for (const [namespace, name] of [...mine, ...others]) {
        const body = lease(name);
        const made = await api.call({ method: 'POST', path: leases(namespace), body });
        expect(made.status, made.message).to.be.oneOf([201, 409]);
      }
      for (const method of ['PATCH', 'DELETE'] as const) {
        for (const [namespace, name] of mine) {
          const { status, message } = await write(namespace, name, method);
          expect(status, `${method} ${name}: ${message}`).to.equal(200);
        }
        for (const [namespace, name] of others)
          expect((await write(namespace, name, method)).message, `${method} ${name}`).to.contain(
            'may only write Leases named twofold-<session id>',
          );
      }
      for (const [namespace, name] of mine)
        await api.must({ method: 'DELETE', path: `${leases(namespace)}/${name}` });
      for (const [namespace, name] of mine)
        expect((await write(namespace, name, 'POST')).status, name).to.equal(201);
      for (const [namespace] of others)
        expect((await write(namespace, 'mine', 'POST')).message).to.contain('may only write Leases');
      const generated = { metadata: { generateName: 'twofold-' }, spec: {} };
      const answer = await api.call({
        method: 'POST',
        path: `${leases('team')}?dryRun=All`,
        body: generated,
        ...as(WEBHOOK),
      });
      expect(answer.message).to.contain('may only write Leases');
    });

    it('can be cleaned up where the namespace is no longer enabled, and nothing new is made there', async () => {
      await api.must({ method: 'POST', path: leases('team'), body: lease(`twofold-${SID}`) });
      await policies.use(guardDocuments({ ...parameters, namespaces: 'other' }));
      expect((await write('team', `twofold-${SID}`, 'PATCH')).status).to.equal(200);
      expect((await write('team', `twofold-${SID}`, 'DELETE')).status).to.equal(200);
      expect((await write('team', `twofold-${'f'.repeat(32)}`, 'POST')).message).to.contain(
        'Twofold is not enabled in this namespace',
      );
      await api.must({ method: 'DELETE', path: `${leases('team')}/twofold-${SID}` });
    });

    it('are no business of others: controllers and nodes write theirs', async () => {
      for (const name of ['system:kube-controller-manager', 'system:node:node1', 'alice']) {
        const path = `${leases('team')}?dryRun=All`;
        expect((await api.call({ method: 'POST', path, body: lease('mine'), ...as(name) })).status).to.equal(
          201,
        );
      }
    });
  });

  describe('and the label', () => {
    const LABEL = 'twofold.dev/sessions';
    const ROBOT = 'system:serviceaccount:platform:namespaces';
    const launchers = `system:serviceaccount:hub:hub sessions hub.jupyter.org/username\n`;
    const labelSetters = `User ${ROBOT}\nGroup platform-team`;
    const allowed = [as(ROBOT), as('carol', ['platform-team'])];
    const others = [
      as('alice'),
      as('platform-team'),
      as('carol', [ROBOT]),
      as('system:serviceaccount:platform:namespaces2'),
      as('namespaces', ['system:serviceaccounts:platform']),
      as(`User ${ROBOT}`),
    ];
    const namespaces = '/api/v1/namespaces';
    const body = (name: string, labels?: object) => ({ metadata: { name, ...(labels && { labels }) } });
    const create = (who: object, name: string, labels?: object) =>
      api.call({ method: 'POST', path: `${namespaces}?dryRun=All`, body: body(name, labels), ...who });
    const patch = (who: object, name: string, change: object, subresource = '') =>
      api.call({
        method: 'PATCH',
        path: `${namespaces}/${name}${subresource}?dryRun=All`,
        contentType: 'application/merge-patch+json',
        body: { metadata: change },
        ...who,
      });
    const refusal = /may not set the label twofold\.dev\/sessions/;

    before(async () => {
      await policies.use([]);
      await label('label-on', { [LABEL]: 'enabled' });
      await label('label-off', {});
      await label('hub', {});
      await policies.use(guardDocuments({ ...parameters, launchers, namespaces: 'team', labelSetters }));
    });

    it('is set by the named user and group, when a namespace is made and afterwards', async () => {
      for (const who of allowed) {
        expect((await create(who, 'new', { [LABEL]: 'enabled' })).status).to.equal(201);
        expect((await patch(who, 'label-off', { labels: { [LABEL]: 'enabled' } })).status).to.equal(200);
      }
    });

    it('is set by nobody else, an administrator included: not when made, not afterwards, to no value', async () => {
      for (const who of others) {
        for (const value of ['enabled', 'disabled', '']) {
          expect((await create(who, 'new', { [LABEL]: value })).message).to.match(refusal);
          expect((await patch(who, 'label-off', { labels: { [LABEL]: value } })).message).to.match(refusal);
        }
        expect((await patch(who, 'label-on', { labels: { [LABEL]: 'more' } })).message).to.match(refusal);
      }
    });

    it('is not set through a subresource either, and a namespace without it is nobody’s business', async () => {
      const who = as('alice');
      const changed = await patch(who, 'label-off', { labels: { [LABEL]: 'enabled' } }, '/status');
      expect(changed.message).to.match(refusal);
      const { metadata } = await api.must<{ metadata: object }>({
        method: 'GET',
        path: `${namespaces}/label-off`,
      });
      const finalized = await api.call({
        method: 'PUT',
        path: `${namespaces}/label-off/finalize?dryRun=All`,
        body: {
          metadata: { ...metadata, labels: { [LABEL]: 'enabled' } },
          spec: { finalizers: ['kubernetes'] },
        },
        ...who,
      });
      expect(finalized.message).to.match(refusal);
      expect((await create(who, 'new', { team: 'a' })).status).to.equal(201);
      expect((await patch(who, 'label-off', { labels: { team: 'a' } })).status).to.equal(200);
    });

    it('stays when others change the namespace, and anyone who may change it may take it away', async () => {
      const who = as('alice');
      expect((await patch(who, 'label-on', { annotations: { note: 'x' } })).status).to.equal(200);
      expect((await patch(who, 'label-on', { labels: { [LABEL]: null } })).status).to.equal(200);
    });

    it('is not set where a launcher’s account lives, by anyone', async () => {
      for (const who of allowed)
        expect((await patch(who, 'hub', { labels: { [LABEL]: 'enabled' } })).message).to.contain(
          "a trusted launcher's service account lives in this namespace",
        );
    });

    it('is set by nobody where the settings name nobody', async () => {
      await policies.use(guardDocuments({ ...parameters, namespaces: 'twofold.dev/sessions=enabled' }));
      for (const who of [...allowed, ...others])
        expect((await patch(who, 'label-off', { labels: { [LABEL]: 'enabled' } })).message).to.match(refusal);
    });
  });
});
