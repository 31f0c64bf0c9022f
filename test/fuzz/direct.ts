/**
 * Requests to a server of this process without a connection: the server's own listeners get what Node's parser would have
 * made of one. Ten times as many a second as over TLS.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { TLSSocket } from 'node:tls';

export interface Sent {
  readonly method: string;
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer | undefined;
}

export interface Received {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

export type Send = (sent: Sent) => Promise<Received>;

/** The server that answers what `ask` asks. */
export async function serverThatAnswers(ask: () => Promise<unknown>): Promise<Server> {
  let found: Server | undefined;
  const look = (message: unknown): void => {
    const { server } = message as { server: Server }; // as Node documents it
    found ??= server;
  };
  subscribe('http.server.request.start', look);
  await ask();
  unsubscribe('http.server.request.start', look);
  if (!found) throw new Error('no server answered');
  return found;
}

/** A connection that was never made, from loopback; with the name of a client certificate where there is one. */
function socketOf(client: string | undefined): Socket {
  const socket = client === undefined ? new Socket() : new TLSSocket(new Socket());
  const members = {
    remoteAddress: '127.0.0.1',
    encrypted: true,
    destroyed: false,
    authorized: client !== undefined,
    getPeerCertificate: () => ({ subject: { CN: client } }),
  };
  for (const [name, value] of Object.entries(members)) Object.defineProperty(socket, name, { value });
  return socket;
}

export function directly(server: Server, client?: string): Send {
  const socket = socketOf(client);
  return ({ method, path, headers, body = Buffer.alloc(0) }) =>
    new Promise((resolve, reject) => {
      const message = new IncomingMessage(socket);
      const length =
        body.length > 0 || method === 'POST' || method === 'PUT'
          ? { 'content-length': String(body.length) }
          : {};
      Object.assign(message, {
        method,
        url: path,
        httpVersion: '1.1',
        httpVersionMajor: 1,
        httpVersionMinor: 1,
        complete: true,
      });
      message.headers = { host: 'twofold.example.org', ...length, ...headers };
      if (body.length > 0) message.push(body);
      message.push(null);
      const response = new ServerResponse(message);
      const chunks: Buffer[] = [];
      const sink = new Writable({
        write: (chunk: Buffer, _encoding, written) => {
          chunks.push(chunk);
          written();
        },
      });
      // All that a response needs of a connection.
      const connection = sink as Socket; // eslint-disable-line @typescript-eslint/no-unsafe-class-instance-assignment
      response.assignSocket(connection);
      response.once('finish', () => {
        const raw = Buffer.concat(chunks).toString('utf8');
        resolve({
          status: response.statusCode,
          headers: response.getHeaders(),
          text: raw.slice(raw.indexOf('\r\n\r\n') + 4),
        });
        response.detachSocket(connection);
        response.emit('close');
        sink.destroy();
      });
      response.once('close', () => {
        if (!response.writableFinished) reject(new Error('the connection was cut'));
      });
      server.emit('request', message, response);
    });
}
