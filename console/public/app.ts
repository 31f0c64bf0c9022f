/** The public port: who calls, how often, then one route per operation. Zone 1; design §5. */
import { createHash } from 'node:crypto';
import { Router, type Express, type Request, type RequestHandler } from 'express';
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

/** The operations for anybody, or those for callers, each behind `first`. */
const mount = (
  router: Router,
  routes: Routes,
  { anybody, first }: { readonly anybody: boolean; readonly first: readonly RequestHandler[] },
): void => {
  // Object.entries forgets which keys there are.
  const all = Object.entries(operations) as [OperationId, Operation][];
  const mounted = all.filter(([, operation]) => Boolean(operation.anybody) === anybody);
  for (const [id, operation] of mounted) {
    const path = expressPath(operation.path);
    const body = operation.body ? [readBody(MAX_BODY_BYTES)] : [];
    router[operation.method](path, ...first, ...body, answering(routes[id]));
  }
  for (const path of new Set(mounted.map(([, operation]) => operation.path))) {
    const methods = mounted.flatMap(([, operation]) =>
      operation.path === path ? [operation.method.toUpperCase()] : [],
    );
    router.all(expressPath(path), ...first, (_request, response) => {
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
  const forAnybody = Router({ caseSensitive: true, strict: true });
  mount(forAnybody, ports.routes, { anybody: true, first: [limits.limit(() => undefined)] });
  const forCallers = Router({ caseSensitive: true, strict: true });
  forCallers.use(
    callers.identify,
    limits.limit((request) => callers.of(request)),
    callers.demand,
  );
  mount(forCallers, ports.routes, { anybody: false, first: [] });
  app.use(API_PATH, forAnybody, forCallers);
  app.use((_request, response) => {
    sendProblem(response, { code: 'not_found', detail: `The API is described at ${API_PATH}/openapi.json.` });
  });
  app.use(onError(log));
  return app;
};
