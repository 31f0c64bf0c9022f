/** What a small HTTPS server needs besides its certificate and its responses, where a test does not care. */
import type { HttpsServerOptions } from '#platform/https-server.ts';
import { createLog } from '#platform/log.ts';

const statuses = { too_large: 413, overloaded: 503, broken_off: 400 } as const;

export const serverOptions = {
  maxBodyBytes: 1000,
  maxBodiesBytes: 1_000_000,
  log: createLog({ service: 'test', level: 'silent', write: () => undefined }),
  onError: () => ({ status: 500, body: 'failed' }),
  refuseBody: (problem) => ({ status: statuses[problem], body: problem }),
} as const satisfies Partial<HttpsServerOptions>;
