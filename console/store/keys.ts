/** Which envelope key is the active one, agreed on by all replicas. Zone 1; docs/design.md#keys. */
import type { Knex } from 'knex';
import type { KeyStore } from '../core/stores.ts';
import { createRecordTable } from './record-table.ts';
import type { Records } from './records.ts';

interface Key {
  kid: string;
  use: string;
  state: 'active' | 'retired';
  since: number;
}

const USE = 'envelope';

export function createKeyStore(db: Knex, records: Records): KeyStore {
  const keys = createRecordTable<Key>(db, records, 'keys');
  return {
    activate: async (kid, now) => {
      const all = keys.read(await db<Key>('keys').where({ use: USE }).orderBy('kid').forUpdate());
      for (const other of all.filter((key) => key.kid !== kid && key.state === 'active')) {
        await keys.amend({ kid: other.kid }, () => ({ state: 'retired', since: now }));
      }
      await keys.insertIfNew({ kid, use: USE, state: 'active', since: now }, ['kid']);
      await keys.amend({ kid }, ({ state }) =>
        state === 'retired' ? { state: 'active', since: now } : undefined,
      );
    },
    lockActive: async (kid) => {
      const key = await keys.lock({ kid }, 'share');
      return key?.use === USE && key.state === 'active';
    },
  };
}
