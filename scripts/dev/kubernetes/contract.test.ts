/** What the stand-in claims of Kubernetes: the same sentences about it and about a real control plane. */
import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { testCertificates } from '../../../test/certificates.ts';
import { accountToken, controlPlane, makeNamespaces } from '../../../test/control-plane.ts';
import { askUntil } from '../../ask-until.ts';
import { createApi } from '../api.ts';
import { untilInForce } from '../apply.ts';
import { createJsonClient, type JsonAnswer } from '../https-json.ts';
import { listAt, objectAt, stringAt, type JsonObject } from './objects.ts';
import { bodyOf, speakAs, startTestStandIn } from './testing.ts';

interface Target {
  /** As an administrator; with another bearer where one is given. */
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<JsonAnswer>;
  /** A bearer of `default` in `team`. */
  token(): Promise<string>;
  /** Until policies and webhooks that were written before are in force. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

async function standIn(): Promise<Target> {
  const server = await startTestStandIn();
  const ask = speakAs(server, await server.token('admin', ['system:masters']));
  return {
    ask,
    token: () => server.token('system:serviceaccount:team:default'),
    settled: () => Promise.resolve(),
    close: async () => {
      ask.close();
      await server.close();
    },
  };
}

async function realOne(): Promise<Target> {
  const plane = await controlPlane('plain');
  const api = createApi(plane.admin);
  await makeNamespaces(api, [
    { namespace: 'team', account: 'admin' },
    { namespace: 'team', account: 'other' },
    { namespace: 'elsewhere', account: 'default' },
  ]);
  await api.must({
    method: 'POST',
    path: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
    body: {
      metadata: { name: 'everything' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', namespace: 'team', name: 'admin' }],
    },
  });
  const bearer = await accountToken(api, { namespace: 'team', name: 'admin' });
  const client = createJsonClient({ ca: plane.ca });
  return {
    ask: (method, path, body, headers = {}) =>
      client.call({
        method,
        url: plane.url + path,
        body,
        headers: { authorization: `Bearer ${bearer}`, ...headers },
      }),
    token: () => accountToken(api, { namespace: 'team', name: 'default' }),
    settled: () => untilInForce(api),
    close: () => {
      client.close();
      return Promise.resolve();
    },
  };
}

const secrets = '/api/v1/namespaces/team/secrets';
const pods = '/api/v1/namespaces/team/pods';
const leases = '/apis/coordination.k8s.io/v1/namespaces/team/leases';
const accounts = '/api/v1/namespaces/team/serviceaccounts';
const admission = '/apis/admissionregistration.k8s.io/v1';
const mergePatch = { 'content-type': 'application/merge-patch+json' };

function metaOf(answer: JsonAnswer): JsonObject {
  return objectAt(bodyOf(answer), 'metadata');
}
function messageOf(answer: JsonAnswer): string {
  return stringAt(bodyOf(answer), 'message') ?? '';
}
function namesIn(answer: JsonAnswer): unknown[] {
  return listAt(bodyOf(answer), 'items').map((item) => objectAt(item, 'metadata')['name']);
}

function pod(name: string, more: object = {}): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...more },
    spec: { containers: [{ name: 'main', image: 'example/app:1.0' }] },
  };
}
function secret(name: string, more: object = {}): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, ...more },
    data: { a: 'YQ==' },
  };
}
function lease(name: string, more: object = {}, spec: object = {}): JsonObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, ...more },
    spec,
  };
}
function ownedBy(answer: JsonAnswer): object {
  const { apiVersion, kind } = bodyOf(answer);
  const { name, uid } = metaOf(answer);
  return { ownerReferences: [{ apiVersion, kind, name, uid }] };
}

interface Asked {
  readonly request: JsonObject;
}

/** A webhook that answers as it is told, and remembers what it was asked. */
async function startWebhook() {
  const { ca, ...tls } = (await testCertificates()).leaf('webhook');
  const state = { asked: [] as JsonObject[], answer: {} as JsonObject };
  const server: Server = createServer(tls, (request, response) => {
    void json(request).then((body) => {
      const { request: review } = body as Asked; // an API server's
      state.asked.push(review);
      const answer = { uid: review['uid'], ...state.answer };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer }),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a TCP server that listens has one
  const hook = {
    name: 'pods.example.org',
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    failurePolicy: 'Fail',
    timeoutSeconds: 5,
    clientConfig: { url: `https://127.0.0.1:${port}/mutate`, caBundle: Buffer.from(ca).toString('base64') },
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'team' } },
    objectSelector: { matchLabels: { asks: 'yes' } },
  };
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { state, hook, close };
}

function encoded(patch: object[]): object {
  return {
    allowed: true,
    patchType: 'JSONPatch',
    patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
  };
}

function describeContract(title: string, start: () => Promise<Target>): void {
  describe(title, function () {
    this.timeout(60_000);
    let target: Target;
    const ask: Target['ask'] = (...call) => target.ask(...call);
    const until = (call: () => Promise<JsonAnswer>, status: number): Promise<JsonAnswer> =>
      askUntil(call, (answer) => answer.status === status, { withinMs: 10_000, everyMs: 20 });

    before(async () => {
      target = await start();
    });
    after(() => target.close());

    describe('objects', () => {
      it('get a uid, a version and a time, and are there once', async () => {
        const created = await ask('POST', secrets, secret('first'));
        expect(created.status).to.equal(201);
        expect(metaOf(created)).to.include.keys('uid', 'resourceVersion', 'creationTimestamp');
        expect(bodyOf(created)['type']).to.equal('Opaque');
        const again = await ask('POST', secrets, secret('first'));
        expect(again.status).to.equal(409);
        expect(bodyOf(again)).to.deep.include({
          kind: 'Status',
          status: 'Failure',
          reason: 'AlreadyExists',
          code: 409,
          message: 'secrets "first" already exists',
          details: { name: 'first', kind: 'secrets' },
        });
      });

      it('that are not there are named', async () => {
        const answer = await ask('GET', `${leases}/missing`);
        expect([answer.status, messageOf(answer)]).to.deep.equal([
          404,
          'leases.coordination.k8s.io "missing" not found',
        ]);
        expect((await ask('DELETE', `${secrets}/missing`)).status).to.equal(404);
        expect((await ask('GET', '/api/v1/namespaces/team/gadgets')).status).to.equal(404);
      });

      it('get a name of their own from generateName', async () => {
        const answer = await ask('POST', pods, { ...pod(''), metadata: { generateName: 'some-' } });
        expect(metaOf(answer)['name']).to.match(/^some-[a-z0-9]{5}$/);
      });

      it('are read as they were written, text of a Secret as base64', async () => {
        await ask('POST', secrets, { ...secret('text'), data: undefined, stringData: { b: 'text' } });
        const read = bodyOf(await ask('GET', `${secrets}/text`));
        expect(read['data']).to.deep.equal({ b: 'dGV4dA==' });
        expect(read).not.to.have.property('stringData');
      });

      it('take an update of their latest version alone', async () => {
        const { resourceVersion } = metaOf(
          await ask('POST', leases, lease('one', {}, { holderIdentity: 'a' })),
        );
        const next = lease('one', { resourceVersion }, { holderIdentity: 'b' });
        expect((await ask('PUT', `${leases}/one`, next)).status).to.equal(200);
        const late = await ask('PUT', `${leases}/one`, next);
        expect(late.status).to.equal(409);
        expect(messageOf(late)).to.contain('the object has been modified');
      });

      it('take merge patches, of whatever version or of one', async () => {
        await ask('POST', leases, lease('patched', {}, { holderIdentity: 'a', leaseDurationSeconds: 5 }));
        const patched = await ask(
          'PATCH',
          `${leases}/patched`,
          { spec: { holderIdentity: null } },
          mergePatch,
        );
        expect(bodyOf(patched)['spec']).to.deep.equal({ leaseDurationSeconds: 5 });
        const stale = { metadata: { resourceVersion: '1' } };
        expect((await ask('PATCH', `${leases}/patched`, stale, mergePatch)).status).to.equal(409);
      });

      it('are not stored by a dry run', async () => {
        expect((await ask('POST', `${secrets}?dryRun=All`, secret('dry'))).status).to.equal(201);
        expect((await ask('GET', `${secrets}/dry`)).status).to.equal(404);
      });

      it('are deleted where preconditions hold', async () => {
        const { uid } = metaOf(await ask('POST', leases, lease('gone')));
        const other = { preconditions: { uid: 'another' } };
        expect((await ask('DELETE', `${leases}/gone`, other)).status).to.equal(409);
        expect((await ask('DELETE', `${leases}/gone`, { preconditions: { uid } })).status).to.equal(200);
        expect((await ask('GET', `${leases}/gone`)).status).to.equal(404);
      });

      it('are listed by label, in pages, of one namespace or all', async () => {
        for (const name of ['list-a', 'list-b', 'list-c'])
          await ask('POST', secrets, secret(name, { labels: { set: 'listed', name } }));
        const elsewhere = secret('list-d', { labels: { set: 'listed' } });
        await ask('POST', '/api/v1/namespaces/elsewhere/secrets', elsewhere);
        const listed = (query: string, path = secrets): Promise<JsonAnswer> => ask('GET', `${path}?${query}`);
        expect(namesIn(await listed('labelSelector=set%3Dlisted'))).to.have.members([
          'list-a',
          'list-b',
          'list-c',
        ]);
        expect(namesIn(await listed('labelSelector=set%3Dlisted,name%3Dlist-b'))).to.deep.equal(['list-b']);
        expect(namesIn(await listed('labelSelector=set', '/api/v1/secrets'))).to.have.members([
          'list-a',
          'list-b',
          'list-c',
          'list-d',
        ]);
        expect(namesIn(await listed('fieldSelector=metadata.name%3Dlist-c'))).to.deep.equal(['list-c']);
        const first = await listed('labelSelector=set&limit=2');
        const more = String(metaOf(first)['continue']);
        const rest = await listed(`labelSelector=set&limit=2&continue=${encodeURIComponent(more)}`);
        expect([...namesIn(first), ...namesIn(rest)]).to.deep.equal(['list-a', 'list-b', 'list-c']);
        expect(metaOf(rest)['continue'] ?? '').to.equal('');
      });

      it('are listed without their content', async () => {
        await ask('POST', secrets, secret('content', { labels: { content: 'yes' } }));
        const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
        const path = `${secrets}?labelSelector=content`;
        const list = bodyOf(await ask('GET', path, undefined, { accept }));
        expect(list).to.include({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' });
        const [item = {}] = listAt(list, 'items');
        expect(item).to.have.all.keys('kind', 'apiVersion', 'metadata');
        expect(objectAt(item, 'metadata')).to.include({ name: 'content', namespace: 'team' });
        const none = await ask('GET', `${secrets}?labelSelector=nothing`, undefined, { accept });
        expect(bodyOf(none)['items']).to.equal(null);
        expect(bodyOf(await ask('GET', `${secrets}?labelSelector=nothing`))['items']).to.deep.equal([]);
      });

      it('go with their owners, and what those own', async () => {
        const owner = await ask('POST', pods, pod('owner'));
        const owned = await ask('POST', leases, lease('owned', ownedBy(owner)));
        await ask('POST', secrets, secret('owned', ownedBy(owned)));
        await ask('POST', secrets, secret('kept'));
        await ask('DELETE', `${pods}/owner`);
        await until(() => ask('GET', `${leases}/owned`), 404);
        expect((await until(() => ask('GET', `${secrets}/owned`), 404)).status).to.equal(404);
        expect((await ask('GET', `${secrets}/kept`)).status).to.equal(200);
      });

      it('are policies and their bindings too', async () => {
        const rule = {
          apiGroups: [''],
          apiVersions: ['v1'],
          operations: ['CREATE'],
          resources: ['configmaps'],
        };
        const spec = { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'true' }] };
        const policies = `${admission}/validatingadmissionpolicies`;
        const metadata = { name: 'harmless' };
        expect((await ask('POST', policies, { metadata, spec })).status).to.equal(201);
        const read = bodyOf(await ask('GET', `${policies}/harmless`));
        expect(objectAt(read, 'spec')['validations']).to.deep.equal([{ expression: 'true' }]);
        const bindings = `${admission}/validatingadmissionpolicybindings`;
        const bound = { policyName: 'harmless', validationActions: ['Deny'] };
        await ask('POST', bindings, { metadata, spec: bound });
        expect(objectAt(bodyOf(await ask('GET', `${bindings}/harmless`)), 'spec')).to.include({
          policyName: 'harmless',
        });
      });
    });

    describe('pods', () => {
      it('run as `default`, and wait for a node', async () => {
        const made = bodyOf(await ask('POST', pods, pod('plain')));
        expect(objectAt(made, 'spec')).to.include({ serviceAccountName: 'default', restartPolicy: 'Always' });
        expect(objectAt(made, 'status')).to.include({ phase: 'Pending' });
      });

      it('have a status apart', async () => {
        await ask('POST', pods, pod('apart'));
        const status = { status: { phase: 'Succeeded' } };
        await ask('PATCH', `${pods}/apart`, status, mergePatch);
        expect(objectAt(bodyOf(await ask('GET', `${pods}/apart`)), 'status')['phase']).to.equal('Pending');
        await ask('PATCH', `${pods}/apart/status`, status, mergePatch);
        expect(objectAt(bodyOf(await ask('GET', `${pods}/apart`)), 'status')['phase']).to.equal('Succeeded');
      });
    });

    describe('accounts', () => {
      const request = (spec: object): Promise<JsonAnswer> =>
        ask('POST', `${accounts}/default/token`, { spec });
      const boundTo = (made: JsonAnswer): object => {
        const { name, uid } = metaOf(made);
        return { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid } };
      };
      const review = async (token: unknown, audience: string): Promise<JsonObject> => {
        const path = '/apis/authentication.k8s.io/v1/tokenreviews';
        const spec = { token, audiences: [audience] };
        return objectAt(bodyOf(await ask('POST', path, { spec })), 'status');
      };
      const tokenOf = (answer: JsonAnswer): unknown => objectAt(bodyOf(answer), 'status')['token'];

      it('have one that is there by itself, and that can be changed', async () => {
        expect((await ask('GET', `${accounts}/default`)).status).to.equal(200);
        const metadata = { annotations: { colour: 'green' } };
        const patched = await ask('PATCH', `${accounts}/default`, { metadata }, mergePatch);
        expect(metaOf(patched)['annotations']).to.deep.equal({ colour: 'green' });
      });

      it('speak with a token, and nobody with none or another', async () => {
        const authorization = `Bearer ${await target.token()}`;
        const path = '/api/v1/namespaces/team/serviceaccounts/default';
        expect((await ask('GET', path, undefined, { authorization })).status).to.be.oneOf([200, 403]);
        expect((await ask('GET', path, undefined, { authorization: 'Bearer none' })).status).to.equal(401);
      });

      it('have tokens that are reviewed for their audience and no other, and name their pod', async () => {
        const made = await ask('POST', pods, pod('bound'));
        const minted = await request({ audiences: ['mine'], expirationSeconds: 600, ...boundTo(made) });
        expect(minted.status).to.equal(201);
        const { user, ...rest } = await review(tokenOf(minted), 'mine');
        expect(rest).to.deep.equal({ authenticated: true, audiences: ['mine'] });
        expect(user).to.include({ username: 'system:serviceaccount:team:default' });
        expect(objectAt(user as JsonObject, 'extra')).to.deep.include({
          'authentication.kubernetes.io/pod-name': ['bound'],
          'authentication.kubernetes.io/pod-uid': [metaOf(made)['uid']],
        });
        expect(await review(tokenOf(minted), 'other')).not.to.have.property('authenticated');
        expect(await review('none', 'mine')).not.to.have.property('authenticated');
      });

      it('have tokens that end with their pod', async () => {
        const made = await ask('POST', pods, pod('ending'));
        const minted = await request({ audiences: ['mine'], ...boundTo(made) });
        await ask('DELETE', `${pods}/ending`);
        const ended = await askUntil(
          () => review(tokenOf(minted), 'mine'),
          (status) => status['authenticated'] !== true,
          { withinMs: 20_000, everyMs: 100 },
        );
        expect(ended).not.to.have.property('authenticated');
      });

      it('get no token for a pod that is not there, is another, or runs as another', async () => {
        const made = await ask('POST', pods, {
          ...pod('as-other'),
          spec: { ...objectAt(pod(''), 'spec'), serviceAccountName: 'other' },
        });
        expect((await request(boundTo(made))).status).to.equal(400);
        const own = await ask('POST', pods, pod('its-own'));
        const { boundObjectRef } = boundTo(own) as { boundObjectRef: object };
        expect((await request({ boundObjectRef: { ...boundObjectRef, uid: 'another' } })).status).to.equal(
          409,
        );
        const missing = { ...boundObjectRef, name: 'missing' };
        expect((await request({ boundObjectRef: missing })).status).to.equal(404);
      });
    });

    describe('webhooks', () => {
      let webhook: Awaited<ReturnType<typeof startWebhook>>;
      const configurations = `${admission}/mutatingwebhookconfigurations`;
      const labels = { asks: 'yes' };

      before(async () => {
        webhook = await startWebhook();
        const metadata = { name: 'contract' };
        await ask('POST', configurations, { metadata, webhooks: [webhook.hook] });
        await target.settled();
        webhook.state.answer = { allowed: false };
        // What is seen of the one is not yet what is seen of the other.
        await until(() => ask('POST', `${pods}?dryRun=All`, pod('probe', { labels })), 400);
      });
      beforeEach(() => {
        webhook.state.asked.length = 0;
        webhook.state.answer = { allowed: true };
      });
      after(async () => {
        await ask('DELETE', `${configurations}/contract`);
        webhook.close();
      });

      it('are shown who makes what where', async () => {
        expect((await ask('POST', pods, pod('shown', { labels }))).status).to.equal(201);
        const [request] = webhook.state.asked;
        expect(request).to.deep.include({
          name: 'shown',
          namespace: 'team',
          operation: 'CREATE',
          dryRun: false,
          oldObject: null,
          kind: { group: '', version: 'v1', kind: 'Pod' },
          resource: { group: '', version: 'v1', resource: 'pods' },
        });
        const { username } = objectAt(request ?? {}, 'userInfo');
        expect(username).to.be.oneOf(['admin', 'system:serviceaccount:team:admin']);
        const object = objectAt(request ?? {}, 'object');
        expect(objectAt(object, 'metadata')).to.include({ name: 'shown', namespace: 'team' });
        expect(objectAt(object, 'spec')).to.include({ serviceAccountName: 'default' });
        await ask('POST', `${pods}?dryRun=All`, pod('shown-dry', { labels }));
        expect(webhook.state.asked[1]).to.include({ dryRun: true });
      });

      it('are asked by their rules and selectors', async () => {
        await ask('POST', pods, pod('unlabelled'));
        await ask('POST', '/api/v1/namespaces/elsewhere/pods', pod('elsewhere', { labels }));
        await ask('POST', secrets, secret('no-pod', { labels }));
        expect(webhook.state.asked).to.deep.equal([]);
      });

      it('change the object, and are heard with their warnings', async () => {
        const add = { op: 'add', path: '/metadata/annotations', value: { seen: 'yes' } };
        webhook.state.answer = { ...encoded([add]), warnings: ['mind the step'] };
        const made = await ask('POST', pods, pod('changed', { labels }));
        expect(metaOf(made)['annotations']).to.deep.equal({ seen: 'yes' });
        expect(String(made.headers['warning'])).to.contain('299 - "mind the step"');
        expect(metaOf(await ask('GET', `${pods}/changed`))['annotations']).to.deep.equal({ seen: 'yes' });
      });

      it('refuse in their own words', async () => {
        const status = { code: 403, reason: 'Forbidden', message: 'not today (a_code)' };
        webhook.state.answer = { allowed: false, status };
        const refused = await ask('POST', pods, pod('refused', { labels }));
        expect(refused.status).to.equal(403);
        expect(messageOf(refused)).to.equal(
          'admission webhook "pods.example.org" denied the request: not today (a_code)',
        );
        expect((await ask('GET', `${pods}/refused`)).status).to.equal(404);
      });

      it('let nothing through when they are gone', async () => {
        webhook.close();
        const refused = await ask('POST', pods, pod('alone', { labels }));
        expect(refused.status).to.equal(500);
        expect(messageOf(refused)).to.contain(
          'Internal error occurred: failed calling webhook "pods.example.org":',
        );
      });
    });

    it('says its version', async () => {
      expect(bodyOf(await ask('GET', '/version'))).to.include({ major: '1', minor: '35' });
    });
  });
}

describeContract('the stand-in for an API server', standIn);
describeContract('a real control plane, as the stand-in claims it to be', realOne);
