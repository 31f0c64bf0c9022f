import { expect } from 'chai';
import pg from 'pg';
import { DatabaseError, toDatabaseError } from './failure.ts';

describe('what went wrong in a database', () => {
  it('is an outage where pg has just closed the connection', async () => {
    const client = new pg.Client();
    await client.end();
    const error: unknown = await client.query('select 1').catch(toDatabaseError);
    expect(error).to.be.instanceOf(DatabaseError).and.have.property('code', 'unavailable');
  });

  it('is an outage where the connection ended within a statement, which knex puts before pg’s words', () => {
    const words = 'Connection terminated unexpectedly';
    for (const message of [words, `select * from "keys" where "kid" = $1 limit $2 for share - ${words}`])
      expect(toDatabaseError(new Error(message)), message).to.have.property('code', 'unavailable');
  });
});
