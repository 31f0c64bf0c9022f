/**
 * An HTTPS client on node:https: kept-alive connections, a deadline, a limit on the answer, private roots and a client
 * certificate; and `fetch` over it, since Node's accepts no roots. No zone.
 */
import { Agent, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { createSecureContext } from 'node:tls';
import { readWholeBody } from './whole-body.ts';

export interface ClientTls {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface HttpsCall {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | undefined;
  /** Until the whole answer is read. */
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
}

export interface HttpsAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface HttpsClient {
  /** Any HTTP status is an answer. Failures of network or server reject with an HttpsError. */
  call(call: HttpsCall): Promise<HttpsAnswer>;
  /** Calls in progress keep their connection; later ones get one with the new certificates. */
  setTls(tls: ClientTls): void;
  close(): void;
}

/** `timeout`, `too_large`, or `unreachable` with Node's error as its cause. */
export class HttpsError extends Error {
  readonly code: 'timeout' | 'too_large' | 'unreachable';

  constructor(code: HttpsError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'HttpsError';
    this.code = code;
  }
}

/** A certificate that is not valid at this time, or a clock that is wrong. */
const NOT_VALID_NOW = /^CERT_(NOT_YET_VALID|HAS_EXPIRED)$/;

function unreachable(target: URL, cause: Error & { code?: string }): HttpsError {
  const code = cause.code ?? cause.name;
  const next = NOT_VALID_NOW.test(code) ? '; compare the clocks, then renew its certificate' : '';
  return new HttpsError('unreachable', `${target.host} cannot be reached (${code})${next}`, cause);
}

function late({ host }: URL, { timeoutMs }: Pick<HttpsCall, 'timeoutMs'>): HttpsError {
  return new HttpsError('timeout', `no answer from ${host} within ${timeoutMs} ms`);
}

function tooLong(limit: number): HttpsError {
  return new HttpsError('too_large', `the answer has more than ${limit} bytes`);
}

/** Without the brackets of an IPv6 address in a URL. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** The server closed a kept connection just as it was reused: no part of an answer came. */
class StaleConnection extends Error {}

/** The callbacks of an attempt: one of the two is called, later, once. */
interface Attempt<T> {
  readonly answered: (answer: T) => void;
  readonly failed: (error: Error) => void;
}

/**
 * The answer, within one deadline for all attempts; `begin` starts one, and returns a function that aborts it. As Node
 * recommends, a call is retried on another connection where the server closed an idle one just as it was reused. A
 * server that stops closes all of them together, so it retries until the connection is new; each stale one is then gone.
 */
function withRetries<T>(
  target: URL,
  call: Pick<HttpsCall, 'timeoutMs'>,
  begin: (attempt: Attempt<T>) => () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let over = false;
    const settle = (): void => {
      over = true;
      clearTimeout(timer);
    };
    const attempt: Attempt<T> = {
      answered: (answer) => {
        settle();
        resolve(answer);
      },
      failed: (error) => {
        if (error instanceof StaleConnection && !over) {
          abort = begin(attempt);
          return;
        }
        settle();
        reject(error);
      },
    };
    let abort = begin(attempt);
    const timer = setTimeout(() => {
      attempt.failed(late(target, call));
      abort();
    }, call.timeoutMs);
  });
}

async function answerOf(message: IncomingMessage, { maxResponseBytes }: HttpsCall): Promise<HttpsAnswer> {
  const body = await readWholeBody(message, maxResponseBytes);
  if (!body) throw tooLong(maxResponseBytes);
  return { status: message.statusCode ?? 0, headers: message.headers, body };
}

function send(agent: Agent, target: URL, call: HttpsCall, attempt: Attempt<HttpsAnswer>): () => void {
  const request = httpsRequest({
    method: call.method,
    agent,
    host: hostOf(target),
    port: target.port,
    path: target.pathname + target.search,
    headers: {
      ...call.headers,
      ...(call.body === undefined ? {} : { 'content-length': Buffer.byteLength(call.body) }),
    },
  });
  let begun = false;
  const fail = (error: Error & { code?: string }): void => {
    request.destroy();
    if (error instanceof HttpsError) attempt.failed(error);
    else if (request.reusedSocket && !begun && error.code === 'ECONNRESET')
      attempt.failed(new StaleConnection());
    else attempt.failed(unreachable(target, error));
  };
  request.on('error', fail);
  request.once('response', (message) => {
    begun = true;
    answerOf(message, call).then(attempt.answered, fail);
  });
  request.end(call.body);
  return () => request.destroy();
}

interface ClientOptions {
  readonly maxSockets?: number;
  /** `https_proxy` and `no_proxy`, as Node's agent takes them (since 22.21 and 24.5); none by default. */
  readonly proxyEnv?: Readonly<Record<string, string>> | undefined;
}

function agentOf({ ca, cert, key }: ClientTls, { maxSockets = 64, proxyEnv }: ClientOptions): Agent {
  return new Agent({
    keepAlive: true,
    maxSockets,
    ...(proxyEnv === undefined ? {} : { proxyEnv }),
    scheduling: 'lifo',
    // Made once: an agent that gets certificates compares their text on every request.
    secureContext: createSecureContext({ ca, cert, key, minVersion: 'TLSv1.2' }),
  });
}

/** Closes idle connections now, and the others after their answer. */
function retire(agent: Agent): void {
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets))
    for (const socket of sockets ?? []) socket.destroy();
}

export function createHttpsClient(tls: ClientTls, options: ClientOptions = {}): HttpsClient {
  let agent = agentOf(tls, options);
  return {
    call: (call) => {
      const target = new URL(call.url);
      return withRetries(target, call, (attempt) => send(agent, target, call, attempt));
    },
    setTls: (next) => {
      const old = agent;
      agent = agentOf(next, options);
      retire(old);
    },
    close: () => agent.destroy(),
  };
}

/** `fetch` as libraries call it; any other members are ignored. */
export type Fetch = (input: string | URL | Request, init?: FetchInit) => Promise<Response>;

interface FetchInit {
  readonly method?: string;
  readonly headers?: RequestInit['headers'];
  readonly body?: RequestInit['body'] | undefined;
}

/** A Response of one of these cannot be made with a body. */
const WITHOUT_BODY: readonly number[] = [204, 205, 304];

/** `fetch` by this client. Any status is an answer, redirects are not followed; rejects with an HttpsError. */
export function fetchOver(
  client: Pick<HttpsClient, 'call'>,
  { timeoutMs, maxResponseBytes }: Pick<HttpsCall, 'timeoutMs' | 'maxResponseBytes'>,
): Fetch {
  return async (input, init) => {
    const request = new Request(input, init as RequestInit | undefined); // its types do not allow undefined
    const { status, headers, body } = await client.call({
      method: request.method,
      url: request.url,
      headers: Object.fromEntries(request.headers),
      body: request.body === null ? undefined : Buffer.from(await request.arrayBuffer()),
      timeoutMs,
      maxResponseBytes,
    });
    const given = Object.entries(headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((one): [string, string] => [name, one]),
    );
    return new Response(WITHOUT_BODY.includes(status) ? null : new Uint8Array(body), {
      status,
      headers: given,
    });
  };
}
