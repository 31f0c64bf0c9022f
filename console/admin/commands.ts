/**
 * What each command of `twofold-admin` does and prints. Zone 1; docs/design.md#administration. Never a key,
 * token or envelope.
 */
import { auditItem } from '../public/audit.ts';
import type { LoginClaim } from '../core/stores.ts';
import { createRetention, prunables, type Counts, type Retention } from '../core/retention.ts';
import { ownedTables, type KnownOwner, type Offboarding, type OwnedCounts } from '../store/offboarding.ts';
import type { OwnerId } from '#envelope/names.ts';
import { columns } from '#platform/columns.ts';
import { createCheck, type BrokenRow } from './check.ts';
import type { AdminConfig } from './config.ts';
import type { AdminDatabase } from './database.ts';
import { listKeys } from './keys.ts';

export interface Terminal {
  /** Resolves when the reader is ready for more. */
  readonly out: (text: string) => Promise<void>;
  readonly err: (text: string) => void;
  readonly now: () => number;
}

export interface Context {
  readonly database: AdminDatabase;
  readonly config: AdminConfig;
  readonly terminal: Terminal;
}

/** Of the whole program. */
export const exits = { done: 0, failed: 1, broken: 3, settings: 78 } as const;

type Output = 'text' | 'json';

/** The command failed; the message says why and what to do next. */
export class CommandError extends Error {}

function printJson({ terminal }: Context, value: unknown): Promise<void> {
  return terminal.out(`${JSON.stringify(value, undefined, 2)}\n`);
}

export async function keys(context: Context, output: Output): Promise<number> {
  const { database, config, terminal } = context;
  const lines = await listKeys(database.inspection, config.atRestKeys);
  if (output === 'json') await printJson(context, { keys: lines });
  else {
    const cells = lines.map(({ use, kid, state, rows }) => [use, kid, state, String(rows)]);
    await terminal.out(`${columns([['USE', 'KID', 'STATE', 'ROWS'], ...cells])}\n`);
  }
  return exits.done;
}

export async function check(context: Context, output: Output): Promise<number> {
  const { database, config, terminal } = context;
  const broken: BrokenRow[] = [];
  const { inspection, records } = database;
  const run = createCheck({
    inspection,
    records,
    atRest: config.atRestKeys,
    onBroken: (row) => broken.push(row),
  });
  const tables = await run();
  const userKeysOpened = config.atRestKeys !== undefined;
  const recordsVerified = records !== undefined;
  if (output === 'json') await printJson(context, { tables, broken, userKeysOpened, recordsVerified });
  else {
    const cells = tables.map(({ table, rows, broken: count }) => [table, String(rows), String(count)]);
    await terminal.out(`${columns([['TABLE', 'ROWS', 'BROKEN'], ...cells])}\n`);
    for (const { table, row, problem } of broken) await terminal.out(`broken: ${table} ${row}: ${problem}\n`);
    if (!userKeysOpened) {
      await terminal.out('user keys were only compared: set TWOFOLD_AT_REST_KEYS_FILE to open them\n');
    }
    if (!recordsVerified) {
      await terminal.out('no row was verified: set TWOFOLD_RECORD_KEYS_FILE to check MACs\n');
    }
  }
  return broken.length > 0 ? exits.broken : exits.done;
}

function needsRecordKey(why: string): CommandError {
  return new CommandError(`${why}: set TWOFOLD_RECORD_KEYS_FILE`);
}

async function findOwner(
  offboarding: Offboarding,
  wanted: OwnerId | LoginClaim,
): Promise<KnownOwner | undefined> {
  if (typeof wanted === 'string') return await offboarding.find(wanted);
  const found = await offboarding.carriers(wanted);
  if (found.length > 1) {
    const ids = found.map(({ id }) => id).join(', ');
    throw new CommandError(
      `several owners have logged in with this ${wanted.claim}: use one of the ids ${ids}`,
    );
  }
  return found[0];
}

function offboarded(at: number): string {
  return `everything of this owner was deleted on ${new Date(at).toISOString()}`;
}

