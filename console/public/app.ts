/** The public port: identifies callers, limits their rate, then one route per operation. Zone 1; docs/design.md#api. */
import { createHash } from 'node:crypto';
import { Router, type Express, type Request, type RequestHandler } from 'express';
import type { BodyGate } from '#platform/body-gate.ts';
import type { Log } from '#platform/log.ts';
import { answering, sendProblem } from '../http/answer.ts';
import { readJson, type Sender } from '../http/body.ts';
import { onError } from '../http/errors.ts';
import type { Observer } from '../http/observe.ts';
import type { RateLimits } from '../http/rate-limit.ts';
import { senderOf } from '../http/sender.ts';
import { createApp } from '../http/server.ts';
import { PAGE_API_PATH } from '../web/shared/addresses.ts';
import type { Callers } from './bearer.ts';
import { API_PATH, openApiDocument } from './openapi.ts';
import { operations, type Operation, type OperationId } from './operations.ts';
import type { Routes } from './routes.ts';

interface Ports {
  readonly callers: Callers;
  readonly routes: Routes;
  readonly limits: RateLimits;
  readonly gate: BodyGate;
  readonly observer: Observer;
  readonly log: Log;
  readonly web: PublicWeb;
}

/** The page, which is not part of the API. */
export interface PublicWeb {
  readonly router: Router;
  /** Name of the page that answers, for metrics. */
  nameOf(request: Request): string | undefined;
  /** Its script calls the same operations, by its session; absent where there is no page. */
  readonly callers?: Pick<Callers, 'identify' | 'demand' | 'of'> | undefined;
}

function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

/** Names of operations by method and express path, for metrics. */
const operationNames: ReadonlyMap<string, string> = new Map(
  Object.values(operations).map(({ id, method, path }) => [`${method} ${expressPath(path)}`, id]),
);

function operationOf(request: Request): string {
  // Express types it as any: it is the matched layer's route, if one matched.
  const route = request.route as { path?: string } | undefined;
  return operationNames.get(`${request.method.toLowerCase()} ${route?.path ?? ''}`) ?? 'other';
}

/** Served to anyone: it contains nothing that is not in the source. */
function serveDocument(app: Express, publicUrl: string, limits: RateLimits): void {
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
}

/** The operations for anybody, or those for callers, each behind `first`. */
type Serves = (operation: Operation) => boolean;

const isForAnybody: Serves = ({ anybody }) => anybody === true;

/** What the page's script needs: to seal in the browser, and to say what follows where a secret is deleted. */
const pageOperations: ReadonlySet<string> = new Set([
  'listSecrets',
  'listTickets',
  'reserveSealing',
  'createSecret',
  'replaceSecret',
]);

interface Mounted {
  readonly serves: Serves;
  readonly first: readonly RequestHandler[];
  readonly who: Sender;
}

function mount(
  router: Router,
  { routes, gate }: Pick<Ports, 'routes' | 'gate'>,
  { serves, first, who }: Mounted,
): void {
  // Object.entries loses the type of the keys.
  const all = Object.entries(operations) as [OperationId, Operation][];
  const mounted = all.filter(([, operation]) => serves(operation));
  for (const [id, operation] of mounted) {
    const path = expressPath(operation.path);
    const { maxBodyBytes: limitBytes } = operation;
    const body = limitBytes === undefined ? [] : readJson(gate, { limitBytes, who });
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
}

function routerFor(
  callers: Pick<Callers, 'identify' | 'demand' | 'of'>,
  ports: Pick<Ports, 'limits' | 'routes' | 'gate'>,
  serves: Serves,
): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.use(
    callers.identify,
    ports.limits.limit((request) => callers.of(request)),
    callers.demand,
  );
  mount(router, ports, { serves, first: [], who: (request) => callers.of(request) });
  return router;
}

export function createPublicApp(ports: Ports, publicUrl: string): Express {
  const { callers, limits, observer, log, web } = ports;
  const app = createApp();
  app.use(observer.watch((request) => web.nameOf(request) ?? operationOf(request)));
  serveDocument(app, publicUrl, limits);
  const forAnybody = Router({ caseSensitive: true, strict: true });
  const first = [limits.limit(() => undefined)];
  mount(forAnybody, ports, { serves: isForAnybody, first, who: senderOf });
  app.use(
    API_PATH,
    forAnybody,
    routerFor(callers, ports, (operation) => !isForAnybody(operation)),
  );
  if (web.callers)
    app.use(
      PAGE_API_PATH,
      routerFor(web.callers, ports, ({ id }) => pageOperations.has(id)),
    );
  const notFound: RequestHandler = (_request, response) => {
    sendProblem(response, { code: 'not_found', detail: `The API is described at ${API_PATH}/openapi.json.` });
  };
  // Below these, not even a browser gets a page.
  app.use([API_PATH, PAGE_API_PATH], notFound);
  app.use(web.router);
  app.use(notFound);
  app.use(onError(log));
  return app;
}
