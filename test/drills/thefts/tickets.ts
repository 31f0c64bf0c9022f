/** Attempts to start a session of somebody else's with tickets: stolen ones, and forged ones. */
import { annotations as keys } from '#envelope/annotations.ts';
import { sha256Hex } from '../../../console/sha256.ts';
import type { Attempt } from './attempt.ts';
import { asWriter, claimsOf, forgeTicket, ownersOf } from './forging.ts';
import type { Holding } from './loot.ts';
import { rowsOf } from './openings.ts';
import type { Report } from './report.ts';
import type { World } from './world.ts';

type Bearers = Pick<Holding, 'accounts' | 'serviceTokens'>;

/** A pod with this ticket, in the ticket's own place, by everybody who may be able to make one. */
export async function present(
  ticket: string,
  { accounts, serviceTokens }: Bearers,
  world: World,
  report: Report,
): Promise<void> {
  const { ns: namespace, secrets, pod, sa } = claimsOf(ticket);
  const annotations = { [keys.secrets]: secrets.join(','), [keys.ticket]: ticket };
  const containers = [{ name: 'main', image: 'thief' }];
  for (const bearer of [...accounts, ...serviceTokens]) {
    const wish = { namespace, annotations, name: pod, spec: { serviceAccountName: sa, containers } };
    const { files, code } = await world.startPod(bearer, wish);
    for (const file of files) report.read(file);
    if (files.length === 0) report.stopped(code);
  }
}

const presentTickets: Attempt = {
  name: 'start a session with a ticket',
  needs: [['tickets'], ['accounts', 'serviceTokens']],
  uses: [],
  control: { sets: ['ticket', 'account'], reads: 'alice/running' },
  run: async (held, world, report) => {
    for (const ticket of held.tickets) await present(ticket, held, world, report);
  },
};

const forgeTickets: Attempt = {
  name: 'start a session with a forged ticket',
  needs: [['ticketKeys'], ['accounts', 'serviceTokens']],
  uses: ['rows', 'tickets', 'databases', 'recordKeys'],
  control: { sets: ['ticket-key', 'record-key', 'write', 'account'], reads: 'carol/stored' },
  run: async (held, world, report) => {
    const [key] = held.ticketKeys;
    if (!key) return;
    for (const owner of ownersOf(held)) {
      const known = [
        ...rowsOf(held, 'tickets').map(({ jti }) => String(jti)),
        ...held.tickets.map((ticket) => claimsOf(ticket).jti),
      ];
      // Under an id that was issued, and under one that never was.
      for (const jti of known.slice(0, 1))
        await present(await forgeTicket(key, world, owner, { jti }), held, world, report);
      const text = await forgeTicket(key, world, owner, {});
      await present(text, held, world, report);
      const { jti, ns, sa, secrets, iat, exp } = claimsOf(text);
      const times = { issued_at: iat * 1000, exp: exp * 1000, revoked_at: null };
      const limits = { pod: null, uses: null, used: 0, launcher: null };
      const place = { ns, sa, secrets: JSON.stringify(secrets) };
      const row = { jti, owner_id: owner.id, hash: sha256Hex(text), ...place, ...limits, ...times };
      await asWriter(held, async ({ db, sealed }) => {
        await db('tickets').insert(sealed('tickets', row));
        await present(text, held, world, report);
        await db('sessions').where({ jti }).delete();
        await db('tickets').where({ jti }).delete();
      });
    }
  },
};

export const tickets: readonly Attempt[] = [presentTickets, forgeTickets];
