/**
 * A log line and metrics for each request: names and times, nothing of its content. Zone 1;
 * docs/design.md#audit.
 */
import type { Request, RequestHandler, Response } from 'express';
import type { Log } from '#platform/log.ts';
import type { Metrics } from '#platform/metrics.ts';
import { refusalSent } from './answer.ts';

export interface Observer {
  /** For one app; `operationOf` returns a name from a fixed set, so that labels stay few. */
  watch(operationOf: (request: Request) => string): RequestHandler;
}

export function createObserver(log: Log, metrics: Metrics, now: () => number): Observer {
  const count = metrics.counter('twofold_console_requests_total', 'Requests answered.', [
    'operation',
    'status',
  ]);
  const refused = metrics.counter('twofold_console_refusals_total', 'Requests refused.', [
    'operation',
    'code',
  ]);
  const took = metrics.duration('twofold_console_request_seconds', 'Time to answer.', ['operation']);
  /** A client that hung up before its answer was ready got none, whatever it would have been. */
  const hungUp = (operation: string, durationMs: number): void => {
    count({ operation, status: 'hung_up' });
    log.info('client hung up', { operation, durationMs: Math.round(durationMs) });
  };
  const finish = (operation: string, response: Response, durationMs: number): void => {
    const status = response.statusCode;
    const code = refusalSent(response)?.code;
    count({ operation, status: String(status) });
    took(durationMs, { operation });
    if (code !== undefined) refused({ operation, code });
    const level = status >= 500 ? 'error' : code === undefined ? 'debug' : 'info';
    log[level]('request', { operation, status, code, durationMs: Math.round(durationMs) });
  };
  return {
    watch: (operationOf) => (request, response, next) => {
      const from = now();
      response.once('close', () => {
        const operation = operationOf(request);
        if (response.writableFinished) finish(operation, response, now() - from);
        else hungUp(operation, now() - from);
      });
      next();
    },
  };
}
