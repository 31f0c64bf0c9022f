/** Attempts to start a session of somebody else's with tickets: stolen ones, and forged ones. */
import { annotations as keys } from '#envelope/annotations.ts';
import { parseNames, type Ticket } from '#envelope/ticket.ts';
import { sha256Hex } from '../../hashes.ts';
import type { Attempt } from './attempt.ts';
import { asWriter, claimsOf, forgeTicket, ownersOf, type KnownOwner } from './forging.ts';
import type { Holding, Row } from './loot.ts';
import { rowsOf } from './openings.ts';
import type { Report } from './report.ts';
import type { World } from './world.ts';

type Bearers = Pick<Holding, 'accounts' | 'serviceTokens'>;

/** A pod with this ticket, in the ticket's own place, by everybody who may be able to make one. */
export async function present(ticket: string, held: Bearers, world: World, report: Report): Promise<void> {
  await presentAs(ticket, { ...held, world }, report, (_bearer, start) => start());
}

type Started = ReturnType<World['startPod']>;

async function presentAs(
  ticket: string,
  { accounts, serviceTokens, world }: Bearers & { readonly world: World },
  report: Report,
  how: (bearer: string, start: () => Started) => Started,
): Promise<void> {
  const { ns: namespace, secrets, pod, sa } = claimsOf(ticket);
  const annotations = { [keys.files.key]: secrets.join(','), [keys.ticket.key]: ticket };
  const containers = [{ name: 'main', image: 'thief' }];
  for (const bearer of [...accounts, ...serviceTokens]) {
    const podRequest = { namespace, annotations, name: pod, spec: { serviceAccountName: sa, containers } };
    const { files, code } = await how(bearer, () => world.startPod(bearer, podRequest));
    for (const file of files) report.read(file);
    if (files.length === 0) report.stopped(code);
  }
}

/** What the ticket names is made another secret of the same owner's: by its name, and by its envelope. */
async function swapRows(ticket: string, held: Holding, world: World, report: Report): Promise<void> {
  const { sub, secrets } = claimsOf(ticket);
  const names: readonly string[] = secrets;
  const own = rowsOf(held, 'secrets').filter((row) => row['owner_id'] === sub);
  const named = own.find(({ name }) => names.includes(String(name)));
  const other = own.find(({ name }) => !names.includes(String(name)));
  if (!named || !other) return;
  await asWriter(held, async ({ db }) => {
    const put = (row: Row, change: Row): Promise<unknown> =>
      db('secrets')
        .where({ id: String(row['id']) })
        .update(change);
    await put(named, { name: 'aside' });
    await put(other, { name: named['name'] });
    await present(ticket, held, world, report);
    await put(other, { name: other['name'] });
    const { envelope, version, gen, salt, kid, size } = other;
    await put(named, { name: named['name'], envelope, version, gen, salt, kid, size });
    await present(ticket, held, world, report);
    await put(named, named);
  });
}

const presentTickets: Attempt = {
  name: 'start a session with a ticket',
  needs: [['tickets'], ['accounts', 'serviceTokens']],
  uses: ['rows', 'databases'],
  control: { sets: ['ticket', 'account'], reads: 'alice/running' },
  run: async (held, world, report) => {
    for (const ticket of held.tickets) {
      await presentAs(ticket, { ...held, world }, report, (bearer, start) =>
        world.once(`present ${ticket} ${bearer}`, start),
      );
      await swapRows(ticket, held, world, report);
    }
  },
};

/** What is known of tickets that are not a launcher's. */
function issuedTo({ id }: KnownOwner, held: Holding): readonly Pick<Ticket, 'jti' | 'secrets'>[] {
  const byRow = rowsOf(held, 'tickets')
    .filter((row) => row['owner_id'] === id && row['launcher'] === null)
    .map(({ jti, secrets }) => ({
      jti: String(jti),
      secrets: parseNames(JSON.parse(String(secrets))) ?? [],
    }));
  const seen = held.tickets.map(claimsOf).filter(({ sub }) => sub === id);
  return [...byRow, ...seen].slice(0, 1);
}

const forgeTickets: Attempt = {
  name: 'start a session with a forged ticket',
  needs: [['ticketKeys'], ['accounts', 'serviceTokens']],
  uses: ['rows', 'tickets', 'databases', 'recordKeys'],
  control: { sets: ['ticket-key', 'record-key', 'write', 'account'], reads: 'carol/stored' },
  run: async (held, world, report) => {
    const [key] = held.ticketKeys;
    if (!key) return;
    for (const owner of ownersOf(held)) {
      // Under an id that was issued: for what it names, and for everything.
      for (const { jti, secrets } of issuedTo(owner, held)) {
        await present(await forgeTicket(key, world, owner, { jti, secrets }), held, world, report);
        await present(await forgeTicket(key, world, owner, { jti }), held, world, report);
      }
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
