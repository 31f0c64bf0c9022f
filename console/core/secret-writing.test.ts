import { expect } from 'chai';
import { parseKid, parseSecretName } from '#envelope/names.ts';
import { nodeCipher, rsaRecipient } from '#envelope/node-cipher.ts';
import { ok } from '#envelope/result.ts';
import { rsaPair } from '../../test/keys.ts';
import { createIds } from './ids.ts';
import { refuse } from './outcome.ts';
import type { Quotas } from './quotas.ts';
import { createSecretWriting } from './secret-writing.ts';
import type { Database, SecretRow, Stores } from './stores.ts';

const ids = createIds((bytes) => nodeCipher.random(bytes));
const jwk = rsaPair().publicJwk;
const recipient = rsaRecipient(jwk);
const current: SecretRow = {
  id: ids.secret(),
  ownerId: ids.owner(),
  name: parseSecretName('a')!,
  version: 1,
  gen: 1,
  salt: new Uint8Array(16),
  envelope: '',
  kid: parseKid('A'.repeat(43))!,
  size: 1,
  envSafe: true,
  createdAt: 1,
  modifiedAt: 1,
  expiresAt: undefined,
  lastUsedAt: undefined,
  note: undefined,
};

describe('a secret that others keep changing', () => {
  it('is given up on after a few attempts, with nothing written', async () => {
    let attempts = 0;
    // Only what a replace touches; the real stores cannot be made to lose every race.
    const stores = {
      keys: { lockActive: () => Promise.resolve(true) },
      secrets: {
        find: () => Promise.resolve([current]),
        lock: () => Promise.resolve([current]),
        replace: () => {
          attempts += 1;
          return Promise.resolve(false);
        },
      },
    } as unknown as Stores;
    const database: Database = { ...stores, write: (work) => work(stores) };
    const sealing = {
      seal: () =>
        Promise.resolve(ok({ gen: 1, salt: new Uint8Array(16), envelope: 'e', kid: recipient.kid })),
    };
    const envelopeKey = { recipient, wrappedBytes: 256, jwk: jwk as never }; // not used here
    const quotas = {} as Quotas; // not used by a replace
    const writing = createSecretWriting({ database, sealing, ids, clock: () => 2, envelopeKey, quotas });
    const { ownerId, name } = current;
    const content = { kind: 'plain', bytes: Buffer.from('v'), size: 1, envSafe: true } as const;
    const outcome = await writing.replace({ ownerId, name, content, expiresAt: undefined });
    expect(outcome).to.deep.equal(
      refuse('write_conflict', 'Others are changing a at this moment; try again.'),
    );
    expect(attempts).to.equal(5);
  });
});
