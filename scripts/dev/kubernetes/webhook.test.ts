/** What the stand-in claims about mutating webhooks. */
import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { testCertificates } from '../../../test/certificates.ts';
import {
  admission,
  describeContract,
  messageOf,
  metaOf,
  pod,
  pods,
  secret,
  secrets,
  until,
  type Target,
} from './contract.ts';
import { objectAt } from './objects.ts';
import { type JsonObject } from '#envelope/json.ts';

interface Asked {
  readonly request: JsonObject;
}

/** A webhook that answers as configured, and records what it was sent. */
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

function encoded(patch: object[]): JsonObject {
  return {
    allowed: true,
    patchType: 'JSONPatch',
    patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
  };
}

describeContract('webhooks', (target) => {
  const ask: Target['ask'] = (...call) => target().ask(...call);
  let webhook: Awaited<ReturnType<typeof startWebhook>>;
  const configurations = `${admission}/mutatingwebhookconfigurations`;
  const labels = { asks: 'yes' };

  before(async () => {
    webhook = await startWebhook();
    const metadata = { name: 'contract' };
    await ask('POST', configurations, { metadata, webhooks: [webhook.hook] });
    await target().settled();
    webhook.state.answer = { allowed: false };
    // One of them being in force does not mean that the other is.
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

  it('are told who creates what where', async () => {
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

  it('are called by their rules and selectors', async () => {
    await ask('POST', pods, pod('unlabelled'));
    await ask('POST', '/api/v1/namespaces/elsewhere/pods', pod('elsewhere', { labels }));
    await ask('POST', secrets, secret('no-pod', { labels }));
    expect(webhook.state.asked).to.deep.equal([]);
  });

  it('change the object', async () => {
    const add = { op: 'add', path: '/metadata/annotations', value: { seen: 'yes' } };
    webhook.state.answer = encoded([add]);
    const made = await ask('POST', pods, pod('changed', { labels }));
    expect(metaOf(made)['annotations']).to.deep.equal({ seen: 'yes' });
    expect(metaOf(await ask('GET', `${pods}/changed`))['annotations']).to.deep.equal({ seen: 'yes' });
  });

  it('refuse with their own message', async () => {
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
