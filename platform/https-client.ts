/**
 * An HTTPS client on node:https: kept-alive connections, a deadline, a limit on the answer, private roots and client
 * certificates that may change while it runs. No zone. (Node's fetch takes no CA.)
 */
import { Agent, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';

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
  /** From now to the whole answer. */
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
}

export interface HttpsAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
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

export interface HttpsClient {
  call(call: HttpsCall): Promise<HttpsAnswer>;
  setTls(tls: ClientTls): void;
  close(): void;
}

const collect = async (message: IncomingMessage, limit: number): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message) {
    const bytes = chunk as Buffer; // no encoding is set
    size += bytes.length;
    if (size > limit) throw new HttpsError('too_large', `the answer has more than ${limit} bytes`);
    chunks.push(bytes);
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
};

const attempt = (agent: Agent, target: URL, call: HttpsCall): Promise<HttpsAnswer> =>
  new Promise((resolve, reject) => {
    const request = httpsRequest(target, {
      method: call.method,
      agent,
      headers: {
        ...call.headers,
        ...(call.body === undefined ? {} : { 'content-length': Buffer.byteLength(call.body) }),
      },
    });
    const timer = setTimeout(() => {
      request.destroy(new HttpsError('timeout', `no answer from ${target.host} within ${call.timeoutMs} ms`));
    }, call.timeoutMs);
    const fail = (error: Error & { code?: string }): void => {
      clearTimeout(timer);
      request.destroy();
      const stale = request.reusedSocket && error.code === 'ECONNRESET';
      reject(error instanceof HttpsError || stale ? error : unreachable(target, error));
    };
    request.once('error', fail);
    request.once('response', (message) => {
      collect(message, call.maxResponseBytes).then((body) => {
        clearTimeout(timer);
        resolve({ status: message.statusCode ?? 0, headers: message.headers, body });
      }, fail);
    });
    request.end(call.body);
  });

const unreachable = (target: URL, cause: Error & { code?: string }): HttpsError =>
  new HttpsError('unreachable', `${target.host} cannot be reached (${cause.code ?? cause.name})`, cause);

/** Node's own recipe for a server that closed an idle connection just as it was reused: once more, on another. */
const retried = async (agent: Agent, target: URL, call: HttpsCall): Promise<HttpsAnswer> => {
  try {
    return await attempt(agent, target, call);
  } catch (error) {
    if (error instanceof HttpsError || !(error instanceof Error)) throw error;
    return await attempt(agent, target, call);
  }
};

/** Rejects only with an HttpsError. Any HTTP status is an answer. */
export const createHttpsClient = (tls: ClientTls, maxSockets = 64): HttpsClient => {
  const agentFor = ({ ca, cert, key }: ClientTls): Agent =>
    new Agent({
      keepAlive: true,
      maxSockets,
      scheduling: 'lifo',
      minVersion: 'TLSv1.2',
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
  let agent = agentFor(tls);
  return {
    call: (call) => retried(agent, new URL(call.url), call),
    setTls: (next) => {
      // Requests under way keep the old agent until they end; its idle connections close by themselves.
      agent = agentFor(next);
    },
    close: () => agent.destroy(),
  };
};
