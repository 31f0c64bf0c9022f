/** The page: all of its addresses. Zone 1; docs/design.md#page. */
import type { Request, Router } from 'express';
import type { BodyGate } from '#platform/body-gate.ts';
import type { Log } from '#platform/log.ts';
import type { Metrics } from '#platform/metrics.ts';
import type { AuditStore } from '../core/audit.ts';
import type { SecretStore } from '../core/stores.ts';
import type { UseCases } from '../core/use-cases.ts';
import type { RateLimits } from '../http/rate-limit.ts';
import type { OctKey } from '../key-files.ts';
import { createActivityPage } from './activity-page.ts';
import { createAssets } from './assets.ts';
import { createCookies } from './cookies.ts';
import { mountDeleting } from './delete-page.ts';
import { createFrame } from './frame.ts';
import { mountImport } from './import-page.ts';
import { mountLaunch } from './launch-page.ts';
import { createListPage } from './list-page.ts';
import type { LoginProvider } from './login-provider.ts';
import { mountLogin } from './login.ts';
import { createPageRoutes, refusedPage } from './routing.ts';
import { SESSION_PATH } from './shared/addresses.ts';
import { createFlashMessages } from './flash-messages.ts';
import { createSecretPage } from './secret-page.ts';
import { createVisitors, isOwnOrigin, type Visitors } from './visitors.ts';
import { mountTickets } from './tickets-page.ts';
import { welcomePage } from './plain-pages.ts';
import { mountWriting } from './write-pages.ts';

interface WebPorts {
  readonly provider: LoginProvider;
  readonly cases: UseCases;
  readonly secrets: SecretStore;
  readonly audit: AuditStore;
  readonly cookieKeys: readonly [OctKey, ...OctKey[]];
  readonly random: (bytes: number) => Uint8Array;
  readonly clock: () => number;
  readonly limits: RateLimits;
  readonly gate: BodyGate;
  readonly metrics: Metrics;
  readonly log: Log;
}

interface WebConfig {
  readonly publicUrl: string;
  readonly lifeSeconds: number;
  readonly maxValueBytes: number;
  /** Whether `/launch` offers environment variables. */
  readonly envEnabled: boolean;
  /** How long a ticket from `/launch` lasts. */
  readonly ticketLifeSeconds: number;
  /** Origins that may embed `/launch` and receive its answers. */
  readonly launcherOrigins: readonly string[];
}

interface Web {
  readonly router: Router;
  readonly visitors: Visitors;
  /** Name of the page that answers, out of a fixed set. */
  nameOf(request: Request): string | undefined;
}

function mountReports(router: Router, { limits, metrics }: WebPorts): void {
  const count = metrics.counter('twofold_console_csp_reports_total', 'Violations that browsers reported.');
  router.post(
    '/csp-report',
    limits.limit(() => undefined),
    // Counted, never read: anybody can send anything here.
    (_request, response) => {
      count();
      response.status(204).end();
    },
  );
}

export function createWeb(ports: WebPorts, config: WebConfig): Web {
  const { clock, limits, secrets, audit, log } = ports;
  const { envEnabled, publicUrl } = config;
  const { origin } = new URL(publicUrl);
  const assets = createAssets();
  const frame = createFrame(assets, config.launcherOrigins);
  const cookies = createCookies({ keys: ports.cookieKeys, clock });
  const { cases, random } = ports;
  const { lifeSeconds } = config;
  const visitors = createVisitors({ cookies, sessions: cases.webSessions, random, lifeSeconds });
  const limit = limits.limit(
    (request) => visitors.of(request)?.ownerId,
    (request, response, { code, detail, retryAfterSeconds }) =>
      frame.send(
        request,
        response,
        refusedPage(response, code, detail, retryAfterSeconds),
        visitors.of(request),
      ),
  );
  const routes = createPageRoutes({ visitors, frame, origin, limit, log, gate: ports.gate });
  const flashMessages = createFlashMessages(cookies);
  routes.router.use(assets.router);
  mountReports(routes.router, ports);
  routes.open('/', 'welcome', (request) =>
    Promise.resolve(visitors.of(request) ? { to: '/secrets' } : welcomePage('out' in request.query)),
  );
  mountLogin(routes, { ...ports, owners: cases.owners, cookies, visitors, origin });
  // What a form that outlived its login needs; another origin cannot read the answer.
  routes.router.get(SESSION_PATH, visitors.identify, limit, (request, response) => {
    const visitor = isOwnOrigin(request, origin) ? visitors.of(request) : undefined;
    response.status(visitor ? 200 : 401).json(visitor ? { csrf: visitor.csrf, owner: visitor.ownerId } : {});
  });
  const list = createListPage({ secrets, clock });
  routes.show('/secrets', 'secrets', async (request, visitor, response) =>
    list(request, visitor, await flashMessages.take(request, response)),
  );
  routes.show('/secret/:name', 'secret', createSecretPage({ secrets, audit, clock, envEnabled }));
  routes.show('/activity', 'activity', createActivityPage({ audit, secrets, clock }));
  const writing = { ...ports, flashMessages, maxValueBytes: config.maxValueBytes };
  mountWriting(routes, writing);
  mountDeleting(routes, writing);
  mountImport(routes, writing);
  mountTickets(routes, { cases, flashMessages, clock });
  mountLaunch(routes, {
    ...ports,
    visitors,
    origins: config.launcherOrigins,
    envEnabled,
    ticketLifeSeconds: config.ticketLifeSeconds,
  });
  routes.finish();
  return { router: routes.router, visitors, nameOf: (request) => routes.nameOf(request) };
}
