/** A service's life: configuration or every problem, start, one line with its ports, drain on SIGTERM. No zone. */
import { access, constants, readFile } from 'node:fs/promises';
import { createLog, describeError, logLevels, type Log } from './log.ts';
import { ALL_ADDRESSES } from './listen.ts';
import { address, oneOf, parseSettings, pathsRead, port, type Settings, type Values } from './settings.ts';

/** Settings that every service has. */
export const serviceSettings = {
  host: address('TWOFOLD_HOST', {
    doc: 'Address that all ports listen on; `::` is every address, IPv4 and IPv6.',
    fallback: ALL_ADDRESSES,
  }),
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
  /** Accepts no more work, finishes what is in progress, closes. */
  readonly stop: () => Promise<void>;
  /** Answers requests in progress with a failure, within a second: the process is about to end. */
  readonly fail: () => Promise<void>;
}

interface Service<S extends Settings> {
  readonly name: string;
  readonly settings: S;
  /** Problems between settings, each of which is valid by itself. */
  readonly contradictionsOf?: (config: Values<S>) => readonly string[];
  /** Problems that only the system shows, for `--check-settings`. */
  readonly check?: (config: Values<S>) => Promise<readonly string[]>;
  readonly start: (config: Values<S>, log: Log) => Promise<Running>;
}

function levelOf(config: object): (typeof logLevels)[number] {
  return logLevels.find((level) => 'logLevel' in config && config.logLevel === level) ?? 'info';
}

/** Function, file and line that threw: the stack without its message, which may quote what was sent. */
function originOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const frames = (error.stack ?? '').replace(error.message, '');
  return /^\s+at (.{1,200})/m.exec(frames)?.[1];
}

function classOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return 'code' in error && typeof error.code === 'string' ? `${error.name} ${error.code}` : error.name;
}

/**
 * After an uncaught error nobody knows what it interrupted: a transaction, a half-written answer, a key not yet wiped.
 * Continuing would be guessing, so the process ends and is restarted; but waiting requests are answered first, with a
 * failure that says so. A second error during that ends it immediately.
 */
function endOnEscape(log: Log, running: () => Running | undefined): void {
  let ending = false;
  // Node raises this event for an unhandled rejection too.
  process.on('uncaughtException', (error: unknown) => {
    log.error('an error escaped', { error: classOf(error), reason: originOf(error) });
    if (ending) process.exit(1);
    ending = true;
    const end = (): never => process.exit(1);
    void (running()?.fail() ?? Promise.resolve()).then(end, end);
  });
}

/** Every service understands it: it checks its settings and what they name, and ends without having started anything. */
const CHECK = '--check-settings';

async function unreadable(settings: Settings): Promise<readonly string[]> {
  const problems = pathsRead(settings, process.env).map(([variable, path]) =>
    access(path, constants.R_OK).then(
      () => [],
      () => [`${variable} names ${path}, which cannot be read`],
    ),
  );
  return (await Promise.all(problems)).flat();
}

/** Runs until SIGTERM or SIGINT. Ends with 78 (EX_CONFIG) on bad configuration, 1 when it cannot start, or an error escapes. */
export async function runService<S extends Settings>({
  name,
  settings,
  contradictionsOf,
  check,
  start,
}: Service<S>): Promise<void> {
  const refuse = (problems: readonly string[]): never => {
    for (const problem of problems) process.stderr.write(`${name}: ${problem}\n`);
    process.exit(78);
  };
  const parsed = await parseSettings(settings, process.env, (path) => readFile(path, 'utf8'));
  if (!parsed.ok) return refuse(parsed.problems);
  const contradictions = contradictionsOf?.(parsed.value) ?? [];
  if (contradictions.length > 0) return refuse(contradictions);
  if (process.argv.includes(CHECK)) {
    const found = [...(await unreadable(settings)), ...((await check?.(parsed.value)) ?? [])];
    if (found.length > 0) return refuse(found);
    process.stdout.write(`${name}: the settings are valid\n`);
    return;
  }
  const log = createLog({ service: name, level: levelOf(parsed.value) });
  let running: Running | undefined;
  endOnEscape(log, () => running);
  try {
    const started = await start(parsed.value, log);
    running = started;
    log.info('listening', { ports: started.ports });
    const stop = (): void => {
      log.info('draining');
      void started.stop().then(
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
}
