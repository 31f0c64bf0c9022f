/**
 * JSON logs with an allow-list of fields. No zone; docs/design.md#audit. A field that is not listed is
 * dropped: nobody can log a pod, a request body or a header by passing an object too many.
 */
import { pino } from 'pino';
import { boundedText } from './shown.ts';

interface LogFields {
  readonly namespace?: string | undefined;
  readonly pod?: string | undefined;
  readonly uid?: string | undefined;
  readonly username?: string | undefined;
  readonly sid?: string | undefined;
  readonly jti?: string | undefined;
  readonly owner?: string | undefined;
  readonly kid?: string | undefined;
  readonly code?: string | undefined;
  readonly status?: number | undefined;
  readonly count?: number | undefined;
  readonly operation?: string | undefined;
  readonly client?: string | undefined;
  readonly reason?: string | undefined;
  readonly durationMs?: number | undefined;
  readonly dryRun?: boolean | undefined;
  readonly error?: string | undefined;
  readonly ports?: Readonly<Record<string, number>> | undefined;
}

const allowed: ReadonlySet<string> = new Set<keyof LogFields>([
  ...([
    'namespace',
    'pod',
    'uid',
    'username',
    'sid',
    'jti',
    'owner',
    'kid',
    'code',
    'status',
    'count',
  ] as const),
  ...(['operation', 'client', 'reason', 'durationMs', 'dryRun', 'error', 'ports'] as const),
]);

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
type LogLevel = (typeof logLevels)[number];

export type Log = Readonly<Record<Exclude<LogLevel, 'silent'>, (event: string, fields?: LogFields) => void>>;

interface LogOptions {
  readonly service: string;
  readonly level: LogLevel;
  /** Where lines go; standard output by default. */
  readonly write?: (line: string) => void;
}

/** Characters of one field in a line: a caller must not choose how long lines are. */
const MAX_FIELD_LENGTH = 512;

function fieldsOf(fields: LogFields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([name, value]) => allowed.has(name) && value !== undefined)
      .map(([name, value]: [string, unknown]) => [
        name,
        typeof value === 'string' ? boundedText(value, MAX_FIELD_LENGTH) : value,
      ]),
  );
}

function standardOutput() {
  const destination = pino.destination({ fd: 1, sync: true });
  // A line that cannot be written is lost; without a listener the service would end too.
  destination.on('error', () => undefined);
  return destination;
}

export function createLog({ service, level, write }: LogOptions): Log {
  const options = {
    level,
    base: { service },
    messageKey: 'event',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const logger = write ? pino(options, { write }) : pino(options, standardOutput());
  const at =
    (name: Exclude<LogLevel, 'silent'>) =>
    (event: string, fields: LogFields = {}): void => {
      if (logger.isLevelEnabled(name)) logger[name](fieldsOf(fields), event);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** What may be logged of something thrown: not the message of a SyntaxError, since JSON.parse quotes its input there. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return 'not an Error';
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : '';
  return error instanceof SyntaxError ? error.name : `${error.name}${code}: ${error.message.slice(0, 300)}`;
}
