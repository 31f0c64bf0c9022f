/** Attempts to be one of the services to the others, with every certificate that is held or can be made. */
import { annotations as keys } from '#envelope/annotations.ts';
import { parseEnvelope } from '#envelope/outer/layout.ts';
import type { Attempt } from './attempt.ts';
import { claimsOf, forgeLeaves, forgeTicket, ownersOf } from './forging.ts';
import { claimWith, readSessionSecrets } from './kubernetes.ts';
import type { Holding, Leaf } from './loot.ts';
import { createOpener, rowsOf } from './openings.ts';
import type { Report } from './report.ts';
import { hub, stored, users, type World } from './world.ts';

/** What opens a port answers so to a body of nothing. */
const READ = 'body_malformed';

interface Ports {
  readonly rewrap: readonly Leaf[];
  readonly resolve: readonly Leaf[];
  readonly unwrap: readonly Leaf[];
  readonly mutate: readonly Leaf[];
}

async function certificates({ leaves, roots }: Holding, world: World): Promise<readonly Leaf[]> {
  const forged = roots.map((root) => world.once(`leaves ${root.key}`, () => forgeLeaves(root)));
  return [...leaves, ...(await Promise.all(forged)).flat()];
}

/** Every port with every certificate: which of them open which. */
async function openPorts(held: Holding, world: World, report: Report): Promise<Ports> {
  const { consoleResolve, consoleClaim, keyservice, webhook } = world.urls;
  const addresses = {
    resolve: `${consoleResolve}/internal/v1/resolve`,
    unwrap: `${keyservice}/v1/unwrap`,
    rewrap: `${keyservice}/v1/rewrap`,
    mutate: webhook,
    claim: `${consoleClaim}/internal/v1/claim`,
  };
  const all = await certificates(held, world);
  const opened = async (url: string): Promise<readonly Leaf[]> => {
    const codes = await Promise.all(
      all.map(async (leaf) => {
        const ask = () => world.post(url, { ca: world.ca, ...leaf }, {});
        return (await world.once(`open ${url} ${leaf.key} ${leaf.cert}`, ask)).code;
      }),
    );
    for (const code of codes) if (code !== READ) report.stopped(code);
    return all.filter((_leaf, at) => codes[at] === READ);
  };
  const [rewrap, resolve, unwrap, mutate] = await Promise.all([
    opened(addresses.rewrap),
    opened(addresses.resolve),
    opened(addresses.unwrap),
    opened(addresses.mutate),
    opened(addresses.claim),
  ]);
  return { rewrap, resolve, unwrap, mutate };
}

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

/** As the API server would ask for a pod of the hub's, or for one with this ticket. */
function reviewOf(namespace: string, name: string, annotations: Readonly<Record<string, string>>): object {
  const extra = { 'authentication.kubernetes.io/pod-uid': ['of-the-hub'] };
  const spec = { containers: [{ name: 'main', image: 'thief' }] };
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'forged',
      operation: 'CREATE',
      namespace,
      userInfo: { username: hub.username, extra },
      object: { metadata: { name, annotations }, spec },
      resource: { group: '', version: 'v1', resource: 'pods' },
    },
  };
}

interface Reviewed {
  readonly response: {
    readonly allowed: boolean;
    readonly patch?: string;
    readonly status?: { readonly details: { readonly causes: readonly { readonly reason: string }[] } };
  };
}

/** What the webhook would add to the pod, by the way to it. */
function additionsIn(patch: string): { readonly metadata: object; readonly spec: object } {
  // The webhook's own.
  const operations = JSON.parse(Buffer.from(patch, 'base64').toString()) as {
    path: string;
    value: unknown;
  }[];
  const under = (path: string): unknown[] =>
    operations.filter((each) => each.path.startsWith(path)).flatMap(({ value }) => value);
  return {
    metadata: { labels: under('/metadata/labels')[0] },
    spec: {
      volumes: under('/spec/volumes'),
      initContainers: under('/spec/initContainers'),
      containers: [{ name: 'main', image: 'thief' }],
    },
  };
}

async function forgeReview(
  leaf: Leaf,
  wish: { readonly namespace: string; readonly annotations: Readonly<Record<string, string>> },
  held: Holding,
  world: World,
  report: Report,
): Promise<void> {
  const name = `forged-${Math.random().toString(36).slice(2)}`;
  const { namespace, annotations } = wish;
  const answer = await world.post(
    world.urls.webhook,
    { ca: world.ca, ...leaf },
    reviewOf(namespace, name, annotations),
  );
  if (answer.status !== 200) {
    report.stopped(answer.code);
    return;
  }
  const { response } = answer.body as Reviewed; // the webhook's own
  for (const { reason } of response.status?.details.causes ?? []) report.stopped(reason);
  if (response.patch === undefined) return;
  const { metadata, spec } = additionsIn(response.patch);
  // The pod that was never created is now made after all, with what asks for a review and without.
  for (const bearer of [...held.accounts, ...held.serviceTokens]) {
    for (const asking of [{}, annotations]) {
      const made = await world.startPod(bearer, { namespace, name, annotations: asking, metadata, spec });
      for (const file of made.files) report.read(file);
      if (made.files.length === 0) report.stopped(made.code);
    }
  }
}

const forgeReviews: Attempt = {
  name: 'ask as the API server does',
  needs: [['leaves', 'roots']],
  uses: ['tickets', 'accounts', 'serviceTokens', 'editors', 'rows', 'atRestKeys'],
  control: { sets: ['apiserver-webhook', 'editor', 'database', 'at-rest'], reads: 'bob/stored' },
  run: async (held, world, report) => {
    const [leaf] = (await openPorts(held, world, report)).mutate;
    if (!leaf) return;
    for (const user of users) {
      const annotations = { [keys.secrets]: stored[user].join(','), [hub.annotation]: user };
      await forgeReview(leaf, { namespace: hub.namespace, annotations }, held, world, report);
    }
    for (const ticket of held.tickets) {
      const { ns: namespace, secrets } = claimsOf(ticket);
      const annotations = { [keys.secrets]: secrets.join(','), [keys.ticket]: ticket };
      await forgeReview(leaf, { namespace, annotations }, held, world, report);
    }
    // Sessions have been opened, and their Secrets made.
    const opener = createOpener(held, report);
    const bearers = [...held.editors, ...held.serviceTokens, ...held.accounts];
    for (const { id, token } of await readSessionSecrets(bearers, world, report))
      await opener.innerById(token, id);
  },
};

export const services: readonly Attempt[] = [beAService, forgeReviews];
