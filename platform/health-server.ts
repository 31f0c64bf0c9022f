/**
 * The plain health-and-metrics port that the kubelet and Prometheus read: status only. No zone;
 * docs/design.md#health.
 */
import { createServer } from 'node:http';
import { limitConnections } from './connection-limit.ts';
import { listenOn } from './listen.ts';
import type { Metrics } from './metrics.ts';

interface Health {
  /** Rejects with the reason when the service does not work; called at most once every 5 s. */
  readonly check: () => Promise<void>;
  /** False until the service takes traffic, and once it drains. */
  readonly ready: () => boolean;
}

interface HealthServer {
  listen(host: string, port: number): Promise<number>;
  close(): Promise<void>;
}

/** For the kubelet and Prometheus. */
const MAX_CONNECTIONS = 64;
const CHECK_EVERY_MS = 5_000;

/** Shares one result among all calls within 5 s, so that probes cannot be used to cause load. */
function cached(check: () => Promise<void>): () => Promise<boolean> {
  let askedAt = -Infinity;
  let answer = Promise.resolve(false);
  return () => {
    if (performance.now() - askedAt >= CHECK_EVERY_MS) {
      askedAt = performance.now();
      answer = check().then(
        () => true,
        () => false,
      );
    }
    return answer;
  };
}

export function createHealthServer(health: Health, metrics: Metrics): HealthServer {
  const healthy = cached(health.check);
  const answer = async (url: string): Promise<[status: number, body: string]> => {
    if (url === '/healthz') return (await healthy()) ? [200, 'ok\n'] : [503, 'not working; see the log\n'];
    if (url === '/readyz')
      return health.ready() && (await healthy()) ? [200, 'ready\n'] : [503, 'not ready\n'];
    if (url === '/metrics') return [200, await metrics.text()];
    return [404, 'use /healthz, /readyz or /metrics\n'];
  };
  const server = createServer((message, response) => {
    message.resume();
    answer(message.url ?? '/').then(
      ([status, body]) =>
        response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(body),
      () => response.writeHead(500).end(),
    );
  });
  server.requestTimeout = 5_000;
  server.headersTimeout = 5_000;
  limitConnections(server, MAX_CONNECTIONS);
  return {
    listen: (host, port) => {
      // It stays: nobody handles a later error, and it must not end the service.
      server.on('error', () => undefined);
      return listenOn(server, host, port);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
