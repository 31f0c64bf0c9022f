import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { octJwk } from '../../test/keys.ts';
import { recordKeys } from '../testing/record-rows.ts';
import { createRecords, recordColumns } from './records.ts';

describe('a record’s MAC', () => {
  const [older, newer] = [octJwk(), octJwk()];
  const records = createRecords(recordKeys(newer, older));
  const row = { kid: 'k', use: 'envelope', state: 'active', since: 1 };
  const sealed = (with_ = records) => ({ ...row, mac: with_.seal('keys', row) });

  it('is HMAC-SHA256 over the table’s name and every column, each with its length', () => {
    const jwk = { kty: 'oct', k: Buffer.alloc(32, 7).toString('base64url') };
    const field = (value: string | number): Buffer => {
      const text = String(value);
      const head = Buffer.alloc(5, typeof value === 'number' ? 2 : 1);
      head.writeUInt32BE(Buffer.byteLength(text), 1);
      return Buffer.concat([head, Buffer.from(text)]);
    };
    const values = [
      'twofold/record/v1',
      'keys',
      'kid',
      'k',
      'use',
      'envelope',
      'state',
      'active',
      'since',
      1,
    ];
    const tag = createHmac('sha256', Buffer.alloc(32, 7)).update(Buffer.concat(values.map(field)));
    const mac = createRecords(recordKeys(jwk)).seal('keys', row);
    expect(mac.split('.')[1]).to.equal(tag.digest('base64url'));
    expect(mac, 'a vector').to.equal(
      'X7ZeXWu3bq09ofncmqKiVAjOnOY7Pqoi80PIsv-egCI.1oSLbrpAmWJ9Ye6yVwjFjWbfHaPBD3F7GF7P96N1IX0',
    );
  });

  it('is made with the newest key, and verified with the one that it names', () => {
    expect(records.fits('keys', sealed())).to.equal(true);
    expect(records.fits('keys', sealed(createRecords(recordKeys(older)))), 'an older key').to.equal(true);
    expect(createRecords(recordKeys(older)).fits('keys', sealed()), 'a key that is not there').to.equal(
      false,
    );
    const mine = sealed().mac.split('.')[1] ?? '';
    const theirs = sealed(createRecords(recordKeys(older))).mac.split('.')[0] ?? '';
    expect(records.fits('keys', { ...row, mac: `${theirs}.${mine}` }), 'never by trial').to.equal(false);
  });

  it('distinguishes null from empty and columns from each other, and is valid for one table only', () => {
    const web = { id_hash: 'ab', owner_id: 'c', opened_at: 1, seen_at: 2 };
    const mac = records.seal('web_sessions', web);
    for (const changed of [
      { id_hash: 'a', owner_id: 'bc' },
      { opened_at: 2, seen_at: 1 },
      { id_hash: '' },
      { id_hash: null },
      { opened_at: 1.5 },
      { opened_at: '1' },
      { opened_at: '1', seen_at: '2' },
      { opened_at: Buffer.from('1') },
      { opened_at: undefined },
    ]) {
      expect(records.fits('web_sessions', { ...web, ...changed, mac }), JSON.stringify(changed)).to.equal(
        false,
      );
    }
    const launched = {
      ...Object.fromEntries(recordColumns.tickets.map((name) => [name, 'x'])),
      launcher: null,
    };
    const empty = { ...launched, launcher: '' };
    expect(records.seal('tickets', launched)).to.not.equal(records.seal('tickets', empty));
    const owner = { id: 'x', issuer: 'x', sub: 'x', kind: 'x', created_at: 1 };
    expect(records.fits('keys', { ...row, mac: records.seal('owners', owner) })).to.equal(false);
  });

  it('is rejected if missing, or replaced by something else', () => {
    for (const mac of ['', '.', sealed().mac.slice(0, -1), `${sealed().mac}A`, null, 5, undefined]) {
      expect(records.fits('keys', { ...row, mac }), String(mac)).to.equal(false);
    }
    expect(records.fits('keys', row)).to.equal(false);
  });

  it('is the same for what either database returns', () => {
    const session = Object.fromEntries(recordColumns.sessions.map((name) => [name, 'x']));
    const seal = (ticket_on_pod: unknown): string => records.seal('sessions', { ...session, ticket_on_pod });
    expect(seal(true)).to.equal(seal(1));
    expect(seal(false)).to.equal(seal(0));
  });

  it('is not made of values that a database cannot store', () => {
    for (const change of [
      { since: undefined },
      { since: 2 ** 60 },
      { kid: 'half \ud83d' },
      { kid: 'a\0b' },
    ]) {
      expect(() => records.seal('keys', { ...row, ...change })).to.throw('cannot be sealed');
    }
  });
});
