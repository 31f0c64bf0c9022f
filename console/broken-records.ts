/**
 * Reports rows that are not authentic: every time in log and metrics, at most once a minute in the audit. Zone 1;
 * docs/design.md#records.
 */
import { parseKid, parseOwnerId, parseSessionId } from '#envelope/names.ts';
import { describeError, type Log } from '#platform/log.ts';
import type { Metrics } from '#platform/metrics.ts';
import type { AuditStore, AuditSubject } from './core/audit.ts';
import type { BrokenRecord } from './core/record-error.ts';
import { toDatabaseError } from './store/failure.ts';

interface BrokenRecords {
  report(record: BrokenRecord): void;
  /** From now on reports also go to the audit. */
  auditTo(audit: Pick<AuditStore, 'append'>): void;
  /** Resolves once every report has been written. */
  close(): Promise<void>;
}

interface Ports {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: () => number;
}

const AGAIN_MS = 60_000;
const MAX_REMEMBERED = 1_000;

/** The audit has a column for some of the ids. */
function idOf({ table, row }: BrokenRecord): Omit<AuditSubject, 'actor'> {
  if (table === 'owners') return { ownerId: parseOwnerId(row) };
  if (table === 'sessions') return { sid: parseSessionId(row) };
  if (table === 'keys') return { kid: parseKid(row) };
  return table === 'tickets' ? { jti: row } : {};
}

export function createBrokenRecords({ log, metrics, clock }: Ports): BrokenRecords {
  const count = metrics.counter(
    'twofold_console_broken_records_total',
    'Reads of rows that are not as the console wrote them.',
    ['table'],
  );
  const lastReported = new Map<string, number>();
  const writing = new Set<Promise<void>>();
  let audit: Pick<AuditStore, 'append'> | undefined;
  const isNew = ({ table, row }: BrokenRecord, now: number): boolean => {
    const name = `${table} ${row}`;
    if (now < (lastReported.get(name) ?? -Infinity) + AGAIN_MS) return false;
    if (lastReported.size >= MAX_REMEMBERED) lastReported.clear();
    lastReported.set(name, now);
    return true;
  };
  /** On a separate connection: the transaction that found the row is rolled back. */
  const append = async (record: BrokenRecord, at: number): Promise<void> => {
    const subject = { actor: 'console', ...idOf(record) };
    const outcome = { outcome: 'refused', code: 'record_not_authentic' } as const;
    try {
      await audit?.append({ ...subject, ...outcome, at, action: 'verify' });
    } catch (error) {
      log.error('a broken record could not be audited', { error: describeError(toDatabaseError(error)) });
    }
  };
  return {
    report: (record) => {
      const { table, row } = record;
      log.error('record not authentic', { code: 'record_not_authentic', reason: `${table} ${row}` });
      count({ table });
      const now = clock();
      if (!isNew(record, now)) return;
      const written = append(record, now);
      writing.add(written);
      void written.then(() => writing.delete(written));
    },
    auditTo: (store) => {
      audit = store;
    },
    close: async () => {
      await Promise.all(writing);
    },
  };
}
