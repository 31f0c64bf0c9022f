/** Which envelope key is the active one, agreed on by all replicas. Zone 1; design §4. */
import type { Knex } from 'knex';
import type { KeyStore } from '../core/stores.ts';

interface Key {
  kid: string;
  use: string;
  state: 'active' | 'retired';
  since: number;
}

const USE = 'envelope';

export const createKeyStore = (db: Knex): KeyStore => {
  const keys = () => db<Key>('keys');
  return {
    activate: async (kid, now) => {
      await keys()
        .where({ use: USE, state: 'active' })
        .whereNot({ kid })
        .update({ state: 'retired', since: now });
      await keys().insert({ kid, use: USE, state: 'retired', since: now }).onConflict('kid').ignore();
      await keys().where({ kid, state: 'retired' }).update({ state: 'active', since: now });
    },
    lockActive: async (kid) =>
      (await keys().where({ kid, use: USE, state: 'active' }).forShare().first('kid')) !== undefined,
  };
};
