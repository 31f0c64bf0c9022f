/**
 * What went wrong in a database, by the driver's code alone. Zone 1; docs/design.md#database. A
 * driver's message may quote what was written, so it goes no further than `cause`, which is never logged.
 */

/**
 * `unavailable`: locked, full, read-only or out of reach: nothing was changed, and a retry may help. `uncertain`: the
 * connection ended before the database confirmed the transaction, which may have been committed.
 */
type DatabaseErrorCode = 'unavailable' | 'uncertain' | 'failed';

export class DatabaseError extends Error {
  readonly code: DatabaseErrorCode;
  readonly driverCode: string;

  constructor(code: DatabaseErrorCode, driverCode: string, cause: unknown) {
    super(`the database reported ${driverCode}`, { cause });
    this.name = 'DatabaseError';
    this.code = code;
    this.driverCode = driverCode;
  }
}

const SQLITE_UNAVAILABLE = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY|NOMEM|PROTOCOL)/;
/** Connection exceptions, insufficient resources, shutdown, lock and statement time-outs, serialization, read-only, no log-in. */
const POSTGRES_UNAVAILABLE = /^(08...|53...|57P0.|57014|55P03|40001|40P01|25006|25P0[23]|28...|3D000|55000)$/;
const NETWORK = /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_)/;
/** Thrown by knex while it waits for a connection, and by pg when a connection ends under a query. */
const NAMELESS = /^(KnexTimeoutError|TimeoutError|AggregateError)$/;

function driverCode(error: object): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : 'no code';
}

/** A driver's error as a DatabaseError; others as they are. */
export function toDatabaseError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof DatabaseError) return error;
  const code = driverCode(error);
  const unavailable =
    SQLITE_UNAVAILABLE.test(code) ||
    POSTGRES_UNAVAILABLE.test(code) ||
    NETWORK.test(code) ||
    NAMELESS.test(error.name) ||
    // pg gives a lost connection and its own time-outs no code, only these words; knex writes the statement before them.
    /(^| - )(Connection terminated|Query read timeout|timeout expired|Connection ended|Client has encountered|Client was closed)/.test(
      error.message,
    );
  if (unavailable) return new DatabaseError('unavailable', code === 'no code' ? error.name : code, error);
  return code.startsWith('SQLITE_') || /^[0-9A-Z]{5}$/.test(code)
    ? new DatabaseError('failed', code, error)
    : error;
}
