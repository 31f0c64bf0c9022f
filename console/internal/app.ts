/** An internal port: one operation, and a problem for everything else. Zone 1; docs/design.md#api. */
import type { Express, RequestHandler } from 'express';
import type { BodyGate } from '#platform/body-gate.ts';
import type { Log } from '#platform/log.ts';
import { answering, sendProblem, type Route } from '../http/answer.ts';
import { readJson, type BodyRoute } from '../http/body.ts';
import { onError } from '../http/errors.ts';
import type { Observer } from '../http/observe.ts';
import { createApp } from '../http/server.ts';

interface InternalOperation {
  readonly path: string;
  /** Its name in log and metrics. */
  readonly operation: string;
  /** Who may call it, and how often. */
  readonly before: readonly RequestHandler[];
  /** Checks of the operation before its body is read. */
  readonly demands: readonly RequestHandler[];
  readonly gate: BodyGate;
  readonly body: BodyRoute;
  readonly route: Route;
  readonly observer: Observer;
  readonly log: Log;
}

export function createInternalApp(options: InternalOperation): Express {
  const { path, operation, route } = options;
  const app = createApp();
  app.use(options.observer.watch(() => operation));
  app.use(...options.before);
  app.post(path, ...options.demands, ...readJson(options.gate, options.body), answering(route));
  app.all(path, (_request, response) => {
    response.set('allow', 'POST');
    sendProblem(response, { code: 'method_not_allowed', detail: 'Use POST here.' });
  });
  app.use((_request, response) => {
    sendProblem(response, { code: 'not_found', detail: `This port serves only ${path}.` });
  });
  app.use(onError(options.log));
  return app;
}
