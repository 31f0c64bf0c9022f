/**
 * What every HTTPS server of ours has, the console's included: times, limits, an end. No zone; docs/design.md#load.
 * Bodies are not its business but in this: nothing of one is asked for before somebody reads it.
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
/** How often it is looked for requests that are late. */
const LATE_LOOK_MS = 2_000;
const IDLE_LOOK_MS = 50;
const FAIL_MS = 1_000;
/** A body that was refused is read into nothing up to this length, so that its sender hears why; else the line is cut. */
const DISCARDED_BYTES = 4 * 1024 * 1024;

/** What only the constructor of a server takes. */
export const hardenedOptions = {
  minVersion: 'TLSv1.2',
  handshakeTimeout: HANDSHAKE_MS,
  connectionsCheckingInterval: LATE_LOOK_MS,
  /** Node's own default, here so that it is ours: a ticket or grant travels in a body, never in a header. */
  maxHeaderSize: 16 * 1024,
} as const satisfies ServerOptions;

interface HardenOptions {
  /** Further ones take the place of those that wait for their clients: see connection-limit.ts. */
  readonly maxConnections: number;
  readonly log: Log;
  /** For a whole request, its body included; 30 s where absent. */
  readonly requestMs?: number | undefined;
}

interface Hardened {
  /** Answers what is under way as a failure of ours, and takes nothing more; resolves within a second. */
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
  // No byte either way for so long: whoever does not read an answer holds it. (Idle, the time above is for.)
  server.timeout = 2 * requestMs;
  server.maxRequestsPerSocket = 0;
  limitConnections(server, maxConnections);
  const open = new Set<ServerResponse>();
  server.prependListener('request', (message: IncomingMessage, response: ServerResponse) => {
    open.add(response);
    response.once('close', () => open.delete(response));
    if (!isDiscarded(message)) response.shouldKeepAlive = false;
  });
  // Without a listener Node says "continue" before anybody has looked at who asks.
  server.on('checkContinue', (message, response) => server.emit('request', message, response));
  // One connection that could not be accepted is no reason to end the others.
  server.on('error', (error) => log.error('a listening socket failed', { error: describeError(error) }));
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

/** Every answer from now on is its connection's last; waits until there is none left, or the time is over. */
async function linger(server: Server, lingerMs: number): Promise<void> {
  const end = performance.now() + lingerMs;
  while (performance.now() < end && (await connectionsOf(server)) > 0) await wait(IDLE_LOOK_MS);
}

/**
 * Takes no new connection, answers what is under way with `connection: close`, and after `graceMs` closes the rest.
 * With `lingerMs` it goes on for that long first, so that clients part with idle connections by using them once more:
 * closing one just as it is used fails a call that its client may not repeat, and API servers do not.
 */
export async function closeServer(server: Server, graceMs: number, lingerMs = 0): Promise<void> {
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
}

export function listenOn(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}
