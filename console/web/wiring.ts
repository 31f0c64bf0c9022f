/** The page, wired up from the console's settings. Zone 1; docs/design.md#page. */
import { randomBytes } from 'node:crypto';
import { Router, type Request } from 'express';
import type { OwnerId } from '#envelope/names.ts';
import type { BodyGate } from '#platform/body-gate.ts';
import type { Log } from '#platform/log.ts';
import type { Metrics } from '#platform/metrics.ts';
import { createRootedClient } from '#platform/rooted-client.ts';
import type { ConsoleConfig } from '../config.ts';
import type { UseCases } from '../core/use-cases.ts';
import type { RateLimits } from '../http/rate-limit.ts';
import type { OpenDatabase } from '../store/database.ts';
import type { PublicWeb } from '../public/app.ts';
import { createWeb } from './app.ts';
import { createAssets } from './assets.ts';
import { createFrame } from './frame.ts';
import { createLoginProvider } from './login-provider.ts';
import { CALLBACK_PATH } from './login.ts';
import { createVisitingCallers } from './visitors.ts';
import { apiOnlyPage } from './plain-pages.ts';

interface Context {
  readonly config: ConsoleConfig;
  readonly log: Log;
  readonly clock: () => number;
  readonly database: OpenDatabase;
  readonly cases: UseCases;
  readonly limits: RateLimits;
  readonly metrics: Metrics;
  readonly gate: BodyGate;
}

interface WiredWeb extends PublicWeb {
  /** Whose session a call of the page's script belongs to. */
  ownerOf(request: Request): OwnerId | undefined;
  close(): void;
}

/** Where the operator gave the console no client at the identity provider. */
function apiOnly(limits: RateLimits): Router {
  const assets = createAssets();
  const frame = createFrame(assets);
  const router = Router({ caseSensitive: true, strict: true });
  router.use(assets.router);
  router.get(
    '/',
    limits.limit(() => undefined),
    (request, response) => frame.send(request, response, apiOnlyPage),
  );
  return router;
}

/** Throws where the public URL leaves the page no host of its own. */
export function wireWeb(context: Context): WiredWeb {
  const { config, log, clock, database, cases, limits, metrics, gate } = context;
  const { oidcClientId: clientId, publicUrl } = config;
  if (clientId === undefined) {
    const nobody = (): undefined => undefined;
    return { router: apiOnly(limits), nameOf: nobody, ownerOf: nobody, close: nobody };
  }
  if (new URL(publicUrl).pathname !== '/') {
    throw new Error(
      'TWOFOLD_PUBLIC_URL must have no path where the page is on: its cookies are for the whole host',
    );
  }
  const client = createRootedClient({ file: config.oidcCaFile, log });
  const provider = createLoginProvider(
    { client, clock, onFailure: (what, reason) => log.error(`identity provider ${what}`, { reason }) },
    {
      issuer: config.oidcIssuer,
      clientId,
      clientSecret: config.oidcClientSecret,
      scope: config.oidcScope,
      redirectUri: `${publicUrl}${CALLBACK_PATH}`,
      launcherClaims: (config.launchers ?? []).map(({ claim }) => claim),
    },
  );
  const web = createWeb(
    {
      provider,
      cases,
      secrets: database.secrets,
      audit: database.audit,
      cookieKeys: config.cookieKeys,
      random: randomBytes,
      clock,
      limits,
      metrics,
      log,
      gate,
    },
    {
      publicUrl,
      lifeSeconds: config.webLifeSeconds,
      maxValueBytes: config.maxValueBytes,
      envEnabled: config.envEnabled,
      ticketLifeSeconds: config.ticketLifeSeconds,
      launcherOrigins: config.launcherOrigins,
    },
  );
  const ownerOf = (request: Request): OwnerId | undefined => web.visitors.of(request)?.ownerId;
  const callers = { ...createVisitingCallers(web.visitors, new URL(publicUrl).origin), of: ownerOf };
  return {
    router: web.router,
    callers,
    ownerOf,
    nameOf: (request) => web.nameOf(request),
    close: () => client.close(),
  };
}