/** Not found: an owner who is already gone is not a failure, so that scripts may run the command again. */
async function alreadyGone(context: Context, wanted: OwnerId | LoginClaim, output: Output): Promise<number> {
  const { offboarding } = context.database;
  const at = typeof wanted === 'string' ? await offboarding?.doneAt(wanted) : undefined;
  if (at === undefined)
    throw new CommandError('there is no such owner: check the id, or the claim and its value');
  if (output === 'json')
    await printJson(context, { owner: wanted, deleted: null, deletedAt: new Date(at).toISOString() });
  else await context.terminal.out(`${offboarded(at)}; nothing to do\n`);
  return exits.done;
}

function describeCounts(counts: OwnedCounts): string {
  return columns([['TABLE', 'ROWS'], ...ownedTables.map((table) => [table, String(counts[table])])]);
}

export async function offboard(
  context: Context,
  { owner: wanted, yes, output }: { owner: OwnerId | LoginClaim; yes: boolean; output: Output },
): Promise<number> {
  const { terminal } = context;
  const { offboarding } = context.database;
  if (!offboarding)
    throw needsRecordKey(
      'finding an owner reads rows that must be authentic, and deleting one changes others',
    );
  const owner = await findOwner(offboarding, wanted);
  if (!owner) return await alreadyGone(context, wanted, output);
  const counts = yes ? await offboarding.delete(owner.id, terminal.now()) : await offboarding.count(owner.id);
  if (!counts) return await alreadyGone(context, owner.id, output);
  if (output === 'json') await printJson(context, { owner, [yes ? 'deleted' : 'wouldDelete']: counts });
  else {
    await terminal.out(
      `owner ${owner.id}\nissuer ${owner.issuer}\nsub ${owner.sub}\n\n${describeCounts(counts)}\n\n`,
    );
    await terminal.out(
      yes
        ? 'deleted; the audit records remain\n'
        : 'nothing was deleted: run it again with --yes; running sessions keep their files until they end\n',
    );
  }
  return exits.done;
}

function pruneText(
  retention: Retention,
  counts: Counts,
  { yes, bound }: { yes: boolean; bound: number },
): string {
  const { sessions, logins, audit } = retention.horizons();
  const before = { sessions, tickets: sessions, reservations: retention.horizons().now, logins, audit };
  const day = (time: number | undefined): string =>
    time === undefined ? 'kept forever' : new Date(time).toISOString();
  const rows = prunables.map((what) => [what, day(before[what]), String(counts[what])]);
  const waiting = `${bound} more sessions wait for their pods to end, which the console’s own sweep checks\n`;
  return [
    `${columns([['TABLE', 'OVER BEFORE', yes ? 'DELETED' : 'ROWS'], ...rows])}\n`,
    bound > 0 ? waiting : '',
    yes ? '' : 'nothing was deleted: run it again with --yes\n',
  ].join('');
}

/** Runs without the API server, so sessions of pods that may still exist are left to the console. */
export async function prune(
  context: Context,
  { yes, output }: { yes: boolean; output: Output },
): Promise<number> {
  const { database, config, terminal } = context;
  if (yes && config.loginDays !== 0 && !database.records) {
    throw needsRecordKey('pruning logins changes rows that must stay authentic');
  }
  const retention = createRetention({ store: database.retention, clock: terminal.now }, config);
  const { counts: there, bound } = await retention.preview();
  const counts = yes ? await retention.sweep() : there;
  if (output === 'json') await printJson(context, { [yes ? 'deleted' : 'wouldDelete']: counts, bound });
  else await terminal.out(pruneText(retention, counts, { yes, bound }));
  return exits.done;
}

export async function exportAudit({ database, terminal }: Context, since: number): Promise<number> {
  for await (const page of database.inspection.auditSince(since)) {
    const lines = page.map((row) => JSON.stringify({ ...auditItem(row), owner: row.ownerId ?? null }));
    await terminal.out(`${lines.join('\n')}\n`);
  }
  return exits.done;
}
