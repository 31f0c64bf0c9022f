/** A service's life: configuration or every problem, start, one line with its ports, drain on SIGTERM. No zone. */
import { readFileSync } from 'node:fs';
import { createLog, describeError, logLevels, type Log } from './log.ts';
import { oneOf, parseSettings, port, text, type Settings, type Values } from './settings.ts';

/** Settings that every service has. */
export const serviceSettings = {
  host: text('TWOFOLD_HOST', { doc: 'Address that all ports listen on.', fallback: '0.0.0.0' }),
  healthPort: port('TWOFOLD_HEALTH_PORT', {
    doc: 'Plain HTTP: `/healthz`, `/readyz`, `/metrics`.',
    fallback: '8080',
  }),
  logLevel: oneOf('TWOFOLD_LOG_LEVEL', {
    doc: 'Least severe level that is logged.',
    values: logLevels,
    fallback: 'info',
  }),
} as const;

export interface Running {
  readonly ports: Readonly<Record<string, number>>;
  /** Stops taking work, ends what is under way, closes. */
  readonly stop: () => Promise<void>;
}

interface Service<S extends Settings> {
  readonly name: string;
  readonly settings: S;
  /** Problems that lie between settings, each of which is fine by itself. */
  readonly contradictionsOf?: (config: Values<S>) => readonly string[];
  readonly start: (config: Values<S>, log: Log) => Promise<Running>;
}

const levelOf = (config: object): (typeof logLevels)[number] =>
  logLevels.find((level) => 'logLevel' in config && config.logLevel === level) ?? 'info';

/** Runs until SIGTERM or SIGINT. Ends with 78 (EX_CONFIG) on bad configuration, 1 when it cannot start. */
export const runService = async <S extends Settings>({
  name,
  settings,
  contradictionsOf,
  start,
}: Service<S>): Promise<void> => {
  const refuse = (problems: readonly string[]): never => {
    for (const problem of problems) process.stderr.write(`${name}: ${problem}\n`);
    process.exit(78);
  };
  const parsed = parseSettings(settings, process.env, (path) => readFileSync(path, 'utf8'));
  if (!parsed.ok) return refuse(parsed.problems);
  const contradictions = contradictionsOf?.(parsed.value) ?? [];
  if (contradictions.length > 0) return refuse(contradictions);
  const log = createLog({ service: name, level: levelOf(parsed.value) });
  try {
    const running = await start(parsed.value, log);
    log.info('listening', { ports: running.ports });
    const stop = (): void => {
      log.info('draining');
      void running.stop().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    };
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
  } catch (error) {
    log.error('cannot start', { error: describeError(error) });
    process.exit(1);
  }
};
