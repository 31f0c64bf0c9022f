import { expect } from 'chai';
import { EventEmitter, once } from 'node:events';
import { request } from 'node:https';
import { connect, type SecureContextOptions as ClientTls } from 'node:tls';
import { testCertificates, type Certificates } from '../test/certificates.ts';
import { serverOptions } from '../test/server-options.ts';
import { failureOf } from '../test/refusal.ts';
import { createHttpsClient, type HttpsClient, type HttpsCall } from './https-client.ts';
import { createHttpsServer, type HttpRequest, type HttpsServer } from './https-server.ts';

const LIMIT = serverOptions.maxBodyBytes;

/** A body whose length is not announced. */
function chunkedStatus(url: string, tls: ClientTls, body: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', ...tls, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.once('error', reject);
    sent.write(body);
    sent.end();
  });
}

describe('HTTPS between services', () => {
  let certificates: Certificates;
  let server: HttpsServer;
  let url: string;
  let client: HttpsClient;
  let answer: (request: HttpRequest) => Promise<{ status: number; body: string }>;
  const call = (change: Partial<HttpsCall> = {}, by = client) =>
    by.call({ method: 'POST', url, body: '{}', timeoutMs: 5000, maxResponseBytes: 10_000, ...change });

  before(async () => {
    certificates = await testCertificates();
    const tls = certificates.leaf('webhook');
    server = createHttpsServer({
      ...serverOptions,
      tls,
      clientCa: tls.ca,
      answer: (request) => answer(request),
    });
    url = `https://127.0.0.1:${await server.listen('127.0.0.1', 0)}/path?timeout=10s`;
    client = createHttpsClient(certificates.leaf('apiserver-webhook'));
  });
  beforeEach(() => {
    answer = async ({ body, client: name, method, path, query }) => {
      const seen = [method, path, query.get('timeout'), name, (await body()).length];
      return { status: 200, body: JSON.stringify(seen) };
    };
  });
  after(async () => {
    client.close();
    await server.close(0);
  });

  it('passes on method, path, query, body and the client’s name', async () => {
    const { status, body } = await call({ body: 'x'.repeat(LIMIT) });
    expect([status, JSON.parse(body.toString())]).to.deep.equal([
      200,
      ['POST', '/path', '10s', 'apiserver-webhook', LIMIT],
    ]);
  });

  it('refuses a body over the limit, announced or not, and keeps serving', async () => {
    expect((await call({ body: 'x'.repeat(LIMIT + 1) })).status).to.equal(413);
    expect(await chunkedStatus(url, certificates.leaf('apiserver-webhook'), 'x'.repeat(LIMIT + 1))).to.equal(
      413,
    );
    expect((await call()).status).to.equal(200);
  });

  it('turns a failure into the configured reply, and keeps serving', async () => {
    answer = () => Promise.reject(new Error('inner reasons'));
    expect((await call()).body.toString()).to.equal('failed');
  });

  it('refuses clients without a certificate, or with one from another root', async () => {
    const { ca } = certificates.leaf('webhook');
    const nobody = createHttpsClient({ ca });
    expect((await failureOf(call({}, nobody))).code).to.equal('unreachable');
    nobody.close();
  });

  it('lingers when asked to: a kept connection carries one more call, which is marked as the last', async () => {
    const tls = certificates.leaf('webhook');
    const lingering = createHttpsServer({
      ...serverOptions,
      tls,
      answer: () => Promise.resolve({ status: 200, body: 'served' }),
    });
    const target = { url: `https://127.0.0.1:${await lingering.listen('127.0.0.1', 0)}/` };
    const own = createHttpsClient({ ca: tls.ca });
    expect((await call(target, own)).headers['connection']).to.equal('keep-alive');
    const started = performance.now();
    const closed = lingering.close(1000, 10_000);
    await new Promise((resolve) => setTimeout(resolve, 120)); // longer than it looks for idle ones
    const { status, headers } = await call(target, own);
    expect([status, headers['connection']]).to.deep.equal([200, 'close']);
    await closed;
    expect(performance.now() - started).to.be.lessThan(5000);
    own.close();
  });

  it('finishes what is in progress before it closes, and accepts nothing new', async () => {
    const { ca, cert, key } = certificates.leaf('apiserver-webhook');
    const tls = certificates.leaf('webhook');
    const gate = new EventEmitter();
    const arrived = once(gate, 'arrived');
    const draining = createHttpsServer({
      ...serverOptions,
      tls,
      clientCa: tls.ca,
      answer: async () => {
        gate.emit('arrived');
        await once(gate, 'release');
        return { status: 200, body: 'late' };
      },
    });
    const port = await draining.listen('127.0.0.1', 0);
    const own = createHttpsClient({ ca, cert, key });
    const late = call({ url: `https://127.0.0.1:${port}/` }, own);
    await arrived;
    const closed = draining.close();
    gate.emit('release');
    expect((await late).body.toString()).to.equal('late');
    await closed;
    const refused = await new Promise<boolean>((resolve) => {
      connect({ host: '127.0.0.1', port, ca, cert, key })
        .once('error', () => resolve(true))
        .once('secureConnect', () => resolve(false));
    });
    expect(refused).to.equal(true);
    own.close();
  });
});
