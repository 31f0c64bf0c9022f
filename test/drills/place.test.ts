import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHttpsClient, type HttpsAnswer } from '#platform/https-client.ts';
import { createHttpsServer, type HttpsServer } from '#platform/https-server.ts';
import type { Pod } from '../../scripts/dev/kubernetes/objects.ts';
import { testCertificates } from '../certificates.ts';
import { serverOptions } from '../server-options.ts';
import { messageOf, nameOf, sessions, startDrill, type Drill } from './cluster.ts';

type Json = Readonly<Record<string, unknown>>;

async function post(leaf: string, url: string, body: unknown): Promise<HttpsAnswer> {
  const client = createHttpsClient((await testCertificates()).leaf(leaf));
  try {
    return await client.call({
      method: 'POST',
      url,
      body: JSON.stringify(body),
      timeoutMs: 9000,
      maxResponseBytes: 4e6,
      headers: { 'content-type': 'application/json' },
    });
  } finally {
    client.close();
  }
}

/**
 * Stands where the console's `resolve` does, with the console's own certificate: asks the real one what `lie` makes of
 * the webhook's question, and answers with whatever that says.
 */
async function startLiar() {
  const state = { resolveUrl: '', lie: (question: Json): Json => question };
  const tls = (await testCertificates()).leaf('console');
  const server: HttpsServer = createHttpsServer({
    ...serverOptions,
    tls,
    clientCa: tls.ca,
    maxBodyBytes: 4e6,
    maxBodiesBytes: 4e7,
    answer: async ({ path, body }) => {
      const question = JSON.parse((await body()).toString()) as Json; // the webhook's own
      const answer = await post('webhook-resolve', `${state.resolveUrl}${path}`, state.lie(question));
      return { status: answer.status, body: answer.body };
    },
  });
  const port = await server.listen('127.0.0.1', 0);
  return { state, url: `https://127.0.0.1:${port}`, close: () => server.close(0) };
}

/** The console is under an attacker's control; the webhook, which reads the review, and the keyservice are not. */
describe('a console that answers another place’s ticket, over real processes', function () {
  this.timeout(60_000);
  const elsewhere = 'hub';
  let liar: Awaited<ReturnType<typeof startLiar>>;
  let drill: Drill;
  let annotations: Readonly<Record<string, string>>;
  /** What the real console would be asked for the pod that the ticket is for. */
  const own = { namespace: sessions, serviceAccount: 'default', pod: { name: 'mine' } };

  before(async () => {
    liar = await startLiar();
    drill = await startDrill({ env: { webhook: { TWOFOLD_RESOLVE_URL: liar.url } } });
    liar.state.resolveUrl = drill.stack.urls.consoleResolve;
    const alice = drill.person('alice');
    await alice.store('db-password', 'value');
    ({ annotations } = await alice.ticket({ namespace: sessions, secrets: ['db-password'], pod: 'mine' }));
  });
  beforeEach(() => {
    liar.state.lie = (question) => ({ ...question, ...own });
  });
  after(async () => {
    await drill.stack.stop();
    await liar.close();
  });

  const audited = (): Json[] =>
    readFileSync(join(drill.stack.dir, 'logs/keyservice.audit'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Json); // the keyservice's own

  const createPod = (name: string, namespace: string, serviceAccountName = 'default') =>
    drill.createPod(annotations, {
      namespace,
      by: drill.admin,
      metadata: { name, annotations },
      spec: { serviceAccountName, containers: [{ name: 'main', image: 'x' }] },
    });

  /** Refused with this code, nothing opened, nothing created. */
  const expectRefused = async (
    code: string,
    { name, namespace, account }: { name: string; namespace: string; account?: string },
  ): Promise<void> => {
    const before = audited().length;
    const answer = await createPod(name, namespace, account);
    expect(answer.status, messageOf(answer)).to.equal(403);
    expect(messageOf(answer)).to.contain(`(${code})`);
    const records = audited().slice(before);
    expect(records, 'nothing was asked of the RSA key').to.have.length(1);
    expect(records[0]).to.include({ operation: 'unwrap', outcome: code, namespace, pod: name, by: 'admin' });
    expect(records[0]?.['ticket']).to.deep.equal({ ns: sessions, sa: 'default', pod: 'mine' });
    const { items } = await drill.admin.must<{ items: unknown[] }>(
      'GET',
      `/api/v1/namespaces/${namespace}/secrets?labelSelector=twofold.dev/session`,
    );
    expect(items).to.deep.equal([]);
  };

  it('gets nothing for a pod of another namespace', async () => {
    await expectRefused('place_other_namespace', { name: 'mine', namespace: elsewhere });
  });

  it('gets nothing for a pod of another service account', async () => {
    const account = nameOf('account');
    await drill.admin.must('POST', `/api/v1/namespaces/${sessions}/serviceaccounts`, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: account },
    });
    await expectRefused('place_other_service_account', { name: 'mine', namespace: sessions, account });
  });

  it('gets nothing for another pod of the ticket’s own namespace', async () => {
    await expectRefused('place_other_pod', { name: nameOf('other'), namespace: sessions });
  });

  it('gets nothing by another ticket than the pod’s, whosever it is', async () => {
    const bob = drill.person('bob');
    await bob.store('db-password', 'another value');
    const { ticket, jti } = await bob.ticket({ namespace: sessions, secrets: ['db-password'] });
    liar.state.lie = (question) => ({ ...question, ticket });
    const answer = await createPod('mine', sessions);
    expect(messageOf(answer)).to.contain('(console_unavailable)');
    expect(audited().filter((record) => record['jti'] === jti)).to.deep.equal([]);
  });

  it('nor does whoever asks the keyservice with the webhook’s certificate and a pod’s true place', async () => {
    const resolved = await post('webhook-resolve', `${drill.stack.urls.consoleResolve}/internal/v1/resolve`, {
      dryRun: false,
      names: ['db-password'],
      variables: [],
      ticket: annotations['twofold.dev/ticket'],
      ...own,
    });
    const { ticket, sid, secrets } = JSON.parse(resolved.body.toString()) as {
      ticket: string;
      sid: string;
      secrets: { envelope: string }[];
    };
    const ask = (ns: string): Promise<HttpsAnswer> =>
      post('webhook-unwrap', `${drill.stack.urls.keyservice}/v1/unwrap`, {
        ticket,
        sid,
        place: { ns, sa: 'default', name: 'mine', by: 'admin' },
        envelopes: secrets.map(({ envelope }) => envelope),
      });
    const refused = await ask(elsewhere);
    expect(refused.status).to.equal(403);
    expect(refused.body.toString()).to.contain('place_other_namespace').and.not.contain('gAAAA');
    expect((await ask(sessions)).status, 'so that this can succeed').to.equal(200);
  });

  it('and starts the pod that the ticket is for: so this drill can fail', async () => {
    const answer = await createPod('mine', sessions);
    expect(answer.status, messageOf(answer)).to.equal(201);
    const { exitCode, files } = await drill.runPod(answer.body as Pod); // the API server's own
    expect(exitCode).to.equal(0);
    expect(files['db-password']?.toString()).to.equal('value');
    const [asked, released] = audited().slice(-2);
    expect(asked).to.include({ outcome: 'asked', namespace: sessions, pod: 'mine', by: 'admin' });
    expect(released).to.include({ outcome: 'released', count: 1 });
  });
});
