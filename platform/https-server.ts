/**
 * A small HTTPS server for the admission path and the keyservice: bodies read on demand, client
 * certificates, keep-alive longer than the API server's, drain. No zone; docs/design.md#load.
 */
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { BodyError, createBodyGate, type BodyGate, type BodyProblem } from './body-gate.ts';
import { closeServer, hardenedOptions, hardenServer } from './harden-server.ts';
import { listenOn } from './listen.ts';
import type { Log } from './log.ts';
import type { TlsMaterial } from './tls-files.ts';

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly contentType: string;
  /** Common name of the verified client certificate; undefined without one. */
  readonly client: string | undefined;
  /** Read only when called: everything else is checked first. Rejects with a BodyError: do not catch it. */
  readonly body: () => Promise<Buffer>;
}

export interface HttpReply {
  readonly status: number;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

export interface HttpsServerOptions {
  readonly tls: TlsMaterial;
  /** PEM of the roots that client certificates must come from; absent: none is requested. */
  readonly clientCa?: string | undefined;
  readonly maxBodyBytes: number;
  /** Bytes of all bodies being received or answered. */
  readonly maxBodiesBytes: number;
  /** Time for a whole request, its body included; 30 s by default. */
  readonly requestMs?: number;
  /** 500 by default. */
  readonly maxConnections?: number;
  readonly log: Log;
  /** Answers every request. A rejection becomes `onError`'s reply, a BodyError `refuseBody`'s. */
  readonly answer: (request: HttpRequest) => Promise<HttpReply>;
  readonly onError: (error: unknown) => HttpReply;
  readonly refuseBody: (problem: BodyProblem, limitBytes: number) => HttpReply;
}

export const MAX_CONNECTIONS = 500;

export interface HttpsServer {
  listen(host: string, port: number): Promise<number>;
  setTls(material: TlsMaterial, clientCa?: string): void;
  /** Lingers, then accepts no new connection, gives requests in progress up to `graceMs`, and closes the rest. */
  close(graceMs?: number, lingerMs?: number): Promise<void>;
  /** Answers requests in progress by `onError`, and accepts no more; resolves within a second. */
  fail(): Promise<void>;
}

const clientOf = new WeakMap<Socket, string>();

/** Common name of the verified client certificate; undefined without one. Read once per connection. */
export function clientName(socket: Socket): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const known = clientOf.get(socket);
  if (known !== undefined) return known;
  // The types promise a subject; without a client certificate there is none.
  const subject = socket.getPeerCertificate().subject as { CN?: string } | undefined;
  const name = subject?.CN;
  if (name !== undefined) clientOf.set(socket, name);
  return name;
}

function send(response: ServerResponse, { status, contentType, headers, body }: HttpReply): void {
  response.writeHead(status, {
    'content-type': contentType ?? 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

function requestOf(
  message: IncomingMessage,
  response: ServerResponse,
  { gate, limitBytes }: { readonly gate: BodyGate; readonly limitBytes: number },
): HttpRequest {
  const target = message.url ?? '/';
  const mark = target.indexOf('?');
  return {
    method: message.method ?? 'GET',
    path: mark < 0 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)),
    contentType: message.headers['content-type'] ?? '',
    client: clientName(message.socket),
    body: () => gate.read(message, response, { limitBytes }),
  };
}

function failureReply(
  { onError, refuseBody, maxBodyBytes, log }: HttpsServerOptions,
  error: unknown,
): HttpReply {
  if (!(error instanceof BodyError)) return onError(error);
  log.info('a body was not read', { code: error.code });
  return refuseBody(error.code, maxBodyBytes);
}

function contextOf(tls: TlsMaterial, clientCa: string | undefined) {
  return {
    cert: tls.cert,
    key: tls.key,
    minVersion: 'TLSv1.2' as const,
    ...(clientCa === undefined ? {} : { ca: clientCa }),
  };
}

export function createHttpsServer(options: HttpsServerOptions): HttpsServer {
  const mutual = options.clientCa !== undefined;
  const limitBytes = options.maxBodyBytes;
  const gate = createBodyGate({ totalBytes: options.maxBodiesBytes });
  const server = createServer({
    ...hardenedOptions,
    ...contextOf(options.tls, options.clientCa),
    requestCert: mutual,
    rejectUnauthorized: mutual,
  });
  const hardened = hardenServer(server, {
    maxConnections: options.maxConnections ?? MAX_CONNECTIONS,
    requestMs: options.requestMs,
    log: options.log,
  });
  const receive = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      send(response, await options.answer(requestOf(message, response, { gate, limitBytes })));
    } catch (error) {
      const reply = failureReply(options, error);
      // A client that has gone gets no answer.
      if (!response.headersSent && !message.socket.destroyed) send(response, reply);
    }
  };
  server.on('request', (message: IncomingMessage, response: ServerResponse) => {
    void receive(message, response);
  });
  return {
    listen: (host, port) => listenOn(server, host, port),
    setTls: (material, clientCa) => server.setSecureContext(contextOf(material, clientCa)),
    close: (graceMs = 20_000, lingerMs = 0) => closeServer(server, graceMs, lingerMs),
    fail: () => hardened.fail((response) => send(response, options.onError(new Error('the service ends')))),
  };
}
