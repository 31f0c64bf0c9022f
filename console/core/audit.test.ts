import { expect } from 'chai';
import { parseKid, parseSecretId, parseSessionId, type SecretId } from '#envelope/names.ts';
import { nodeCipher } from '#envelope/node-cipher.ts';
import { boundedRecord, type AuditRecord } from './audit.ts';
import { createIds } from './ids.ts';

const ids = createIds((bytes) => nodeCipher.random(bytes));
/** As much as each member can hold, and more than untrusted ones should. */
const largest: AuditRecord = {
  at: Date.now(),
  action: 'resolve',
  outcome: 'refused',
  code: 'ticket_other_service_account',
  ownerId: ids.owner(),
  actor: '\u001b'.repeat(1_000),
  asserted: '\u202e'.repeat(1_024),
  names: Array.from({ length: 256 }, (_, at) => String(at).padStart(253, 'x')),
  secretIds: Array.from({ length: 256 }, (): SecretId => parseSecretId(ids.secret())!),
  version: 1,
  ns: 'n'.repeat(63),
  pod: '\u0000'.repeat(253),
  podUid: 'u'.repeat(5_000),
  kid: parseKid('A'.repeat(43))!,
  sid: parseSessionId('0'.repeat(32))!,
  jti: 'j'.repeat(5_000),
};
function bytesOf(record: object): number {
  return Buffer.byteLength(Object.values(record).join());
}

describe('an audit record', () => {
  it('of a refusal takes at most about 1 KiB, whatever was requested', () => {
    const record = boundedRecord(largest);
    expect(bytesOf(record)).to.be.below(1_100);
    expect(record).to.include({ nameCount: 256, code: 'ticket_other_service_account' });
    expect(record.names).to.have.length(4);
    expect(Object.values(record).join()).to.match(/^[\x20-\x7e…]+$/);
  });

  it('of a dry run takes no more', () => {
    expect(bytesOf(boundedRecord({ ...largest, outcome: 'done', dryRun: true }))).to.be.below(1_100);
  });

  it('of a refusal of few names has all of them, and no count', () => {
    const record = boundedRecord({ ...largest, names: ['a', 'b'] });
    expect(record.names).to.deep.equal(['a', 'b']);
    expect(record.nameCount).to.equal(undefined);
  });

  it('of what was handed out has every id, and as many names as fit into 8 KiB', () => {
    const record = boundedRecord({ ...largest, outcome: 'done' });
    expect(record.secretIds).to.have.length(256);
    expect(record.names).to.have.length(32);
    expect(record.nameCount).to.equal(256);
    const usual = Array.from({ length: 256 }, (_, at) => `a-usual-name-of-${at}`);
    expect(boundedRecord({ ...largest, outcome: 'done', names: usual })).to.deep.include({
      names: usual,
      nameCount: undefined,
    });
  });
});
