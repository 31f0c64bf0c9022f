/** Wiring: from settings to four listening ports, and back to none. Zone 1; docs/design.md#api. */
import { createHash } from 'node:crypto';
import type { Express, Request } from 'express';
import { nodeCipher } from '#envelope/node-cipher.ts';
import { ok } from '#envelope/result.ts';
import { createBodyGate, type BodyGate } from '#platform/body-gate.ts';
import { systemClock, type Clock } from '#platform/clock.ts';
import { createHealthServer } from '#platform/health-server.ts';
import { createKubernetesApi } from '#platform/kubernetes.ts';
import type { Log } from '#platform/log.ts';
import { createMetrics, type Metrics } from '#platform/metrics.ts';
import type { Running } from '#platform/service.ts';
import { createRootedClient } from '#platform/rooted-client.ts';
import { watchTlsFiles, type TlsFiles } from '#platform/tls-files.ts';
import { createBrokenRecords } from './broken-records.ts';
import { createCluster } from './cluster.ts';
import { reportMisconfiguration, type ProviderPorts } from './discovery.ts';
import type { ConsoleConfig } from './config.ts';
import { createRetention } from './core/retention.ts';
import { createUseCases, type UseCases } from './core/use-cases.ts';
import { createObserver } from './http/observe.ts';
import { createRateLimits } from './http/rate-limit.ts';
import { portLimits } from './http/port-limits.ts';
import { createAppServer, type AppServer } from './http/server.ts';
import { createIdentityProvider, type IdentityProvider } from './identity-provider.ts';
import { createClaimApp } from './internal/claim.ts';
import { createResolveApp } from './internal/resolve.ts';
import { createPublicApp } from './public/app.ts';
import { createAuditRoutes } from './public/audit.ts';
import { createCallers, type Callers } from './public/bearer.ts';
import { createLoginRoutes } from './public/login.ts';
import type { Routes } from './public/routes.ts';
import { createSecretsRoutes } from './public/secrets.ts';
import { createTicketsRoutes } from './public/tickets.ts';
import { openDatabase, type OpenDatabase } from './store/database.ts';
import { createRecords } from './store/records.ts';
import { databaseUrlOf } from './storage-settings.ts';
import { wireWeb } from './web/wiring.ts';
import { startSweeper } from './sweep.ts';

interface Context {
  readonly config: ConsoleConfig;
  readonly log: Log;
  readonly clock: Clock;
  /** Monotonic milliseconds: limits must not follow changes of the clock. */
  readonly elapsed: () => number;
  readonly database: OpenDatabase;
  readonly metrics: Metrics;
}

/** Times the limit of a namespace: all pods of a node, or of a cluster, may share one address. */
const CLAIMS_PER_ADDRESS = 10;

/** Undone in reverse. */
type Undo = () => void | Promise<void>;

