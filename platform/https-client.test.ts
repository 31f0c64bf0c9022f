import { expect } from 'chai';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { createRoot, DAY_MS, issueLeaf } from '../certs/issue.ts';
import { testCertificates, type Certificates } from '../test/certificates.ts';
import { eventually } from '../test/eventually.ts';
import { failureOf } from '../test/refusal.ts';
import { listenOn } from './listen.ts';
import {
  createHttpsClient,
  fetchOver,
  type HttpsAnswer,
  type HttpsCall,
  type HttpsClient,
} from './https-client.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

describe('the HTTPS client', () => {
  let certificates: Certificates;
  let server: Server;
  let port: number;
  let url: string;
  let client: HttpsClient;
  let answer: Answer;
  /** Every connection so far. */
  let connections: Socket[];
  const call = (change: Partial<HttpsCall> = {}, by = client): Promise<HttpsAnswer> =>
    by.call({ method: 'POST', url, body: '{}', timeoutMs: 5_000, maxResponseBytes: 10_000, ...change });
  const textOf = async (answered: Promise<HttpsAnswer>): Promise<string> => (await answered).body.toString();

  const listen = async (at = 0): Promise<void> => {
    const { ca, cert, key } = certificates.leaf('webhook');
    const options = {
      ca,
      cert,
      key,
      requestCert: true,
      rejectUnauthorized: false,
      keepAliveTimeout: 60_000,
    };
    server = createServer(options, (request, response) => answer(request, response));
    server.on('secureConnection', (socket: Socket) => connections.push(socket));
    port = await listenOn(server, '127.0.0.1', at);
    url = `https://127.0.0.1:${port}/path?query=1`;
  };
  const ended = (connection: Socket | undefined): Promise<unknown> =>
    eventually('the connection ends', () => Promise.resolve(connection?.destroyed), { timeoutMs: 2_000 });
  const hangUp = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };

  before(async () => (certificates = await testCertificates()));
  beforeEach(async () => {
    connections = [];
    answer = (_request, response) => response.end('at once');
    await listen();
    client = createHttpsClient(certificates.leaf('webhook-unwrap'));
  });
  afterEach(async () => {
    client.close();
    await hangUp();
  });

  it('sends method, path, query, headers, text of any script and its certificate; any status is an answer', async () => {
    answer = (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method, url: path, headers, socket } = request;
        const peer = socket instanceof TLSSocket ? socket.getPeerCertificate().subject.CN : undefined;
        const { host, authorization } = headers;
        const body = Buffer.concat(chunks).toString();
        response.writeHead(418).end(JSON.stringify({ method, path, host, authorization, peer, body }));
      });
    };
    const { status, body } = await call({ headers: { authorization: 'Bearer x' }, body: 'größer 鍵 🔑' });
    expect([status, JSON.parse(body.toString())]).to.deep.equal([
      418,
      {
        method: 'POST',
        path: '/path?query=1',
        host: `127.0.0.1:${port}`,
        authorization: 'Bearer x',
        peer: 'webhook-unwrap',
        body: 'größer 鍵 🔑',
      },
    ]);
  });

  it('fetches as libraries do: a form, repeated headers, any status, no body, within its limits', async () => {
    const fetch = fetchOver(client, { timeoutMs: 5_000, maxResponseBytes: 100 });
    answer = (request, response) => {
      request.setEncoding('utf8').on('data', (sent: string) => {
        const { method, headers } = request;
        response.setHeader('set-cookie', ['a=1', 'b=2']);
        response.writeHead(403).end([method, headers['content-type'], sent].join(' '));
      });
    };
    const refused = await fetch(url, { method: 'POST', body: new URLSearchParams({ a: 'b c' }) });
    expect([refused.status, refused.headers.getSetCookie()]).to.deep.equal([403, ['a=1', 'b=2']]);
    expect(await refused.text()).to.equal('POST application/x-www-form-urlencoded;charset=UTF-8 a=b+c');
    answer = (_request, response) => response.writeHead(204).end();
    expect((await fetch(new Request(url))).body).to.equal(null);
    answer = (_request, response) => response.writeHead(302, { location: '/elsewhere' }).end();
    expect((await fetch(new URL(url))).headers.get('location')).to.equal('/elsewhere');
    answer = (_request, response) => response.end('x'.repeat(101));
    expect(await failureOf(fetch(url))).to.include({ code: 'too_large' });
  });

  it('reads an answer with an announced length, in chunks, or without a body', async () => {
    answer = (_request, response) => response.writeHead(200, { 'content-length': 5 }).end('known');
    expect(await textOf(call())).to.equal('known');
    answer = (_request, response) => {
      response.write('in ');
      setImmediate(() => response.end('chunks'));
    };
    expect(await textOf(call())).to.equal('in chunks');
    answer = (_request, response) => response.writeHead(204).end();
    expect(await call({ method: 'DELETE', body: undefined })).to.deep.include({ status: 204 });
    expect(connections).to.have.length(1);
  });

  it('gives each of 200 concurrent calls its own answer, over 64 connections at most, and keeps these', async () => {
    answer = (request, response) => setTimeout(() => response.end(request.url), 5);
    const paths = Array.from({ length: 200 }, (_, at) => `/${at}`);
    const ask = (path: string) => textOf(call({ url: `https://127.0.0.1:${port}${path}` }));
    expect(await Promise.all(paths.map(ask))).to.deep.equal(paths);
    expect(connections).to.have.length(64);
    expect(await Promise.all(paths.map(ask))).to.deep.equal(paths);
    expect(connections).to.have.length(64);
  });

  it('sends the server’s name, and none for an address of either kind', async () => {
    answer = ({ socket }, response) =>
      response.end(socket instanceof TLSSocket ? String(socket.servername) : '');
    expect(await textOf(call({ url: `https://localhost:${port}/` }))).to.equal('localhost');
    expect(await textOf(call())).to.equal('false');
    const on6 = createServer(certificates.leaf('webhook'), ({ socket, headers }, response) =>
      response.end(`${socket instanceof TLSSocket ? String(socket.servername) : ''} ${headers.host ?? ''}`),
    );
    const at6 = `[::1]:${await listenOn(on6, '::1', 0)}`;
    expect(await textOf(call({ url: `https://${at6}/` }))).to.equal(`false ${at6}`);
    on6.close();
  });

  it('rejects as unreachable where nobody listens, with the reason as its cause', async () => {
    const error = await failureOf(call({ url: 'https://127.0.0.1:1/' }));
    expect(error).to.include({
      code: 'unreachable',
      message: '127.0.0.1:1 cannot be reached (ECONNREFUSED)',
    });
    expect(error).to.have.nested.property('cause.code', 'ECONNREFUSED');
  });

  it('does not talk to a server whose root it does not trust, or whose name differs', async () => {
    let heard = 0;
    answer = () => (heard += 1);
    const stranger = createHttpsClient({});
    expect(await failureOf(call({}, stranger))).to.include({ code: 'unreachable' });
    stranger.close();
    const elsewhere = createServer(certificates.leaf('webhook'), () => (heard += 1));
    const named = `https://127.0.0.2:${await listenOn(elsewhere, '127.0.0.2', 0)}/`;
    expect(await failureOf(call({ url: named }))).to.include({ code: 'unreachable' });
    elsewhere.close();
    expect(heard).to.equal(0);
  });

  it('names the clocks where a certificate is not valid at this time', async () => {
    const names = {
      commonName: 'console',
      dnsNames: [],
      ipAddresses: ['127.0.0.1'],
      usage: 'server',
    } as const;
    for (const [days, code] of [
      [2, 'CERT_NOT_YET_VALID'],
      [-2, 'CERT_HAS_EXPIRED'],
    ] as const) {
      const now = new Date(Date.now() + days * DAY_MS);
      const root = await createRoot({
        commonName: 'root',
        now: new Date(Date.now() - 3 * DAY_MS),
        validDays: 30,
      });
      const { certificatePem: cert, keyPem } = await issueLeaf({ ...names, root, now, validDays: 1 });
      const strange = createServer({ cert, key: keyPem });
      const at = `127.0.0.1:${await listenOn(strange, '127.0.0.1', 0)}`;
      const trusting = createHttpsClient({ ca: root.certificatePem });
      const error = await failureOf(call({ url: `https://${at}/` }, trusting));
      trusting.close();
      strange.close();
      expect(error).to.have.property(
        'message',
        `${at} cannot be reached (${code}); compare the clocks, then renew its certificate`,
      );
    }
  });

  it('trusts other roots from the next call on, and ends earlier idle connections', async () => {
    const { ca } = certificates.leaf('console');
    const strange = await createRoot({ commonName: 'stranger', now: new Date(), validDays: 1 });
    await call();
    client.setTls({ ca: strange.certificate.toString() });
    await ended(connections[0]);
    expect(await failureOf(call())).to.include({ code: 'unreachable' });
    client.setTls({ ca });
    expect(await textOf(call())).to.equal('at once');
  });

  it('sends no header with a line break in it', async () => {
    let heard = 0;
    answer = () => (heard += 1);
    const headers = { authorization: 'Bearer x\r\ninjected: yes' };
    expect(await call({ headers }).catch((error: unknown) => error)).to.be.instanceOf(TypeError);
    expect(heard).to.equal(0);
  });

  it('gives up at the deadline, also on an answer that trickles on a kept connection', async () => {
    expect(await textOf(call())).to.equal('at once');
    const timers: NodeJS.Timeout[] = [];
    for (const slow of [
      () => undefined,
      (_request: IncomingMessage, response: ServerResponse) => {
        timers.push(setInterval(() => response.write('x'), 10));
      },
    ]) {
      answer = slow;
      const started = performance.now();
      expect(await failureOf(call({ timeoutMs: 100 }))).to.include({ code: 'timeout' });
      expect(performance.now() - started).to.be.within(90, 4_000);
      await ended(connections.at(-1));
    }
    timers.forEach(clearInterval);
    answer = (_request, response) => response.end('again');
    expect(await textOf(call())).to.equal('again');
    expect(
      connections,
      'one for each that was ended, and none for a retry after the deadline',
    ).to.have.length(3);
  });

  it('gives up on an answer that is too long, announced or not', async () => {
    const long = 'x'.repeat(10_001);
    answer = (_request, response) => response.writeHead(200, { 'content-length': long.length }).end(long);
    expect(await failureOf(call())).to.include({ code: 'too_large' });
    answer = (_request, response) => {
      response.write('x');
      setImmediate(() => response.end(long));
    };
    expect(await failureOf(call())).to.include({ code: 'too_large' });
  });

  it('fails where the connection breaks within an answer, and does not retry', async () => {
    await call();
    let asked = 0;
    answer = (request, response) => {
      asked += 1;
      response.writeHead(200, { 'content-length': 10 }).write('half');
      setTimeout(() => request.socket.destroy(), 20);
    };
    expect(await failureOf(call())).to.include({ code: 'unreachable' });
    expect(asked).to.equal(1);
  });

  it('fails where a new connection is closed without an answer, and does not retry', async () => {
    let asked = 0;
    answer = (request) => {
      asked += 1;
      request.socket.destroy();
    };
    expect(await failureOf(call())).to.include({ code: 'unreachable' });
    expect(asked).to.equal(1);
  });

  it('retries when a kept connection was closed just as it was used', async () => {
    await call();
    await hangUp();
    await listen(port);
    expect(await textOf(call())).to.equal('at once');
  });

  it('uses no connection that was closed while it was idle', async () => {
    await call();
    server.closeAllConnections();
    await wait(50);
    expect(await textOf(call())).to.equal('at once');
    expect(connections).to.have.length(2);
  });

  it('has one deadline for all attempts', async () => {
    const held: ServerResponse[] = [];
    answer = (_request, response) => {
      held.push(response);
      if (held.length === 3) for (const each of held) each.end();
    };
    await Promise.all([call(), call(), call()]);
    const kept = new Set(connections);
    answer = ({ socket }, response) => {
      if (kept.has(socket)) setTimeout(() => socket.destroy(), 80);
      else response.end('too late');
    };
    expect(await failureOf(call({ timeoutMs: 150 }))).to.include({ code: 'timeout' });
  });

  it('ends the connection of its last attempt at the deadline', async () => {
    await call();
    const [kept] = connections;
    answer = ({ socket }) => {
      if (socket === kept) socket.destroy();
    };
    expect(await failureOf(call({ timeoutMs: 300 }))).to.include({ code: 'timeout' });
    await ended(connections.at(-1));
  });

  it('gives the place of a failed call to a waiting one, and drops those that waited too long', async () => {
    const heard: IncomingMessage[] = [];
    answer = (request) => heard.push(request);
    const stuck = Array.from({ length: 64 }, () => failureOf(call({ timeoutMs: 15_000 })));
    await eventually('all places are taken', () => Promise.resolve(heard.length === 64), {
      timeoutMs: 15_000,
    });
    const impatient = failureOf(call({ timeoutMs: 50 }));
    const patient = textOf(call({ timeoutMs: 15_000 }));
    expect(await impatient).to.include({ code: 'timeout' });
    answer = (request, response) => {
      heard.push(request);
      response.end('at last');
    };
    for (const { socket } of heard.slice()) socket.destroy();
    for (const each of await Promise.all(stuck)) expect(each).to.include({ code: 'unreachable' });
    expect([await patient, heard.length]).to.deep.equal(['at last', 65]);
  });

  it('retries until it has a new connection, when all the kept ones had been closed', async () => {
    const used = new WeakSet<Socket>();
    const held: ServerResponse[] = [];
    // Answers three together, so that there are three connections, each with one call only.
    answer = ({ socket }, response) => {
      if (used.has(socket)) {
        socket.destroy();
        return;
      }
      used.add(socket);
      held.push(response);
      if (held.length >= 3) for (const each of held) each.end('once');
    };
    await Promise.all([call(), call(), call()]);
    expect(await textOf(call())).to.equal('once');
    expect(held).to.have.length(4);
  });

  it('opens one connection for each that broke when it was reused, even while a call waits', async () => {
    const held: ServerResponse[] = [];
    const hold: Answer = (_request, response) => {
      held.push(response);
      if (held.length === 64) for (const each of held.splice(0)) each.end();
    };
    answer = hold;
    await Promise.all(Array.from({ length: 64 }, () => call()));
    answer = ({ socket }) => {
      answer = hold;
      socket.destroy();
    };
    const calls = Array.from({ length: 65 }, () => call());
    await Promise.race(calls);
    answer = (_request, response) => response.end();
    for (const each of held) each.end();
    await Promise.all(calls);
    expect(connections).to.have.length(65);
  });

  it('does not reuse a connection that its server announced to close', async () => {
    answer = (_request, response) => response.writeHead(200, { connection: 'close' }).end('last');
    expect([await textOf(call()), await textOf(call())]).to.deep.equal(['last', 'last']);
    expect(connections).to.have.length(2);
  });

  it('leaves neither connections nor timers', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    await Promise.all([call(), call()]);
    expect(timers()).to.be.at.most(before + 1); // the server looks for slow requests
    client.close();
    for (const connection of connections) await ended(connection);
  });

  it('presents a new certificate from the next call on; calls in progress end with the old one', async () => {
    answer = ({ socket }, response) => {
      if (!(socket instanceof TLSSocket)) throw new Error('not over TLS');
      const { subject } = socket.getPeerCertificate();
      setTimeout(() => response.end(subject.CN), 50);
    };
    expect(await textOf(call())).to.equal('webhook-unwrap');
    const [idle, before] = [textOf(call()), textOf(call())];
    await idle;
    const under = textOf(call());
    client.setTls(certificates.leaf('apiserver-webhook'));
    const names = [await before, await under, await textOf(call())];
    expect(names).to.deep.equal(['webhook-unwrap', 'webhook-unwrap', 'apiserver-webhook']);
    for (const connection of connections.slice(0, -1)) await ended(connection);
  });
});
