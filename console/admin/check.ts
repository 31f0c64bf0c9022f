/**
 * `check`: whether every row is consistent, without any plaintext. Zone 1; docs/design.md#database. User
 * keys are opened under their at-rest key, and wiped; envelopes are compared with their rows: only the
 * keyservice could open them.
 */
import { EnvelopeError } from '#envelope/errors.ts';
import { tokenLength } from '#envelope/inner/layout.ts';
import { parseEnvelope } from '#envelope/outer/layout.ts';
import { openUserKey, parseUserKey } from '#envelope/user-key.ts';
import type { AtRestKeys } from '../core/keys.ts';
import type { SecretRow } from '../core/stores.ts';
import { readAudit, type Audit } from '../store/audit.ts';
import { rowName, tableNames, type Inspection, type Row, type TableName } from '../store/inspection.ts';
import { readLogin, type Login } from '../store/logins.ts';
import { readUserKey, type UserKey } from '../store/owners.ts';
import { isRecordTable, type Records } from '../store/records.ts';
import { kid, ownerId, salt, secretId, secretName } from '../store/rows.ts';
import { readSecret, type Secret } from '../store/secrets.ts';
import { readSession, type Session } from '../store/sessions.ts';
import { readTicket, type Ticket } from '../store/tickets.ts';
import { readWebSession, type WebSession } from '../store/web-sessions.ts';

export interface BrokenRow {
  readonly table: TableName;
  /** Its key, as far as it is an id. */
  readonly row: string;
  readonly problem: string;
}

interface TableResult {
  readonly table: TableName;
  readonly rows: number;
  readonly broken: number;
}

interface Ports {
  readonly inspection: Inspection;
  readonly atRest: AtRestKeys | undefined;
  readonly records: Records | undefined;
  readonly onBroken: (broken: BrokenRow) => void;
}

/** Returns what is wrong with a row, if anything; throws if a column cannot be read. */
type Examine = (row: Row) => string | undefined | Promise<string | undefined>;

function differing(pairs: Readonly<Record<string, boolean>>): string | undefined {
  const names = Object.keys(pairs).filter((name) => pairs[name] === false);
  return names.length > 0 ? `its header and its row differ in ${names.join(', ')}` : undefined;
}

function checkEnvelope(row: SecretRow): string | undefined {
  const { header, ciphertext } = parseEnvelope(row.envelope);
  const different = differing({
    own: header.ownerId === row.ownerId,
    sec: header.secretId === row.id,
    nam: header.name === row.name,
    ver: header.version === row.version,
    gen: header.gen === row.gen,
    kid: header.kid === row.kid,
    salt: Buffer.compare(header.salt, row.salt) === 0,
  });
  if (different !== undefined) return different;
  return ciphertext.length === tokenLength(row.size)
    ? undefined
    : `its envelope holds ${ciphertext.length} bytes, which is not what a value of ${row.size} bytes takes`;
}

/** An error about a row in words; a SyntaxError of JSON.parse would quote the row. */
function problemOf(error: unknown): string {
  if (error instanceof SyntaxError) return 'it holds something that is not JSON';
  if (error instanceof EnvelopeError) return error.message;
  if (error instanceof Error && error.message.startsWith('the database holds')) return error.message;
  throw error;
}

function key(owner: unknown, gen: unknown): string {
  return `${String(owner)} ${String(gen)}`;
}

/** Generations of user keys that these rows' owners have. */
async function generations(inspection: Inspection, rows: readonly Row[]): Promise<ReadonlySet<string>> {
  const owners = [...new Set(rows.map((row) => row['owner_id']))];
  const found = await inspection.find('user_keys', 'owner_id', owners);
  return new Set(found.map((row) => key(row['owner_id'], row['gen'])));
}

async function examineSecrets(
  inspection: Inspection,
  rows: readonly Row[],
  kids: ReadonlySet<string>,
): Promise<Examine> {
  const known = await generations(inspection, rows);
  return (raw) => {
    const row = readSecret(raw as unknown as Secret); // the reader checks every column
    if (!kids.has(row.kid)) return `no envelope key ${row.kid} is known`;
    if (!known.has(key(row.ownerId, row.gen))) return `its owner has no user key of generation ${row.gen}`;
    return checkEnvelope(row);
  };
}

