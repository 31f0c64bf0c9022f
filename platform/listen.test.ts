import { once } from 'node:events';
import { connect, createServer, Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { ALL_ADDRESSES, listenOn } from './listen.ts';

/** Of a machine that refuses IPv6's addresses like this. */
function serverWithout6(code: string): Server {
  return new (class extends Server {
    // Only the form that `listenOn` calls.
    override listen(...args: unknown[]): this {
      if (args[1] !== ALL_ADDRESSES) return super.listen(...(args as [number, string, () => void]));
      process.nextTick(() => this.emit('error', Object.assign(new Error(code), { code })));
      return this;
    }
  })();
}

async function hello(server: Server, host: string, port: number): Promise<string> {
  server.once('connection', (socket) => socket.end('hello'));
  const socket = connect(port, host);
  await once(socket, 'connect');
  return await text(socket);
}

describe('a server that listens on all addresses', () => {
  const servers: Server[] = [];
  const made = (server: Server): Server => {
    servers.push(server);
    return server;
  };
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  it('is reached by IPv6 and by IPv4', async () => {
    const server = made(createServer());
    const port = await listenOn(server, ALL_ADDRESSES, 0);
    for (const host of ['::1', '127.0.0.1']) expect(await hello(server, host, port), host).to.equal('hello');
  });

  for (const code of ['EAFNOSUPPORT', 'EADDRNOTAVAIL']) {
    it(`is reached by IPv4 where the machine has no IPv6 (${code})`, async () => {
      const server = made(serverWithout6(code));
      expect(await hello(server, '127.0.0.1', await listenOn(server, ALL_ADDRESSES, 0))).to.equal('hello');
      expect(server.address()).to.include({ address: '0.0.0.0' });
    });
  }

  it('does not start where the port is taken, or the one given address is not there', async () => {
    const first = made(createServer());
    const port = await listenOn(first, ALL_ADDRESSES, 0);
    for (const [host, code] of [
      [ALL_ADDRESSES, 'EADDRINUSE'],
      ['192.0.2.1', 'EADDRNOTAVAIL'],
    ] as const) {
      const error: unknown = await listenOn(made(createServer()), host, port).catch(
        (reason: unknown) => reason,
      );
      expect(error, host).to.include({ code });
    }
  });
});
