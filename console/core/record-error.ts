/** A row that confers authority but is not as the console wrote it. Zone 1; docs/design.md#records. */
import { refuse, type Outcome } from './outcome.ts';

export interface BrokenRecord {
  readonly table: string;
  /** Its key, if that is an id. */
  readonly row: string;
}

/** Thrown when such a row is read, so that nothing can use it, or treat it as missing. */
export class RecordError extends Error {
  readonly record: BrokenRecord;

  constructor(record: BrokenRecord) {
    super(`the row ${record.table} ${record.row} is not authentic; look at it with twofold-admin check`);
    this.name = 'RecordError';
    this.record = record;
  }
}

/** What the caller may know; the log says which row it is. */
export const brokenRecord = refuse(
  'record_not_authentic',
  'A record that this depends on is not as the console wrote it, so nothing was done; tell the operator, who can find it with twofold-admin check.',
);

/** A broken row is a refusal like any other. */
export async function refusingBrokenRecords<T>(work: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RecordError) return brokenRecord;
    throw error;
  }
}