async function examineSessions(inspection: Inspection, rows: readonly Row[]): Promise<Examine> {
  const known = await generations(inspection, rows);
  const tickets = await inspection.find('tickets', 'jti', [...new Set(rows.map((row) => row['jti']))]);
  const byJti = new Map(tickets.map((ticket) => [ticket['jti'], ticket]));
  return (raw) => {
    const row = readSession(raw as unknown as Session); // the reader checks every column
    const ticket = byJti.get(row.jti);
    if (!ticket) return 'its ticket is gone';
    const same = ticket['owner_id'] === row.ownerId && ticket['ns'] === row.ns && ticket['sa'] === row.sa;
    if (!same) return 'its ticket has another owner, namespace or service account';
    const lacking = row.secrets.find((secret) => !known.has(key(secret.ownerId, secret.gen)));
    return lacking && `its owner has no user key of generation ${lacking.gen}`;
  };
}

function examineUserKey(atRest: AtRestKeys | undefined): Examine {
  return async (raw) => {
    const row = readUserKey(raw as unknown as UserKey); // the reader checks every column
    if (!atRest) parseUserKey(row, row.key);
    else (await openUserKey(atRest.byKid, row, row.key)).fill(0);
    return undefined;
  };
}

const examineWebSession: Examine = (raw) => {
  const { openedAt, seenAt } = readWebSession(raw as unknown as WebSession); // the reader checks the owner
  return openedAt <= seenAt ? undefined : 'it was last used before it was opened';
};

/** Rows of which only the form of each column can be checked. */
const readers: Readonly<
  Record<Exclude<TableName, 'secrets' | 'sessions' | 'user_keys' | 'web_sessions'>, (row: Row) => unknown>
> = {
  owners: (row) => ownerId(row['id']),
  reservations: (row) => [
    secretId(row['secret_id']),
    ownerId(row['owner_id']),
    secretName(row['name']),
    salt.read(String(row['salt'])),
  ],
  tickets: (row) => readTicket(row as unknown as Ticket), // the reader checks every column
  logins: (row) => readLogin(row as unknown as Login), // the reader checks the carriers
  keys: (row) => kid(row['kid']),
  audit: (row) => readAudit(row as unknown as Audit), // the reader checks every column
};

export function createCheck({ inspection, atRest, records, onBroken }: Ports) {
  const notAuthentic = (table: TableName, row: Row): string | undefined =>
    records && isRecordTable(table) && !records.fits(table, row)
      ? 'it is not as the console wrote it: its MAC does not match'
      : undefined;

  const examinerFor = async (
    table: TableName,
    page: readonly Row[],
    kids: ReadonlySet<string>,
  ): Promise<Examine> => {
    if (table === 'secrets') return await examineSecrets(inspection, page, kids);
    if (table === 'sessions') return await examineSessions(inspection, page);
    if (table === 'user_keys') return examineUserKey(atRest);
    if (table === 'web_sessions') return examineWebSession;
    return (row) => {
      readers[table](row);
      return undefined;
    };
  };

  const checkRow = async (table: TableName, row: Row, examine: Examine): Promise<number> => {
    let problem: string | undefined;
    try {
      problem = await examine(row);
    } catch (error) {
      problem = problemOf(error);
    }
    const problems = [problem, notAuthentic(table, row)].filter((each) => each !== undefined);
    if (problems.length === 0) return 0;
    onBroken({ table, row: rowName(table, row), problem: problems.join('; ') });
    return 1;
  };

  const checkTable = async (table: TableName, kids: Set<string>): Promise<TableResult> => {
    let rows = 0;
    let broken = 0;
    for await (const page of inspection.pages(table)) {
      const examine = await examinerFor(table, page, kids);
      for (const row of page) broken += await checkRow(table, row, examine);
      rows += page.length;
      if (table === 'keys') for (const row of page) kids.add(String(row['kid']));
    }
    return { table, rows, broken };
  };

  /** Every row of every table, with one page at a time in memory. */
  return async (): Promise<readonly TableResult[]> => {
    const kids = new Set<string>();
    const results: TableResult[] = [];
    for (const table of tableNames) results.push(await checkTable(table, kids));
    return results;
  };
}
