/**
 * The operator's access to the database, which must exist and have this version. Zone 1;
 * docs/design.md#administration.
 */
import { existsSync } from 'node:fs';
import type { RetentionStore } from '../core/retention.ts';
import { connect, sqliteFile, type DatabaseOptions } from '../store/connection.ts';
import { toDatabaseError } from '../store/failure.ts';
import { createInspection, type Inspection } from '../store/inspection.ts';
import { expectSchema } from '../store/migrate.ts';
import { createOffboarding, type Offboarding } from '../store/offboarding.ts';
import { createRetentionStore } from '../store/retention.ts';
import type { Records } from '../store/records.ts';

export interface AdminDatabase {
  readonly inspection: Inspection;
  /** Undefined without the record key: it reads and writes rows that have a MAC. */
  readonly offboarding: Offboarding | undefined;
  /** Undefined without the record key. */
  readonly records: Records | undefined;
  readonly retention: RetentionStore;
  close(): Promise<void>;
}

/** Changes nothing. Rejects if there is no console's database, or one of another version. */
export async function openAdminDatabase(
  options: DatabaseOptions,
  records: Records | undefined,
): Promise<AdminDatabase> {
  const file = sqliteFile(options);
  // SQLite would create an empty one.
  if (file !== undefined && !existsSync(file)) throw new Error(`there is no file ${file}`);
  const { db } = connect(options);
  try {
    await expectSchema(db);
  } catch (error) {
    await db.destroy();
    throw toDatabaseError(error);
  }
  return {
    inspection: createInspection(db),
    offboarding: records && createOffboarding(db, records),
    records,
    retention: createRetentionStore(db, records),
    close: () => db.destroy(),
  };
}
