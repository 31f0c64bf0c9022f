import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { setTimeout as wait } from 'node:timers/promises';
import { createHttpsServer } from '#platform/https-server.ts';
import { describeApiClient } from '../test/api-client-contract.ts';
import { testCertificates } from '../test/certificates.ts';
import { serverOptions } from '../test/server-options.ts';
import { failureOf } from '../test/refusal.ts';
import type { RenewableClient } from '#platform/https-client.ts';
import { createApiClient } from './api-client.ts';

describeApiClient('the admission path’s own', createApiClient);

describe('the admission path’s own client', () => {
  it('shows a new certificate from the next call on, and ends what is under way as it began', async () => {
    const certificates = await testCertificates();
    const tls = certificates.leaf('webhook');
    const server = createHttpsServer({
      ...serverOptions,
      tls,
      clientCa: tls.ca,
      answer: async ({ client: name }) => {
        await wait(50);
        return { status: 200, body: name ?? '' };
      },
    });
    const url = `https://127.0.0.1:${await server.listen('127.0.0.1', 0)}/`;
    const client = createApiClient(certificates.leaf('webhook-unwrap'));
    const nameOf = async (): Promise<string> =>
      (await client.call({ method: 'GET', url, timeoutMs: 2_000, maxResponseBytes: 100 })).body.toString();
    expect(await nameOf()).to.equal('webhook-unwrap');
    const [idle, before] = [nameOf(), nameOf()];
    await idle;
    const under = nameOf();
    client.setTls(certificates.leaf('apiserver-webhook'));
    const names = [await before, await under, await nameOf()];
    expect(names).to.deep.equal(['webhook-unwrap', 'webhook-unwrap', 'apiserver-webhook']);
    client.close();
    await server.close(0);
  });
});

describe('the admission path’s own client, with a server that is none of ours', () => {
  let server: Server;
  let client: RenewableClient;
  let sockets: TLSSocket[];
  /** What the server sends to each request, and after how long. */
  let bytes: string;
  let afterMs: number;
  const call = () => {
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const url = `https://127.0.0.1:${port}/`;
    return client.call({ method: 'GET', url, timeoutMs: 2_000, maxResponseBytes: 1_000 });
  };

  beforeEach(async () => {
    const { ca, cert, key } = (await testCertificates()).leaf('webhook');
    sockets = [];
    afterMs = 0;
    server = createServer({ cert, key }, (socket) => {
      sockets.push(socket);
      socket.on('data', () => setTimeout(() => socket.write(bytes), afterMs));
      socket.on('error', () => undefined);
    });
    client = createApiClient({ ca });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterEach(() => {
    client.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  it('says what is not understood, and ends the connection', async () => {
    bytes = 'HTTP/1.1 200 OK\r\n\r\nuntil the end';
    const error = await failureOf(call());
    expect(error).to.include({ code: 'unreachable' });
    expect(error.message).to.match(
      /127.0.0.1:\d+ answered something that is not understood: it does not say how/,
    );
    await once(sockets[0]!, 'close');
  });

  it('ends a connection by itself that the server calls the last use of', async () => {
    bytes = 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 4\r\n\r\nlast';
    await call();
    await once(sockets[0]!, 'close');
    await call();
    expect(sockets).to.have.length(2);
  });

  it('ends idle connections when its certificate changes, and a busy one with its answer', async () => {
    bytes = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
    await Promise.all([call(), call()]);
    const closed = sockets.map((socket) => once(socket, 'close'));
    afterMs = 50;
    const busy = call();
    client.setTls({ ca: (await testCertificates()).leaf('webhook').ca });
    expect((await busy).body.toString()).to.equal('ok');
    await Promise.all(closed);
    expect(sockets).to.have.length(2);
  });

  it('takes no answer that it did not ask for', async () => {
    bytes = 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfirst';
    await call();
    sockets[0]!.write('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged');
    await once(sockets[0]!, 'close');
    expect((await call()).body.toString()).to.equal('first');
  });
});
