import { expect } from 'chai';
import { BodyError } from '#platform/body-gate.ts';
import { DatabaseError, toDatabaseError } from '../store/failure.ts';
import { refusalOf } from './errors.ts';

function coded(code: string): Error {
  return Object.assign(new Error('aborted'), { code });
}

describe('a thrown error', () => {
  it('is the database’s only if a store threw it, whatever its code', () => {
    for (const code of ['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT']) {
      expect(refusalOf(toDatabaseError(coded(code)))?.code, 'of a store').to.equal('database_unavailable');
      expect(refusalOf(coded(code)), 'of anything else').to.equal(undefined);
      expect(refusalOf(new BodyError('broken_off', coded(code)))?.code, 'of a client').to.equal(
        'body_malformed',
      );
    }
    expect(refusalOf(new DatabaseError('failed', '23505', undefined)), 'a defect').to.equal(undefined);
  });
});
