/**
 * The keyservice: opens the outer layer, and only answers requests. Zone 3; docs/design.md#unwrap.
 * The same file is the program and its worker threads, since a service is one bundle.
 */
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { byKid } from '#envelope/cipher.ts';
import { MAX_INTERNAL_BODY_BYTES } from '#envelope/limits.ts';
import { nodeCipher } from '#envelope/node-cipher.ts';
import { openAuditTrail } from '#platform/audit.ts';
import { systemClock } from '#platform/clock.ts';
import { createHealthServer } from '#platform/health-server.ts';
import { createHttpsServer } from '#platform/https-server.ts';
import { describeError, type Log } from '#platform/log.ts';
import { createMetrics, type Metrics } from '#platform/metrics.ts';
import { runService, type Running } from '#platform/service.ts';
import { watchTlsFiles } from '#platform/tls-files.ts';
import { contradictionsOf, keyserviceSettings, type KeyserviceConfig } from './config.ts';
import { createHttp, MAX_BODIES_BYTES, refusalReply, refuseBody, type HttpPorts } from './http.ts';
import { createRoundTrip } from './outer-layer.ts';
import { createPool, type Pool } from './pool.ts';
import { createRecords, type Records } from './records.ts';
import { refuse } from './refusals.ts';
import { createRewrap } from './rewrap.ts';
import { createUnwrap } from './unwrap.ts';
import { runWorker, type WorkerKeys } from './worker.ts';

function startPool(config: KeyserviceConfig, log: Log): Pool {
  const keys: WorkerKeys = {
    identities: config.envelopeKeys.map((key) => key.private),
    newestJwk: config.envelopeKeys[0].publicJwk,
  };
  return createPool(
    {
      spawn: () => new Worker(new URL(import.meta.url), { workerData: keys, env: {} }),
      onLost: (error) => log.error('a worker thread ended', { error: describeError(error) }),
    },
    { workers: config.workers ?? availableParallelism(), queueLimit: config.queueLimit },
  );
}

/** Counts and logs answers. */
function observe(log: Log, metrics: Metrics): HttpPorts['onAnswer'] {
  const count = metrics.counter(
    'twofold_keyservice_requests_total',
    'Requests to an operation by outcome: ok, or the code of the refusal.',
    ['operation', 'outcome'],
  );
  return (operation, client, outcome) => {
    count({ operation, outcome });
    if (outcome !== 'ok') log.warn('refused', { operation, client, code: outcome });
  };
}

function createApi(config: KeyserviceConfig, pool: Pool, records: Records, onAnswer: HttpPorts['onAnswer']) {
  const keySizes = new Map(
    config.envelopeKeys.map(({ private: { kid, key } }) => [
      kid,
      (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8,
    ]),
  );
  const unwrap = createUnwrap(
    { outerLayer: pool, records, clock: systemClock },
    {
      ticketKeys: byKid(config.ticketKeys),
      ticketIssuer: config.ticketIssuer,
      cluster: config.cluster,
      keySizes,
      grantSigner: config.grantSigningKeys[0],
      grantLifeSeconds: config.grantLifeSeconds,
    },
  );
  const rewrap = createRewrap(
    { outerLayer: pool, records },
    { keySizes, newestKid: config.envelopeKeys[0].recipient.kid },
  );
  return createHttp(
    { unwrap, rewrap, records, onAnswer },
    { unwrap: config.unwrapClients, rewrap: config.rewrapClients },
  );
}

async function start(config: KeyserviceConfig, log: Log): Promise<Running> {
  const tls = watchTlsFiles(config.tlsDir, log);
  const trail = await openAuditTrail(config.auditFile);
  const pool = startPool(config, log);
  const metrics = createMetrics();
  const records = createRecords({ trail, clock: systemClock });
  const server = createHttpsServer({
    tls: tls.current(),
    clientCa: tls.current().ca,
    maxBodyBytes: MAX_INTERNAL_BODY_BYTES,
    maxBodiesBytes: MAX_BODIES_BYTES,
    log,
    answer: createApi(config, pool, records, observe(log, metrics)),
    onError: (error) => {
      log.error('a request failed', { error: describeError(error) });
      return refusalReply(refuse('internal', 'nothing was released; see the keyservice’s log').refusal);
    },
    refuseBody,
  });
  tls.onChange((material) => server.setTls(material, material.ca));
  let draining = false;
  const roundTrip = createRoundTrip(nodeCipher, config.envelopeKeys[0].recipient, pool);
  const check = (): Promise<void> =>
    roundTrip().catch((error: unknown) => {
      log.error('the health check failed', { error: describeError(error) });
      throw error;
    });
  const health = createHealthServer({ check, ready: () => !draining }, metrics);
  const ports = {
    api: await server.listen(config.host, config.port),
    health: await health.listen(config.host, config.healthPort),
  };
  return {
    ports,
    fail: () => server.fail(),
    stop: async () => {
      draining = true;
      await server.close();
      await pool.close();
      await trail.close();
      tls.close();
      await health.close();
    },
  };
}

if (isMainThread) {
  await runService({ name: 'keyservice', settings: keyserviceSettings, contradictionsOf, start });
} else if (parentPort) {
  // What startPool put there.
  runWorker(parentPort, workerData as WorkerKeys);
}