function identityProvider({ config, log, clock }: Context, undo: Undo[]): IdentityProvider {
  const client = createRootedClient({ file: config.oidcCaFile, log });
  undo.push(() => client.close());
  const onFailure: ProviderPorts['onFailure'] = (what, reason) =>
    log.error(`identity provider ${what}`, { reason });
  void reportMisconfiguration({ client, onFailure }, config.oidcIssuer);
  return createIdentityProvider(
    { client, clock, onFailure },
    {
      issuer: config.oidcIssuer,
      audience: config.oidcAudience,
      tokenType: config.oidcTokenType,
      clientIds: [
        config.oidcCliClientId,
        ...(config.oidcClientId === undefined ? [] : [config.oidcClientId]),
      ],
      launcherClaims: (config.launchers ?? []).map(({ claim }) => claim),
    },
  );
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function useCases({ config, log, clock, elapsed, database }: Context, undo: Undo[]): UseCases {
  const kubernetes = createKubernetesApi(config, { log });
  undo.push(() => kubernetes.close());
  return createUseCases(
    {
      database,
      clock,
      cipher: nodeCipher,
      cluster: createCluster(kubernetes),
      elapsed,
      sha256Hex,
      keys: {
        atRest: config.atRestKeys,
        envelope: config.envelopeKey,
        tickets: config.ticketKeys,
        grants: config.grantKeys,
      },
      onUnavailable: (reason) => log.error('kubernetes unavailable', { reason }),
    },
    {
      ...config,
      issuer: config.publicUrl,
      audience: config.cluster,
      launchers: config.launchers ?? [],
      lifeSeconds: config.ticketLifeSeconds,
      maxLifeSeconds: config.ticketLifeMaxSeconds,
      loginIssuer: config.oidcIssuer,
      firstClaimSeconds: config.grantLifeSeconds,
      envEnabled: config.envEnabled,
    },
  );
}

function routesOf({ config, database }: Context, cases: UseCases, callers: Callers): Routes {
  const { secrets, audit } = database;
  const shared = { ownerOf: (request: Request) => callers.ownerOf(request), cases };
  const offer = {
    issuer: config.oidcIssuer,
    audience: config.oidcAudience,
    cluster: config.cluster,
    clientId: config.oidcCliClientId,
    scope: config.oidcCliScope,
  };
  return {
    ...createLoginRoutes({ callerOf: (request) => callers.callerOf(request) }, offer),
    ...createSecretsRoutes({ ...shared, secrets }),
    ...createTicketsRoutes(shared),
    ...createAuditRoutes({ ...shared, audit, secrets }),
  };
}

type Apps = Readonly<Record<keyof typeof portLimits, Express>>;
type Servers = Readonly<Record<keyof typeof portLimits, AppServer>>;

function createServers(apps: Apps, { tls, log }: { readonly tls: TlsFiles; readonly log: Log }): Servers {
  return {
    public: createAppServer(apps.public, { tls, log, mutual: false, ...portLimits.public }),
    resolve: createAppServer(apps.resolve, { tls, log, mutual: true, ...portLimits.resolve }),
    claim: createAppServer(apps.claim, { tls, log, mutual: false, ...portLimits.claim }),
  };
}

/** A gate for each port: filling one does not stop the others from answering. */
function createGates(): Readonly<Record<keyof typeof portLimits, BodyGate>> {
  return {
    public: createBodyGate(portLimits.public),
    resolve: createBodyGate(portLimits.resolve),
    claim: createBodyGate(portLimits.claim),
  };
}

/** Listens on every port; what it adds to `undo` closes the servers. */
async function serve(context: Context, undo: Undo[]): Promise<Omit<Running, 'stop'>> {
  const { config, log, elapsed, database, metrics } = context;
  const shared = {
    log,
    observer: createObserver(log, metrics, () => performance.now()),
    limits: createRateLimits(config.rateLimitPerMinute, elapsed),
  };
  const claimLimits = createRateLimits(config.startsPerMinute * CLAIMS_PER_ADDRESS, elapsed);
  const gates = createGates();
  const cases = useCases(context, undo);
  const web = wireWeb({ ...context, ...shared, gate: gates.public, cases });
  undo.push(() => web.close());
  const bearers = createCallers({ provider: identityProvider(context, undo), owners: cases.owners });
  const callers = {
    ...bearers,
    ownerOf: (request: Request) => web.ownerOf(request) ?? bearers.ownerOf(request),
  };
  const routes = routesOf(context, cases, callers);
  const tls = watchTlsFiles(config.tlsDir, log);
  undo.push(() => tls.close());
  const apps = {
    public: createPublicApp({ ...shared, gate: gates.public, callers, routes, web }, config.publicUrl),
    resolve: createResolveApp({ ...shared, gate: gates.resolve, resolve: cases.resolve }),
    claim: createClaimApp({ ...shared, limits: claimLimits, gate: gates.claim, claim: cases.claim }),
  };
  const servers = createServers(apps, { tls, log });
  let ready = true;
  const health = createHealthServer({ check: () => database.check(), ready: () => ready }, metrics);
  undo.push(() => health.close());
  undo.push(async () => {
    ready = false;
    await Promise.all(Object.values(servers).map((server) => server.close()));
  });
  const ports = {
    public: await servers.public.listen(config.host, config.publicPort),
    resolve: await servers.resolve.listen(config.host, config.resolvePort),
    claim: await servers.claim.listen(config.host, config.claimPort),
    health: await health.listen(config.host, config.healthPort),
  };
  const fail = async (): Promise<void> => {
    await Promise.all(Object.values(servers).map((server) => server.fail()));
  };
  return { ports, fail };
}

/** Has its own connections: it may wait for them as long as it takes. */
function sweep({ config, log, clock, database }: Context, undo: Undo[]): void {
  const kubernetes = createKubernetesApi(config, { log });
  undo.push(() => kubernetes.close());
  const ports = { store: database.retention, cluster: createCluster(kubernetes), clock };
  const sweeper = startSweeper(createRetention(ports, config), log);
  undo.push(() => sweeper.close());
}

async function undoAll(undo: Undo[]): Promise<void> {
  for (const step of undo.splice(0).reverse()) await step();
}

/** Migrates the database, activates the newest envelope key, and serves. Rejects if any of it fails. */
export async function startConsole(
  config: ConsoleConfig,
  log: Log,
  clock: Clock = systemClock,
  elapsed: () => number = () => performance.now(),
): Promise<Running> {
  const undo: Undo[] = [];
  try {
    const url = databaseUrlOf(config);
    const metrics = createMetrics();
    const broken = createBrokenRecords({ log, metrics, clock });
    const records = createRecords(config.recordKeys, (record) => broken.report(record));
    const database = await openDatabase({ url, sqliteAddon: config.sqliteAddon }, records);
    undo.push(() => database.close());
    broken.auditTo(database.audit);
    undo.push(() => broken.close());
    const { kid } = config.envelopeKey.recipient;
    await database.write(async ({ keys }) => {
      await keys.activate(kid, clock());
      return ok(undefined);
    });
    log.info('sealing', { kid });
    const context = { config, log, clock, elapsed, database, metrics };
    const serving = await serve(context, undo);
    sweep(context, undo);
    return { ...serving, stop: () => undoAll(undo) };
  } catch (error) {
    await undoAll(undo);
    throw error;
  }
}
