/** The arguments of `twofold-admin`, parsed once. Zone 1; design §9. */
import { parseArgs } from 'node:util';
import { parseOwnerId, type OwnerId } from '#envelope/names.ts';
import type { LoginClaim } from '../core/stores.ts';

export const USAGE = `usage: twofold-admin COMMAND [options]

  keys              list the key ids that rows carry, with the number of rows and the key's state
  check             compare every row with what it says of itself, and open every user key
  offboard OWNER    show what there is of an owner; with --yes delete it, all at once
                      OWNER is an owner id, or CLAIM=VALUE of a login, such as email=alice@example.org
  prune             show what the retention would delete; with --yes delete it
  audit export      print the audit records as JSON lines, oldest first
                      --since TIME   from this time on: 2026-01-31 or 2026-01-31T12:00:00Z

options
  --yes             do it, where a command only shows
  --output FORMAT   text (the default) or json
  --help            show this

Settings are the console's, from the environment: TWOFOLD_DATABASE_URL or TWOFOLD_DATABASE_URL_FILE,
TWOFOLD_SQLITE_ADDON, TWOFOLD_AT_REST_KEYS_FILE (optional), TWOFOLD_RECORD_KEYS_FILE (optional; for check and
offboard), TWOFOLD_RETENTION_*.

exit codes: 0 done, 1 could not be done, 2 wrong usage, 3 broken rows found, 78 wrong settings
`;

/** What was typed makes no sense; the message says why. */
export class UsageError extends Error {}

export type Output = 'text' | 'json';

export type Command =
  | { readonly name: 'help' }
  | { readonly name: 'keys' | 'check'; readonly output: Output }
  | {
      readonly name: 'offboard';
      readonly owner: OwnerId | LoginClaim;
      readonly yes: boolean;
      readonly output: Output;
    }
  | { readonly name: 'prune'; readonly yes: boolean; readonly output: Output }
  | { readonly name: 'audit export'; readonly since: number };

const options = {
  yes: { type: 'boolean' },
  since: { type: 'string' },
  output: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

/** The parser's own errors are about what was typed, and say it well. */
function parse(args: readonly string[]): { values: Values; positionals: string[] } {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'wrong arguments');
  }
}

function allow(name: string, values: Values, allowed: readonly (keyof Values)[]): void {
  const foreign = Object.keys(values).find((option) => !allowed.some((each) => each === option));
  if (foreign !== undefined) throw new UsageError(`--${foreign} is not an option of ${name}`);
}

function outputOf({ output = 'text' }: Values): Output {
  if (output !== 'text' && output !== 'json')
    throw new UsageError(`--output ${output}: neither text nor json`);
  return output;
}

function ownerOf(text: string | undefined): OwnerId | LoginClaim {
  if (text === undefined) throw new UsageError('offboard: OWNER is missing');
  const id = parseOwnerId(text);
  if (id !== undefined) return id;
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) {
    throw new UsageError('offboard: OWNER is an owner id, or CLAIM=VALUE of a login');
  }
  return { claim: text.slice(0, at), value: text.slice(at + 1) };
}

function sinceOf({ since }: Values): number {
  if (since === undefined) return 0;
  const time = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z)?$/.test(since) ? Date.parse(since) : NaN;
  if (Number.isNaN(time)) {
    throw new UsageError(`--since ${since}: neither a date (2026-01-31) nor a time (2026-01-31T12:00:00Z)`);
  }
  return time;
}

function none(rest: readonly string[]): void {
  if (rest.length > 0) throw new UsageError(`one command at a time: ${rest.join(' ')}`);
}

/** Throws a `UsageError`. */
export function parseArguments(args: readonly string[]): Command {
  const { values, positionals } = parse(args);
  if (values.help) return { name: 'help' };
  const [name, ...rest] = positionals;
  switch (name) {
    case undefined:
      throw new UsageError('a command is missing');
    case 'keys':
    case 'check':
      none(rest);
      allow(name, values, ['output']);
      return { name, output: outputOf(values) };
    case 'offboard':
      none(rest.slice(1));
      allow(name, values, ['output', 'yes']);
      return { name, owner: ownerOf(rest[0]), yes: values.yes === true, output: outputOf(values) };
    case 'prune':
      none(rest);
      allow(name, values, ['output', 'yes']);
      return { name, yes: values.yes === true, output: outputOf(values) };
    case 'audit':
      if (rest[0] !== 'export') throw new UsageError('audit: the only command is export');
      none(rest.slice(1));
      allow('audit export', values, ['since']);
      return { name: 'audit export', since: sinceOf(values) };
    default:
      throw new UsageError(`no such command: ${name}`);
  }
}
