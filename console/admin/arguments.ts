/**
 * The commands of `twofold-admin` as data: the arguments of each, and what it runs. Zone 1;
 * docs/design.md#administration.
 */
import { parseOwnerId, type OwnerId } from '#envelope/names.ts';
import { UsageError } from '#platform/command-line.ts';
import { commandOf, exitCodes, type Program } from '#platform/commands.ts';
import type { LoginClaim } from '../core/stores.ts';
import { check, exits, exportAudit, keys, offboard, prune, type Context } from './commands.ts';

/** Opens the database for a command, once its arguments have been parsed; closes it afterwards. */
export type OnDatabase = (command: (context: Context) => Promise<number>) => Promise<number>;

const command = commandOf<OnDatabase, number>();
const output = {
  value: ['text', 'json'],
  doc: 'Output format: text (default), or JSON for programs.',
} as const;
const yes = { doc: 'Do it, instead of showing what would be done.' } as const;

function demandOwner(text: string): OwnerId | LoginClaim {
  const id = parseOwnerId(text);
  if (id !== undefined) return id;
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) {
    throw new UsageError(
      'OWNER is an owner id, or CLAIM=VALUE of a login.',
      'twofold-admin offboard email=alice@example.org',
    );
  }
  return { claim: text.slice(0, at), value: text.slice(at + 1) };
}

function demandTime(text: string): number {
  const time = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z)?$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(time)) {
    throw new UsageError(
      `--since ${text}: neither a date nor a time.`,
      'twofold-admin audit export --since 2026-01-31T12:00:00Z',
    );
  }
  return time;
}

export const program: Program<OnDatabase, number> = {
  name: 'twofold-admin',
  summary: 'the console’s database, for its operator.',
  commands: [
    command({
      name: 'keys',
      summary: 'List the key ids in rows, with the number of rows and the key’s state.',
      options: { output },
      run: (onDatabase, { options }) => onDatabase((context) => keys(context, options.output ?? 'text')),
    }),
    command({
      name: 'check',
      summary: 'Check that every row is consistent and matches its MAC, and open every user key.',
      detail: 'Names each broken row; the exit code is then 3.',
      options: { output },
      run: (onDatabase, { options }) => onDatabase((context) => check(context, options.output ?? 'text')),
    }),
    command({
      name: 'offboard',
      summary: 'Show what an owner has; with --yes delete all of it.',
      positionals: [
        { name: 'OWNER', doc: 'an owner id, or CLAIM=VALUE of a login, such as email=alice@example.org' },
      ],
      options: { yes, output },
      examples: [
        { line: 'twofold-admin offboard email=alice@example.org', doc: 'Shows what the owner has' },
        { line: 'twofold-admin offboard 6f1c0e9a-5d2b-4c3e-8f10-2b7a9c4d1e6f --yes', doc: 'Deletes it' },
      ],
      run: async (onDatabase, { positionals: [text = ''], options }) => {
        const owner = demandOwner(text);
        return await onDatabase((context) =>
          offboard(context, { owner, yes: options.yes, output: options.output ?? 'text' }),
        );
      },
    }),
    command({
      name: 'prune',
      summary: 'Show what the retention would delete; with --yes delete it now.',
      options: { yes, output },
      run: (onDatabase, { options }) =>
        onDatabase((context) => prune(context, { yes: options.yes, output: options.output ?? 'text' })),
    }),
    command({
      name: 'audit export',
      summary: 'Print the audit records as JSON lines, oldest first.',
      options: {
        since: { value: 'TIME', doc: 'Start at this time: 2026-01-31 or 2026-01-31T12:00:00Z.' },
      },
      examples: [
        { line: 'twofold-admin audit export --since 2026-01-31 >audit.jsonl', doc: 'For a log archive' },
      ],
      run: async (onDatabase, { options }) => {
        const since = options.since === undefined ? 0 : demandTime(options.since);
        return await onDatabase((context) => exportAudit(context, since));
      },
    }),
  ],
  exitCodes: {
    ...exitCodes,
    broken: { exit: exits.broken, doc: 'broken rows found' },
    settings: { exit: exits.settings, doc: 'wrong settings' },
  },
  sections: {
    Settings: [
      '  The console’s, from the environment: TWOFOLD_DATABASE_URL or TWOFOLD_DATABASE_URL_FILE,',
      '  TWOFOLD_SQLITE_ADDON, TWOFOLD_AT_REST_KEYS_FILE (optional), TWOFOLD_RECORD_KEYS_FILE (optional; for check and',
      '  offboard), TWOFOLD_RETENTION_*.',
    ],
  },
};
