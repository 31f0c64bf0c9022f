/** Rows that only the lists are looked at for. */
import { randomUUID } from 'node:crypto';
import { openDatabase, site } from './browser.ts';

/** More rows like an existing secret, which no session could get. */
export async function multiply(name: string, times: number, as: object = {}): Promise<void> {
  const database = openDatabase((await site()).stack.databaseFile);
  const row = await database<{ name: string; created_at: number }>('secrets')
    .where({ name })
    .orderBy('created_at', 'desc')
    .first();
  const rows = Array.from({ length: times }, (_, at) => ({
    ...row,
    ...as,
    id: randomUUID(),
    name: `copy-${String(at).padStart(4, '0')}`,
  }));
  await database.batchInsert('secrets', rows, 50);
  await database.destroy();
}
