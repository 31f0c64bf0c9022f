/**
 * Settings shared by all HTTPS servers of Twofold, the console's included: timeouts, limits, shutdown. No zone;
 * docs/design.md#load. It leaves bodies alone, except that none is requested before somebody reads it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server, ServerOptions } from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import { limitConnections } from './connection-limit.ts';
import { describeError, type Log } from './log.ts';

/** The API server's own idle connections live 90 s; Node's default of 5 s races their reuse. */
const KEEP_ALIVE_MS = 95_000;
const HANDSHAKE_MS = 10_000;
const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
/** How often late requests are looked for. */
const LATE_LOOK_MS = 2_000;
const IDLE_LOOK_MS = 50;
const FAIL_MS = 1_000;
/** A refused body is read and discarded up to this length, so that its sender gets the answer; longer ones are cut. */
const DISCARDED_BYTES = 4 * 1024 * 1024;

/** Options that only a server's constructor accepts. */
export const hardenedOptions = {
  minVersion: 'TLSv1.2',
  handshakeTimeout: HANDSHAKE_MS,
  connectionsCheckingInterval: LATE_LOOK_MS,
  /** Node's default, stated so that it cannot change: a ticket or grant travels in a body, never in a header. */
  maxHeaderSize: 16 * 1024,
} as const satisfies ServerOptions;

interface HardenOptions {
  /** Beyond it, newcomers replace those that wait for their clients: see connection-limit.ts. */
  readonly maxConnections: number;
  readonly log: Log;
  /** For a whole request, its body included; 30 s by default. */
  readonly requestMs?: number | undefined;
}

interface Hardened {
  /** Answers requests in progress with a server error, and accepts no more; resolves within a second. */
  fail(answer: (response: ServerResponse) => void): Promise<void>;
}

function isDiscarded({ headers }: IncomingMessage): boolean {
  return (
    headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) <= DISCARDED_BYTES
  );
}

/** To be called once, before the server listens. */
export function hardenServer(
  server: Server,
  { maxConnections, log, requestMs = REQUEST_MS }: HardenOptions,
): Hardened {
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.headersTimeout = Math.min(HEADERS_MS, requestMs);
  server.requestTimeout = requestMs;
  // No byte either way for this long: a client that does not read holds its answer. (Idle is for keepAliveTimeout.)
  server.timeout = 2 * requestMs;
  server.maxRequestsPerSocket = 0;
  limitConnections(server, maxConnections);
  const open = new Set<ServerResponse>();
  server.prependListener('request', (message: IncomingMessage, response: ServerResponse) => {
    open.add(response);
    response.once('close', () => open.delete(response));
    if (!isDiscarded(message)) response.shouldKeepAlive = false;
  });
  // Without a listener Node sends "continue" before the caller has been checked.
  server.on('checkContinue', (message, response) => server.emit('request', message, response));
  // A connection that could not be accepted is no reason to end the others. Whoever calls `listen` hears why it fails.
  server.once('listening', () =>
    server.on('error', (error) => log.error('a listening socket failed', { error: describeError(error) })),
  );
  return {
    fail: async (answer) => {
      server.close();
      const closed = [...open].map((response) => {
        const gone = new Promise((resolve) => response.once('close', resolve));
        response.shouldKeepAlive = false;
        if (response.headersSent) response.destroy();
        else answer(response);
        return gone;
      });
      await Promise.race([Promise.all(closed), wait(FAIL_MS)]);
    },
  };
}

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => {
      if (error) reject(error);
      else resolve(count);
    });
  });
}

/** Waits until no connection is left, or the time is over; from now on each answer is its connection's last. */
async function linger(server: Server, lingerMs: number): Promise<void> {
  const end = performance.now() + lingerMs;
  while (performance.now() < end && (await connectionsOf(server)) > 0) await wait(IDLE_LOOK_MS);
}

/**
 * Accepts no new connection, answers requests in progress with `connection: close`, and after `graceMs` closes the rest.
 * With `lingerMs` it first keeps serving for that long, so that clients give up idle connections by using them once
 * more: closing one just as it is used fails a call that its client may not repeat, and API servers do not.
 */
export async function closeServer(server: Server, graceMs: number, lingerMs = 0): Promise<void> {
  server.prependListener('request', (_message: IncomingMessage, response: ServerResponse) => {
    response.shouldKeepAlive = false;
  });
  if (lingerMs > 0) await linger(server, lingerMs);
  await new Promise<void>((resolve) => {
    // A request that was already in progress leaves its connection idle, not closed.
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_LOOK_MS);
    const end = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearInterval(idle);
      clearTimeout(end);
      resolve();
    });
  });
}
