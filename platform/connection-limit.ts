/**
 * A limit on a server's open connections. No zone; docs/design.md#load. A newcomer takes the place of the
 * one that has waited longest for its client, so that clients that hold connections open keep nobody out. The
 * newcomer is closed only where every connection waits for the server.
 */
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';

/** The same for a TLS socket and the one below it: the server's events pass now one, now the other. */
function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

interface Connection {
  readonly socket: Socket;
  readonly open: Set<IncomingMessage>;
}

/** No complete request is still to be answered. */
function waits({ open }: Connection): boolean {
  return [...open].every(({ complete }) => !complete);
}

/** To be called once, before the server listens. */
export function limitConnections(server: HttpServer | HttpsServer, most: number): void {
  /** Least recently used first. */
  const connections = new Map<string, Connection>();
  const use = (name: string, connection: Connection): void => {
    connections.delete(name);
    connections.set(name, connection);
  };
  const makeRoom = (): boolean => {
    if (connections.size < most) return true;
    for (const [name, connection] of connections) {
      if (!waits(connection)) continue;
      connections.delete(name);
      connection.socket.destroy();
      return true;
    }
    return false;
  };
  server.prependListener('connection', (socket: Socket) => {
    // One that is already gone has no address.
    if (socket.remotePort === undefined || !makeRoom()) {
      socket.destroy();
      return;
    }
    const name = nameOf(socket);
    connections.set(name, { socket, open: new Set() });
    socket.once('close', () => {
      if (connections.get(name)?.socket === socket) connections.delete(name);
    });
  });
  server.prependListener('request', (message: IncomingMessage, response: ServerResponse) => {
    const name = nameOf(message.socket);
    const connection = connections.get(name);
    if (!connection) return;
    connection.open.add(message);
    use(name, connection);
    response.once('close', () => {
      connection.open.delete(message);
      if (connections.get(name) === connection) use(name, connection);
    });
  });
}
