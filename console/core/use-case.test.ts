import { expect } from 'chai';
import type { Request, Response } from 'express';
import { parseOwnerId } from '#envelope/names.ts';
import { ok } from '#envelope/result.ts';
import { answering } from '../http/answer.ts';
import type { AuditRecord } from './audit.ts';
import { refuse, type Outcome } from './outcome.ts';
import { RecordError } from './record-error.ts';
import { byOwner, recordingRefusals, type UseCase } from './use-case.ts';

const ownerId = parseOwnerId('0192f0c1-2b3c-7d4e-8f50-123456789abc')!;
type Lend = UseCase<{ readonly ownerId: typeof ownerId; readonly name: string }, string>;

/** A use case that does not exist yet, in a table like that of `use-cases.ts`. */
function tableOf(lend: Omit<Lend, 'action' | 'subject'>) {
  const records: AuditRecord[] = [];
  const append = (record: AuditRecord): Promise<void> => Promise.resolve(void records.push(record));
  const calls = recordingRefusals(
    { audit: { append }, clock: () => 5 },
    { lend: { action: 'ticket', subject: byOwner, ...lend } satisfies Lend },
  );
  return { lend: calls.lend, records };
}

const refusing: Lend['act'] = ({ name }, trace): Promise<Outcome<never>> => {
  trace.names = [name];
  return Promise.resolve(refuse('secret_unknown', 'There is none.'));
};

describe('a new use case', () => {
  it('has its refusals recorded, with what it found out, and its route does nothing for that', async () => {
    const { lend, records } = tableOf({ act: refusing });
    const route = answering(async () => {
      const lent = await lend({ ownerId, name: 'a' });
      return lent.ok ? ok({ status: 200, body: { lent: lent.value } }) : lent;
    });
    const sent: unknown[] = [];
    // Only what a problem document has.
    const response = {
      status: (status: number) => (sent.push(status), response),
      type: () => response,
      send: (body: string) => sent.push((JSON.parse(body) as { code: string }).code),
    } as unknown as Response;
    await route(undefined as unknown as Request, response);
    expect(sent).to.deep.equal([404, 'secret_unknown']);
    const record = { ownerId, actor: 'owner', names: ['a'], at: 5, action: 'ticket', outcome: 'refused' };
    expect(records).to.deep.equal([{ ...record, code: 'secret_unknown' }]);
  });

  it('records its own success, and nothing is added', async () => {
    const { lend, records } = tableOf({ act: ({ name }) => Promise.resolve(ok(name)) });
    expect(await lend({ ownerId, name: 'a' })).to.deep.equal(ok('a'));
    expect(records).to.deep.equal([]);
  });

  it('is refused if it reads a row that is not authentic, and that is recorded', async () => {
    const act = () => Promise.reject(new RecordError({ table: 'tickets', row: 'x' }));
    const { lend, records } = tableOf({ act });
    expect(await lend({ ownerId, name: 'a' })).to.have.nested.property(
      'refusal.code',
      'record_not_authentic',
    );
    expect(records.map(({ code }) => code)).to.deep.equal(['record_not_authentic']);
  });

  it('says which refusals are not worth a record', async () => {
    const isRecorded: Lend['isRecorded'] = (_refused, { names }) => names?.[0] !== 'a';
    const { lend, records } = tableOf({ act: refusing, isRecorded });
    await lend({ ownerId, name: 'a' });
    await lend({ ownerId, name: 'b' });
    expect(records.map(({ names }) => names)).to.deep.equal([['b']]);
  });
});
