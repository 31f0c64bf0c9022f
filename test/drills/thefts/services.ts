/** Attempts to be one of the services to the others, with every certificate that is held or can be made. */
import { parseEnvelope } from '#envelope/outer/layout.ts';
import type { Attempt } from './attempt.ts';
import { claimsOf, forgeTicket, ownersOf } from './forging.ts';
import { claimWith } from './kubernetes.ts';
import type { Holding, Leaf } from './loot.ts';
import { createOpener, rowsOf } from './openings.ts';
import { openPorts } from './ports.ts';
import type { Report } from './report.ts';
import { present } from './tickets.ts';
import { hub, stored, users, type World } from './world.ts';

/** What `resolve` answers, or what makes up for it: a ticket, and envelopes of its owner. */
interface Resolved {
  readonly ticket: string;
  readonly sid: string;
  readonly place: { readonly ns: string; readonly sa: string; readonly name: string; readonly by: string };
  readonly envelopes: readonly string[];
}

function placeOf(ticket: string) {
  const { ns, sa, pod } = claimsOf(ticket);
  return { ns, sa, name: pod ?? 'thief', by: 'thief' };
}

async function forgedTickets(held: Holding, world: World): Promise<readonly string[]> {
  const [key] = held.ticketKeys;
  if (!key) return [];
  const [row] = rowsOf(held, 'tickets');
  const under = row ? { jti: String(row['jti']) } : {};
  return await Promise.all(ownersOf(held).map((owner) => forgeTicket(key, world, owner, under)));
}

async function askResolve(
  leaf: Leaf,
  held: Holding,
  world: World,
  report: Report,
): Promise<readonly Resolved[]> {
  const url = `${world.urls.consoleResolve}/internal/v1/resolve`;
  const place = { namespace: hub.namespace, serviceAccount: 'default', pod: { name: 'thief' } };
  const words = users.map((user) => ({
    ...place,
    names: stored[user],
    launcher: { username: hub.username, user },
  }));
  const tickets = [...held.tickets, ...(await forgedTickets(held, world))].map((ticket) => {
    const { ns, sa, name } = placeOf(ticket);
    return { namespace: ns, serviceAccount: sa, pod: { name }, names: claimsOf(ticket).secrets, ticket };
  });
  const found: Resolved[] = [];
  for (const question of [...words, ...tickets]) {
    const body = { dryRun: false, variables: [], ...question };
    const answer = await world.post(url, { ca: world.ca, ...leaf }, body);
    if (answer.status !== 200) report.stopped(answer.code);
    else {
      // The console's own.
      const { ticket, sid, secrets } = answer.body as Resolved & { secrets: { envelope: string }[] };
      found.push({ ticket, sid, place: placeOf(ticket), envelopes: secrets.map(({ envelope }) => envelope) });
    }
  }
  return found;
}

/** Stored envelopes under tickets that the keyservice cannot tell from issued ones. */
async function fromCopies(held: Holding, world: World): Promise<readonly Resolved[]> {
  const tickets = await forgedTickets(held, world);
  return tickets.flatMap((ticket) => {
    const { sub } = claimsOf(ticket);
    const envelopes = rowsOf(held, 'secrets')
      .filter((row) => row['owner_id'] === sub)
      .map(({ envelope }) => String(envelope));
    return envelopes.length === 0 ? [] : [{ ticket, sid: '0'.repeat(32), place: placeOf(ticket), envelopes }];
  });
}

interface Unwrapped {
  readonly grant: string;
  readonly tokens: readonly { readonly id: string; readonly token: string }[];
}

async function askUnwrap(
  leaf: Leaf,
  { ticket, sid, place, envelopes }: Resolved,
  world: World,
  report: Report,
): Promise<Unwrapped | undefined> {
  const url = `${world.urls.keyservice}/v1/unwrap`;
  const answer = await world.post(url, { ca: world.ca, ...leaf }, { ticket, sid, place, envelopes });
  if (answer.status === 200) return answer.body as Unwrapped; // the keyservice's own
  report.stopped(answer.code);
  return undefined;
}

/** Envelopes sealed anew are opened no more than the old ones. */
async function askRewrap(leaf: Leaf, held: Holding, world: World, report: Report): Promise<void> {
  const opener = createOpener(held, report);
  const envelopes = rowsOf(held, 'secrets').map(({ envelope }) => String(envelope));
  if (envelopes.length === 0) return;
  const answer = await world.post(
    `${world.urls.keyservice}/v1/rewrap`,
    { ca: world.ca, ...leaf },
    { envelopes },
  );
  if (answer.status !== 200) report.stopped(answer.code);
  else
    for (const { envelope } of (answer.body as { envelopes: { envelope: string }[] }).envelopes) {
      const parts = parseEnvelope(envelope);
      const token = await opener.outer(parts);
      if (token !== undefined) await opener.inner(token, parts);
    }
}

const beAService: Attempt = {
  name: 'ask as webhook and console do',
  needs: [['leaves', 'roots']],
  uses: ['tickets', 'ticketKeys', 'rows', 'rsaKeys', 'atRestKeys', 'podTokens', 'serviceTokens', 'accounts'],
  control: { sets: ['webhook-resolve', 'webhook-unwrap', 'database', 'at-rest'], reads: 'bob/stored' },
  run: async (held, world, report) => {
    const ports = await openPorts(held, world, report);
    const opener = createOpener(held, report);
    const [asker] = ports.resolve;
    const [opening] = ports.unwrap;
    const [sealing] = ports.rewrap;
    if (sealing) await askRewrap(sealing, held, world, report);
    const resolved = [
      ...(asker ? await askResolve(asker, held, world, report) : []),
      ...(await fromCopies(held, world)),
    ];
    for (const each of resolved) {
      // One that was minted for a launcher, on a pod of the thief's.
      if (!held.tickets.includes(each.ticket)) await present(each.ticket, held, world, report);
      const parts = each.envelopes.map(parseEnvelope);
      for (const envelope of held.rsaKeys.length > 0 ? parts : []) {
        const token = await opener.outer(envelope);
        if (token !== undefined) await opener.inner(token, envelope);
      }
      const unwrapped = opening && (await askUnwrap(opening, each, world, report));
      if (!unwrapped) continue;
      for (const [at, { token }] of unwrapped.tokens.entries()) await opener.inner(token, parts[at]!);
      const bearers = [...held.podTokens, ...held.serviceTokens, ...held.accounts];
      await claimWith({ grants: [unwrapped.grant], bearers, tokens: unwrapped.tokens }, world, report);
    }
  },
};

export const services: readonly Attempt[] = [beAService];
