import { expect } from 'chai';
import { once } from 'node:events';
import type { TLSSocket } from 'node:tls';
import { testCertificates } from '../test/certificates.ts';
import { answerOf, cutRequests, headOf, openRaw, sendRaw, type RawTarget } from '../test/raw-https.ts';
import { serverOptions } from '../test/server-options.ts';
import {
  createHttpsServer,
  type HttpReply,
  type HttpsServer,
  type HttpsServerOptions,
} from './https-server.ts';

const LIMIT = serverOptions.maxBodyBytes;

describe('the gate before bodies', () => {
  let target: RawTarget;
  let server: HttpsServer;
  const sockets: TLSSocket[] = [];
  /** Answers with the length of what was sent to `/`, and reads nothing at any other path. */
  const start = async (change: Partial<HttpsServerOptions> = {}): Promise<void> => {
    const tls = (await testCertificates()).leaf('webhook');
    server = createHttpsServer({
      ...serverOptions,
      tls,
      answer: async ({ path, body }) =>
        path === '/' ? { status: 200, body: String((await body()).length) } : { status: 404, body: '' },
      ...change,
    });
    target = { url: `https://127.0.0.1:${await server.listen('127.0.0.1', 0)}/`, ca: tls.ca };
  };
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await server.close(0);
  });
  /** Announces `length` bytes, and sends none of them. */
  const begin = async (length: number, headers: Record<string, string> = {}): Promise<TLSSocket> => {
    const socket = await openRaw(target);
    sockets.push(socket);
    socket.write(headOf({ path: '/', headers: { 'content-length': String(length), ...headers } }));
    return socket;
  };
  const statusOf = async (length: number): Promise<number | undefined> =>
    (await answerOf(await begin(length))).status;
  /** Bytes are held once nothing more fits. */
  const full = async (): Promise<void> => {
    while (
      (await sendRaw(target, `${headOf({ path: '/', headers: { 'content-length': '1' } })}x`)).status === 200
    );
  };

  it('answers before the body where it is too large, or not needed', async () => {
    await start();
    expect(await statusOf(LIMIT + 1)).to.equal(413);
    const elsewhere = headOf({ path: '/elsewhere', headers: { 'content-length': '999' } });
    expect((await sendRaw(target, elsewhere)).status).to.equal(404);
  });

  it('holds at most its total, however many begin, and refuses the others before their bodies', async () => {
    await start({ maxBodiesBytes: 3 * LIMIT });
    const held = [await begin(LIMIT), await begin(LIMIT), await begin(LIMIT)];
    await full();
    const refused = await Promise.all(Array.from({ length: 20 }, () => statusOf(LIMIT)));
    expect(new Set(refused)).to.deep.equal(new Set([503]));
    // Those that fit are still received.
    const [first] = held;
    const answered = answerOf(first!);
    first!.write('x'.repeat(LIMIT));
    expect((await answered).status).to.equal(200);
    expect((await answerOf(await begin(LIMIT + 1))).status).to.equal(413);
  });

  it('has room again when a body was answered, and when its sender hung up', async () => {
    await start({ maxBodiesBytes: LIMIT });
    for (const end of ['answer', 'hang up', 'close'] as const) {
      const holder = await begin(LIMIT);
      await full();
      const closed = once(holder, 'close');
      if (end === 'answer') {
        const answered = answerOf(holder);
        holder.write('x'.repeat(LIMIT));
        expect((await answered).status).to.equal(200);
      } else {
        if (end === 'hang up') holder.destroy();
        else holder.resume().end();
        await closed;
      }
      let status: number | undefined = 503;
      const whole = headOf({ path: '/', headers: { 'content-length': String(LIMIT) } }) + 'x'.repeat(LIMIT);
      while (status === 503) ({ status } = await sendRaw(target, whole));
      expect(status, end).to.equal(200);
    }
  });

  it('counts a body without a length as the largest, and lets one be no larger', async () => {
    await start({ maxBodiesBytes: LIMIT });
    const head = headOf({ path: '/', headers: { 'transfer-encoding': 'chunked' } });
    const chunk = (length: number): string => `${length.toString(16)}\r\n${'x'.repeat(length)}\r\n`;
    expect((await sendRaw(target, `${head + chunk(LIMIT)}0\r\n\r\n`)).status).to.equal(200);
    expect((await sendRaw(target, head + chunk(LIMIT) + chunk(1))).status).to.equal(413);
    const holder = await openRaw(target);
    sockets.push(holder);
    holder.write(head);
    await full();
    expect(await statusOf(1)).to.equal(503);
  });

  it('sends "continue" only where the body is wanted', async () => {
    await start({ maxBodiesBytes: LIMIT });
    const expecting = { expect: '100-continue' };
    expect((await answerOf(await begin(LIMIT + 1, expecting))).status).to.equal(413);
    const holder = await begin(LIMIT, expecting);
    const [first] = (await once(holder, 'data')) as [Buffer];
    expect(first.toString()).to.match(/^HTTP\/1\.1 100 /);
    expect((await answerOf(await begin(1, expecting))).status).to.equal(503);
    const answered = once(holder, 'data');
    holder.write('x'.repeat(LIMIT));
    expect(String((await answered)[0])).to.match(/^HTTP\/1\.1 200 /);
  });

  it('waits for no body forever: one that trickles is ended at the time limit', async () => {
    await start({ maxBodiesBytes: LIMIT, requestMs: 300 });
    const holder = await begin(LIMIT);
    const answered = answerOf(holder);
    const trickle = setInterval(() => holder.write('x'), 20);
    expect((await answered).status).to.equal(408);
    clearInterval(trickle);
    let status: number | undefined = 503;
    while (status === 503)
      status = (await sendRaw(target, `${headOf({ path: '/', headers: { 'content-length': '1' } })}x`))
        .status;
    expect(status).to.equal(200);
  });

  it('keeps serving when bodies are cut at any byte, in any way', async () => {
    await start();
    const body = Buffer.from('{"some": "body"}');
    for (let length = 0; length < body.length; length += 1)
      for (const { how, bytes, then } of cutRequests({ path: '/' }, body, length)) {
        const { status } = await sendRaw(target, bytes, then);
        const expected = then === 'wait' ? [200] : [400, undefined];
        expect(expected, `${how}, ${length}`).to.include(status);
      }
    expect(await statusOf(0)).to.equal(200);
  });

  it('does not hold an answer forever that its client does not read', async () => {
    const large = Buffer.alloc(64 * 1024 * 1024);
    const answer = (): Promise<HttpReply> => Promise.resolve({ status: 200, body: large });
    await start({ answer, requestMs: 300, maxConnections: 1 });
    const holder = await openRaw(target);
    sockets.push(holder);
    holder.pause().write(headOf({ method: 'GET', path: '/' }));
    // There is room for one connection only: the next one gets it once the first has ended.
    let opened: TLSSocket | undefined;
    while (!opened) opened = await openRaw(target).catch(() => undefined);
    sockets.push(opened);
  });

  it('accepts connections up to its limit', async () => {
    await start({ maxConnections: 3, answer: () => new Promise(() => undefined) });
    for (let count = 0; count < 3; count += 1) {
      const socket = await openRaw(target);
      sockets.push(socket);
      socket.write(headOf({ method: 'GET', path: '/' }));
    }
    const newcomer = (): Promise<TLSSocket | undefined> => openRaw(target).catch(() => undefined);
    // Until all of them wait for their answers.
    let opened = await newcomer();
    for (; opened; opened = await newcomer()) opened.destroy();
    sockets[0]!.destroy();
    while (!opened) opened = await newcomer();
    sockets.push(opened);
  });

  it('turns no newcomer away while all connections wait for their clients', async () => {
    await start({ maxConnections: 3 });
    const silent = await openRaw(target);
    const kept = await openRaw(target);
    sockets.push(silent, kept);
    kept.write(headOf({ method: 'GET', path: '/none' }));
    expect((await answerOf(kept)).status).to.equal(404);
    await begin(1);
    for (let count = 0; count < 6; count += 1) expect(await statusOf(0)).to.equal(200);
  });
});
