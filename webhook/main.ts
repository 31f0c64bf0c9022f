/** Wiring of the webhook: sockets, certificates, janitor, signals. Zone 2. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { MAX_REVIEW_BYTES } from '#envelope/limits.ts';
import { openAuditTrail } from '#platform/audit.ts';
import { monotonicClock, systemClock } from '#platform/clock.ts';
import { createHealthServer } from '#platform/health-server.ts';
import { createHttpsClient, type HttpsClient } from '#platform/https-client.ts';
import { createHttpsServer } from '#platform/https-server.ts';
import { createKubernetesApi } from '#platform/kubernetes.ts';
import { describeError, type Log } from '#platform/log.ts';
import { createMetrics } from '#platform/metrics.ts';
import { runService, type Running } from '#platform/service.ts';
import type { Values } from '#platform/settings.ts';
import { watchRoots, watchTlsFiles } from '#platform/tls-files.ts';
import { createAdmit } from './admit.ts';
import { contradictionsOf, webhookSettings } from './config.ts';
import { createElection } from './election.ts';
import { createMutate, MAX_REVIEWS_BYTES, onError, refuseBody } from './http.ts';
import { createJanitor } from './janitor.ts';
import { createConsoleClient, createKeyserviceClient } from './peers.ts';
import { createSessions } from './sessions.ts';

type Config = Values<typeof webhookSettings>;
const clock = systemClock;
/** With the pod's five-second preStop hook they fit into its termination grace period. */
const LINGER_MS = 10_000;
const DRAIN_MS = 20_000;

function clientFor(dir: string, log: Log): HttpsClient {
  const files = watchTlsFiles(dir, log);
  const client = createHttpsClient(files.current());
  files.onChange((material) => client.setTls(material));
  return client;
}

function every(seconds: number, log: Log, work: () => Promise<void>): NodeJS.Timeout {
  return setInterval(() => {
    work().catch((error: unknown) => log.error('sweep failed', { error: describeError(error) }));
  }, seconds * 1000).unref();
}

async function start(config: Config, log: Log): Promise<Running> {
  const api = createKubernetesApi(config, { log });
  const audit = await openAuditTrail(config.auditFile);
  const metrics = createMetrics();
  const monotonic = monotonicClock;
  const sessions = createSessions({ api, clock, monotonic }, config);
  const peers = {
    ...createConsoleClient({
      client: clientFor(config.resolveTlsDir, log),
      url: config.resolveUrl,
      monotonic,
    }),
    ...createKeyserviceClient({
      client: clientFor(config.keyserviceTlsDir, log),
      url: config.keyserviceUrl,
      monotonic,
    }),
  };
  const files = watchTlsFiles(config.tlsDir, log);
  const claimCa = (): string => files.current().ca;
  const admit = createAdmit(
    { claimCa, ...peers, ...sessions },
    { ...config, launchers: config.launchers ?? [] },
  );

  const { apiserverCaFile } = config;
  const apiserverRoots = apiserverCaFile === undefined ? undefined : watchRoots(apiserverCaFile, log);
  const server = createHttpsServer({
    tls: files.current(),
    clientCa: apiserverRoots?.current(),
    maxBodyBytes: MAX_REVIEW_BYTES,
    maxBodiesBytes: MAX_REVIEWS_BYTES,
    log,
    answer: createMutate(
      { admit, audit, clock, monotonic, log, metrics },
      apiserverCaFile && config.apiserverName,
    ),
    onError: onError(log),
    refuseBody,
  });
  const renew = (): void => server.setTls(files.current(), apiserverRoots?.current());
  files.onChange(renew);
  apiserverRoots?.onChange(renew);

  const janitor = createJanitor({ api, monotonic, log }, config);
  const election = createElection(
    { api, clock, monotonic },
    {
      namespace: config.leaseNamespace,
      name: 'twofold-janitor',
      identity: `${hostname()}_${randomUUID()}`,
      durationSeconds: config.sweepSeconds * 3,
    },
  );
  const sweeping = every(config.sweepSeconds, log, async () => {
    if (await election.lead()) await janitor.sweep(() => election.leads());
  });

  let draining = false;
  const health = createHealthServer({ check: () => Promise.resolve(), ready: () => !draining }, metrics);
  const ports = {
    webhook: await server.listen(config.host, config.port),
    health: await health.listen(config.host, config.healthPort),
  };
  return {
    ports,
    fail: () => server.fail(),
    stop: async () => {
      draining = true;
      clearInterval(sweeping);
      const resigned = election.resign().catch(() => undefined);
      await server.close(DRAIN_MS, LINGER_MS);
      await Promise.all([resigned, health.close(), audit.close()]);
      api.close();
    },
  };
}

await runService({ name: 'webhook', settings: webhookSettings, contradictionsOf, start });
