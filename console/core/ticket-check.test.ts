import { expect } from 'chai';
import { parseOwnerId, parseSecretId, parseSecretName, parseSessionId } from '#envelope/names.ts';
import { checkTicketOf } from './ticket-check.ts';
import type { SessionRow, TicketRow } from './stores.ts';

const ownerId = parseOwnerId('00000000-0000-4000-8000-000000000001')!;
const name = parseSecretName('db-password')!;

const ticket: TicketRow = {
  jti: 'j',
  ownerId,
  hash: 'h',
  ns: 'sessions',
  sa: 'default',
  secrets: [name],
  pod: undefined,
  uses: undefined,
  used: 0,
  launcher: undefined,
  issuedAt: 1,
  exp: 2,
  revokedAt: undefined,
};
const secret = { ownerId, name, version: 1, gen: 1, salt: new Uint8Array(16) };
const session: SessionRow = {
  sid: parseSessionId('0'.repeat(32))!,
  jti: 'j',
  ownerId,
  ns: 'sessions',
  sa: 'default',
  secrets: [{ id: parseSecretId('00000000-0000-4000-8000-000000000002')!, ...secret }],
  ticketHash: 'h',
  ticketOnPod: true,
  launcher: undefined,
  openedAt: 1,
  exp: 2,
  pod: undefined,
  podUid: undefined,
  firstClaimAt: undefined,
  lastClaimAt: undefined,
  claims: 0,
};

describe('a session and its ticket’s row', () => {
  it('agree if one was opened with the other, by a ticket or by a launcher', () => {
    expect(checkTicketOf(session, ticket)).to.include({ ok: true });
    expect(checkTicketOf({ ...session, ticketOnPod: false }, { ...ticket, launcher: 'hub' })).to.include({
      ok: true,
    });
  });

  it('differ by a secret of another owner than the ticket’s', () => {
    const foreign = {
      ...session.secrets[0]!,
      ownerId: parseOwnerId('00000000-0000-4000-8000-000000000009')!,
    };
    expect(checkTicketOf({ ...session, secrets: [foreign] }, ticket)).to.include({ ok: false });
  });

  const differing: readonly [string, Partial<TicketRow>][] = [
    ['another ticket', { jti: 'k' }],
    ['another ticket', { hash: 'i' }],
    ['another owner', { ownerId: parseOwnerId('00000000-0000-4000-8000-000000000009')! }],
    ['another namespace', { ns: 'elsewhere' }],
    ['another service account', { sa: 'other' }],
    ['another way to start it', { launcher: 'hub' }],
    ['other secrets', { secrets: [parseSecretName('other')!] }],
  ];
  for (const [what, change] of differing) {
    it(`differ by ${what}: ${Object.keys(change).join()}`, () => {
      const checked = checkTicketOf(session, { ...ticket, ...change });
      expect(checked).to.deep.equal({
        ok: false,
        refusal: {
          code: 'session_differs',
          detail: `The session’s ticket is for ${what}; start the session again.`,
        },
      });
    });
  }
});
