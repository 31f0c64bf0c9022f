/** The public port: who calls, how often, then one route per operation. Zone 1; design §5. */
import { createHash } from 'node:crypto';
import { Router, type Express, type Request } from 'express';
import type { Log } from '#platform/log.ts';
import { answering, sendProblem } from '../http/answer.ts';
import { readBody } from '../http/body.ts';
import { onError } from '../http/errors.ts';
import type { Observer } from '../http/observe.ts';
import type { RateLimits } from '../http/rate-limit.ts';
import { createApp } from '../http/server.ts';
import type { Callers } from './bearer.ts';
import { API_PATH, openApiDocument } from './openapi.ts';
import { operations, type Operation, type OperationId } from './operations.ts';
import type { Routes } from './routes.ts';

interface Ports {
  readonly callers: Callers;
  readonly routes: Routes;
  readonly limits: RateLimits;
  readonly observer: Observer;
  readonly log: Log;
}

/** The largest value as JSON escapes of six characters a byte, and some room. */
const MAX_BODY_BYTES = 512 * 1024;

const expressPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1');

/** Names of operations by method and express path, for metrics. */
const operationNames: ReadonlyMap<string, string> = new Map(
  Object.values(operations).map(({ id, method, path }) => [`${method} ${expressPath(path)}`, id]),
);

const operationOf = (request: Request): string => {
  // Express types it as any; it is the matched layer's, where one matched.
  const route = request.route as { path?: string } | undefined;
  return operationNames.get(`${request.method.toLowerCase()} ${route?.path ?? ''}`) ?? 'other';
};

/** Served to anybody: it says nothing that is not in the source. */
const serveDocument = (app: Express, publicUrl: string, limits: RateLimits): void => {
  const body = JSON.stringify(openApiDocument(publicUrl));
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
  app.get(
    `${API_PATH}/openapi.json`,
    limits.limit(() => undefined),
    (request, response) => {
      response.set({ etag, 'cache-control': 'no-cache' });
      if (request.headers['if-none-match'] === etag) response.status(304).end();
      else response.type('application/json').send(body);
    },
  );
};

const mount = (router: Router, routes: Routes): void => {
  // Object.entries forgets which keys there are.
  for (const [id, operation] of Object.entries(operations) as [OperationId, Operation][]) {
    const path = expressPath(operation.path);
    const body = operation.body ? [readBody(MAX_BODY_BYTES)] : [];
    router[operation.method](path, ...body, answering(routes[id]));
  }
  for (const path of new Set(Object.values(operations).map((operation) => operation.path))) {
    const methods = Object.values(operations).flatMap((operation) =>
      operation.path === path ? [operation.method.toUpperCase()] : [],
    );
    router.all(expressPath(path), (_request, response) => {
      response.set('allow', methods.join(', '));
      sendProblem(response, { code: 'method_not_allowed', detail: `Use ${methods.join(' or ')} here.` });
    });
  }
};

export const createPublicApp = (ports: Ports, publicUrl: string): Express => {
  const { callers, limits, observer, log } = ports;
  const app = createApp();
  app.use(observer.watch(operationOf));
  serveDocument(app, publicUrl, limits);
  const router = Router({ caseSensitive: true, strict: true });
  router.use(
    callers.identify,
    limits.limit((request) => callers.of(request)),
    callers.demand,
  );
  mount(router, ports.routes);
  app.use(API_PATH, router);
  app.use((_request, response) => {
    sendProblem(response, { code: 'not_found', detail: `The API is described at ${API_PATH}/openapi.json.` });
  });
  app.use(onError(log));
  return app;
};
