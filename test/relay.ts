/** An HTTPS server on loopback that stands between two others in a test: what it passes on is the caller's. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

interface Relay {
  readonly url: string;
  close(): void;
}

/** A call of `pass` that rejects ends its connection without an answer. */
export async function startRelay(
  { cert, key }: { readonly cert: string; readonly key: string },
  pass: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<Relay> {
  const server = createServer({ cert, key }, (request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a TCP server that listens has a port
  return {
    url: `https://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
