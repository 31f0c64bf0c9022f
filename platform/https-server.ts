/**
 * A small HTTPS server for the admission path and the keyservice: whole bodies within a limit, client certificates,
 * keep-alive beyond the API server's, drain. No zone; design §9.
 */
import { createServer, type Server } from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { TlsMaterial } from './tls-files.ts';
import { readWholeBody } from './whole-body.ts';

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly contentType: string;
  /** Common name of the verified client certificate; undefined without one. */
  readonly client: string | undefined;
  readonly body: Buffer;
}

export interface HttpReply {
  readonly status: number;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

export interface HttpsServerOptions {
  readonly tls: TlsMaterial;
  /** PEM of the roots that client certificates must come from; absent: none is asked for. */
  readonly clientCa?: string | undefined;
  readonly maxBodyBytes: number;
  /** Answers every request that arrived whole. A rejection becomes `onError`'s reply. */
  readonly answer: (request: HttpRequest) => Promise<HttpReply>;
  readonly onError: (error: unknown) => HttpReply;
  /** The reply to a body over the limit. */
  readonly tooLarge: (limit: number) => HttpReply;
}

/** The API server's own idle connections live 90 s; Node's default of 5 s races their reuse. */
const KEEP_ALIVE_MS = 95_000;
const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
const IDLE_LOOK_MS = 50;

export interface HttpsServer {
  listen(host: string, port: number): Promise<number>;
  setTls(material: TlsMaterial, clientCa?: string): void;
  /** Lingers, then takes no new connection, lets requests under way end for up to `graceMs`, and closes what is left. */
  close(graceMs?: number, lingerMs?: number): Promise<void>;
}

const clientOf = new WeakMap<Socket, string>();

/** Common name of the verified client certificate; undefined without one. Looked at once for a connection. */
export const clientName = (socket: Socket): string | undefined => {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const known = clientOf.get(socket);
  if (known !== undefined) return known;
  // Types say that there is always a subject; without a client certificate there is none.
  const subject = socket.getPeerCertificate().subject as { CN?: string } | undefined;
  const name = subject?.CN;
  if (name !== undefined) clientOf.set(socket, name);
  return name;
};

const send = (response: ServerResponse, { status, contentType, headers, body }: HttpReply): void => {
  response.writeHead(status, {
    'content-type': contentType ?? 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
};

const receive = async (
  options: HttpsServerOptions,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  try {
    const body = await readWholeBody(message, options.maxBodyBytes);
    if (!body) {
      response.shouldKeepAlive = false;
      send(response, options.tooLarge(options.maxBodyBytes));
      return;
    }
    const target = message.url ?? '/';
    const mark = target.indexOf('?');
    const request = {
      method: message.method ?? 'GET',
      path: mark < 0 ? target : target.slice(0, mark),
      query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)),
      contentType: message.headers['content-type'] ?? '',
      client: clientName(message.socket),
      body,
    };
    send(response, await options.answer(request));
  } catch (error) {
    // A client that went away hears nothing.
    if (!response.headersSent && !message.socket.destroyed) send(response, options.onError(error));
  }
};

const contextOf = (tls: TlsMaterial, clientCa: string | undefined) => ({
  cert: tls.cert,
  key: tls.key,
  minVersion: 'TLSv1.2' as const,
  ...(clientCa === undefined ? {} : { ca: clientCa }),
});

/** Times and limits that every HTTPS server of ours has, the console's included. */
export const hardenServer = (server: Server): void => {
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.headersTimeout = HEADERS_MS;
  server.requestTimeout = REQUEST_MS;
  server.maxRequestsPerSocket = 0;
};

const connectionsOf = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => {
    server.getConnections((error, count) => {
      if (error) reject(error);
      else resolve(count);
    });
  });

/** Every answer from now on is its connection's last; waits until there is none left, or the time is over. */
const linger = async (server: Server, lingerMs: number): Promise<void> => {
  const end = performance.now() + lingerMs;
  while (performance.now() < end && (await connectionsOf(server)) > 0) await wait(IDLE_LOOK_MS);
};

/**
 * Takes no new connection, answers what is under way with `connection: close`, and after `graceMs` closes the rest.
 * With `lingerMs` it goes on for that long first, so that clients part with idle connections by using them once more:
 * closing one just as it is used fails a call that its client may not repeat, and API servers do not.
 */
export const closeServer = async (server: Server, graceMs: number, lingerMs = 0): Promise<void> => {
  server.prependListener('request', (_message: IncomingMessage, response: ServerResponse) => {
    response.shouldKeepAlive = false;
  });
  if (lingerMs > 0) await linger(server, lingerMs);
  await new Promise<void>((resolve) => {
    // A request that was already under way leaves its connection idle, not closed.
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_LOOK_MS);
    const end = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearInterval(idle);
      clearTimeout(end);
      resolve();
    });
  });
};

export const listenOn = (server: Server, host: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });

export const createHttpsServer = (options: HttpsServerOptions): HttpsServer => {
  const mutual = options.clientCa !== undefined;
  const server = createServer({
    ...contextOf(options.tls, options.clientCa),
    requestCert: mutual,
    rejectUnauthorized: mutual,
  });
  hardenServer(server);
  server.on('request', (message: IncomingMessage, response: ServerResponse) => {
    void receive(options, message, response);
  });
  return {
    listen: (host, port) => listenOn(server, host, port),
    setTls: (material, clientCa) => server.setSecureContext(contextOf(material, clientCa)),
    close: (graceMs = 20_000, lingerMs = 0) => closeServer(server, graceMs, lingerMs),
  };
};
