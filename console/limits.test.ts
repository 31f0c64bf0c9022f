import { expect } from 'chai';
import type { Express, Request } from 'express';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { HttpsAnswer } from '#platform/https-client.ts';
import { API_PATH, openApiDocument } from './public/openapi.ts';
import { newUser, PUBLIC_URL, startTestConsole, type TestConsole } from './testing/console.ts';
import { CLIENT_ID, logIn, visitor } from './testing/login-provider.ts';
import { PAGE_API_PATH } from './web/shared/addresses.ts';

interface Route {
  readonly method: string;
  readonly path: string;
}

/** The members read from express's list of routes, which also says where a router is mounted. */
interface Layer {
  readonly rawPath?: unknown;
  readonly route?: { readonly path: unknown; readonly methods: Readonly<Record<string, boolean>> };
  readonly handle: { readonly stack?: readonly Layer[] };
}

const METHODS: readonly string[] = ['get', 'post', 'put', 'patch', 'delete'];

function routesBelow(stack: readonly Layer[], prefix: string): Route[] {
  return stack.flatMap(({ route, rawPath, handle }) => {
    if (route) {
      if (typeof route.path !== 'string') throw new Error('a route whose address is not text');
      const path = (prefix + route.path).replaceAll(/:\w+/g, 'x');
      // One for all methods, which express marks in two ways, answers those without a route of their own.
      const methods = Object.keys(route.methods).map((method) => (method === '_all' ? 'patch' : method));
      return methods
        .filter((method) => METHODS.includes(method))
        .map((method) => ({ method: method.toUpperCase(), path }));
    }
    if (!handle.stack) return [];
    if (typeof rawPath !== 'string') throw new Error('a router whose address is not text');
    return routesBelow(handle.stack, prefix + (rawPath === '/' ? '' : rawPath));
  });
}

/** The app that answers at this port of the console. */
async function appAt(running: TestConsole, port: 'public' | 'claim'): Promise<Express> {
  let app: Express | undefined;
  const look = (message: unknown): void => {
    const { request } = message as { request: Request }; // as Node documents it
    setImmediate(() => (app = request.app as Express)); // express's type for what it puts there
  };
  subscribe('http.server.request.start', look);
  await running.client.call({
    method: 'GET',
    url: `${running.urlOf(port)}/openapi.json`,
    timeoutMs: 5_000,
    maxResponseBytes: 1e6,
  });
  unsubscribe('http.server.request.start', look);
  if (!app) throw new Error('no app answered');
  return app;
}

function routesOf(app: Express): Route[] {
  return routesBelow(app.router.stack as unknown as Layer[], '');
} // see Layer

/** The same files for everyone, from memory: nothing to guess, and browsers cache them. */
function isAsset({ path }: Route): boolean {
  return /^\/assets\/(page|icon)-[\w-]{16}\.(js|css|svg)$/.test(path);
}

describe('the rate of requests', function () {
  this.timeout(60_000);
  let running: TestConsole;
  const people: { bearer: string; cookie: string }[] = [];

  const ask = (
    { method, path }: Route,
    headers: Readonly<Record<string, string>> = {},
    port: 'public' | 'claim' = 'public',
  ): Promise<HttpsAnswer> =>
    running.client.call({
      method,
      url: running.urlOf(port) + path,
      headers: { accept: 'text/html', ...headers },
      timeoutMs: 15_000,
      maxResponseBytes: 8 * 1024 * 1024,
    });
  /** Routes that still answer after one request. */
  const unlimited = async (
    routes: readonly Route[],
    headers: Readonly<Record<string, string>> = {},
    port: 'public' | 'claim' = 'public',
  ): Promise<string[]> => {
    const found: string[] = [];
    for (const route of routes) {
      await ask(route, headers, port);
      const again = await ask(route, headers, port);
      const after = Number(again.headers['retry-after']);
      if (again.status !== 429 || !(after >= 1 && after <= 60)) found.push(`${route.method} ${route.path}`);
    }
    return found;
  };

  before(async () => {
    running = await startTestConsole('SQLite', { TWOFOLD_OIDC_CLIENT_ID: CLIENT_ID });
    for (const user of [newUser(), newUser()]) {
      const visit = visitor(running);
      await logIn(running, visit, user);
      const cookie = `__Host-twofold=${visit.cookies.get('__Host-twofold') ?? ''}`;
      people.push({ cookie, bearer: await running.provider.token(user) });
    }
  });
  // Each test with nothing counted yet.
  beforeEach(() => running.restart({ TWOFOLD_RATE_LIMIT_PER_MINUTE: '1', TWOFOLD_STARTS_PER_MINUTE: '1' }));
  after(() => running.stop());

  it('is limited by address at every route, and where there is none', async () => {
    const routes = routesOf(await appAt(running, 'public'));
    const { paths } = openApiDocument(PUBLIC_URL) as { paths: Record<string, object> }; // as OpenAPI has it
    const documented = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations)
        .filter((method) => METHODS.includes(method))
        .map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, 'x')}`),
    );
    const found = routes.map(({ method, path }) => `${method} ${path}`);
    expect(found).to.include.members([...documented, 'POST /new', 'POST /logout', 'POST /csp-report']);
    const nowhere = ['/elsewhere', `${API_PATH}/elsewhere`, `${PAGE_API_PATH}/elsewhere`].flatMap((path) =>
      ['GET', 'POST'].map((method) => ({ method, path })),
    );
    const others = routes.filter((route) => !isAsset(route));
    expect(routes.length - others.length).to.equal(3);
    expect(await unlimited([...others, ...nowhere])).to.deep.equal([]);
  });

  it('is limited at the port for claims', async () => {
    const routes = routesOf(await appAt(running, 'claim'));
    expect(routes).to.deep.include({ method: 'POST', path: '/internal/v1/claim' });
    const elsewhere = { method: 'GET', path: '/elsewhere' };
    // All pods of a node may share an address: ten times the limit of a namespace, one of which was used above.
    for (let asked = 1; asked < 10; asked += 1) {
      expect((await ask(elsewhere, {}, 'claim')).status).to.equal(404);
    }
    expect(await unlimited([...routes, elsewhere], {}, 'claim')).to.deep.equal([]);
  });

  it('is limited for each person at every route, from any address, and for nobody else', async () => {
    const routes = routesOf(await appAt(running, 'public')).filter((route) => !isAsset(route));
    const isApi = ({ path }: Route): boolean => path.startsWith(`${API_PATH}/`);
    const list = { method: 'GET', path: `${API_PATH}/secrets` };
    const page = { method: 'GET', path: '/secrets' };
    await ask(list);
    await ask(page);
    expect([(await ask(list)).status, (await ask(page)).status], 'the address').to.deep.equal([429, 429]);
    for (const { bearer, cookie } of people) {
      const authorization = `Bearer ${bearer}`;
      expect((await ask(list, { authorization })).status).to.equal(200);
      expect(await unlimited(routes.filter(isApi), { authorization })).to.deep.equal([]);
      expect((await ask(page, { cookie })).status).to.equal(200);
      const others = routes.filter((route) => !isApi(route));
      expect(await unlimited(others, { cookie })).to.deep.equal([]);
    }
  });

  it('is reported if it is not limited', async () => {
    const app = await appAt(running, 'public');
    app.get('/planted', (_request, response) => void response.end());
    const { stack } = app.router;
    stack.unshift(...stack.splice(-1));
    expect(await unlimited(routesOf(app).slice(0, 2))).to.deep.equal(['GET /planted']);
  });
});
