/** Attempts at the API server and at `claim`, with every bearer that is held. */
import { annotations as keys } from '#envelope/annotations.ts';
import { openInner } from '#envelope/inner/open.ts';
import { EnvelopeError } from '#envelope/errors.ts';
import { GRANT_ISSUER, signGrant, type Grant } from '#envelope/grant.ts';
import { parseOwnerId, parseSecretId, parseSecretName, parseSessionId } from '#envelope/names.ts';
import { ed25519Signer, nodeCipher } from '#envelope/node-cipher.ts';
import type { Attempt } from './attempt.ts';
import type { Holding, Loot, Row } from './loot.ts';
import { createOpener, rowsOf } from './openings.ts';
import type { Report } from './report.ts';
import { present } from './tickets.ts';
import { codeOf, hub, stored, users, type World } from './world.ts';

const nameUsers: Attempt = {
  name: 'name a user as a launcher does',
  needs: [['serviceTokens', 'accounts']],
  uses: [],
  control: { sets: ['launcher-token'], reads: 'bob/stored' },
  run: async ({ serviceTokens, accounts }, world, report) => {
    for (const bearer of [...serviceTokens, ...accounts]) {
      for (const user of users) {
        const annotations = { [keys.files.key]: stored[user].join(','), [hub.annotation]: user };
        const podRequest = { namespace: hub.namespace, annotations };
        const { files, code } = await world.once(`name ${user} ${bearer}`, () =>
          world.startPod(bearer, podRequest),
        );
        for (const file of files) report.read(file);
        if (files.length === 0) report.stopped(code);
      }
    }
  },
};

interface SecretList {
  readonly items: readonly { readonly data?: Readonly<Record<string, string>> }[];
}

/** Inner tokens of sessions' Secrets that these bearers may read. */
export async function readSessionSecrets(
  bearers: readonly string[],
  world: World,
  report: Report,
): Promise<readonly Loot['innerTokens'][]> {
  const found: Loot['innerTokens'][] = [];
  for (const bearer of bearers) {
    for (const namespace of world.namespaces) {
      const answer = await world.atKubernetes(bearer).call('GET', `/api/v1/namespaces/${namespace}/secrets`);
      if (answer.status !== 200) report.stopped(codeOf(answer));
      else found.push(...(answer.body as SecretList).items.flatMap(({ data = {} }) => tokensIn(data)));
    }
  }
  return found;
}

/** By its secret's id, as a session's Secret has them. */
export function tokensIn(data: Readonly<Record<string, string>>): readonly Loot['innerTokens'][] {
  return Object.entries(data)
    .map(([id, value]) => ({ id, token: Buffer.from(value, 'base64').toString() }))
    .filter(({ token }) => token.startsWith('gAAAA'));
}

const readSecrets: Attempt = {
  name: 'read the Secrets of sessions',
  needs: [['serviceTokens', 'accounts', 'editors']],
  uses: ['rows', 'atRestKeys'],
  control: { sets: ['editor', 'database', 'at-rest'], reads: 'bob/running' },
  run: async (held, world, report) => {
    const bearers = [...held.serviceTokens, ...held.accounts, ...held.editors];
    const opener = createOpener(held, report);
    for (const { id, token } of await readSessionSecrets(bearers, world, report))
      await opener.innerById(token, id);
  },
};

interface PodItem {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
}

/** Pods that are listed, and those that rows of sessions name. */
async function podsSeenBy(
  bearer: string,
  held: Holding,
  world: World,
  report: Report,
): Promise<readonly PodItem[]> {
  const person = world.atKubernetes(bearer);
  const get = async (path: string): Promise<unknown> => {
    const answer = await person.call('GET', path);
    if (answer.status !== 200) report.stopped(codeOf(answer));
    return answer.status === 200 ? answer.body : undefined;
  };
  const found: PodItem[] = [];
  for (const namespace of world.namespaces) {
    const list = await get(`/api/v1/namespaces/${namespace}/pods`);
    if (list) found.push(...(list as { items: PodItem[] }).items); // the API server's own
  }
  for (const { ns, pod } of rowsOf(held, 'sessions')) {
    if (typeof pod !== 'string') continue;
    const one = await get(`/api/v1/namespaces/${String(ns)}/pods/${pod}`);
    if (one) found.push(one as PodItem); // likewise
  }
  // Not the thief's own, of earlier attempts.
  return found.filter(({ metadata: { name } }) => !/^(thief|forged)/.test(name));
}

const readPods: Attempt = {
  name: 'start a session with a ticket that stands on a pod',
  needs: [['serviceTokens', 'accounts']],
  uses: ['rows'],
  control: { sets: ['webhook-token', 'account'], reads: 'alice/running' },
  run: async (held, world, report) => {
    const bearers = [...held.serviceTokens, ...held.accounts];
    for (const bearer of bearers) {
      const pods = await podsSeenBy(bearer, held, world, report);
      const tickets = new Set(pods.flatMap(({ metadata }) => metadata.annotations?.[keys.ticket.key] ?? []));
      for (const ticket of tickets) await present(ticket, held, world, report);
    }
  },
};

/** A grant for a session as its row says, for whichever pod. */
async function forgeGrant(key: Loot['grantKeys'], row: Row, world: World): Promise<string> {
  const secrets = JSON.parse(String(row['secrets'])) as Record<
    'ownerId' | 'id' | 'name' | 'version',
    unknown
  >[];
  const grant: Grant = {
    iss: GRANT_ISSUER,
    aud: world.cluster,
    jti: String(row['jti']),
    sub: parseOwnerId(row['owner_id'])!,
    place: { ns: String(row['ns']), sa: String(row['sa']), generateName: 'thief-', by: 'thief' },
    sid: parseSessionId(row['sid'])!,
    secrets: secrets.map(({ ownerId, id, name, version }) => ({
      own: parseOwnerId(ownerId)!,
      id: parseSecretId(id)!,
      nam: parseSecretName(name)!,
      ver: Number(version),
    })),
    exp: 4_000_000_000,
  };
  return await signGrant(ed25519Signer(key), grant);
}

/** Asks `claim` with each grant and bearer; opens inner tokens with the keys that it answers. */
export async function claimWith(
  {
    grants,
    bearers,
    tokens,
  }: Record<'grants' | 'bearers', readonly string[]> & { tokens: Holding['innerTokens'] },
  world: World,
  report: Report,
): Promise<void> {
  for (const grant of grants) {
    for (const bearer of bearers) {
      const headers = { authorization: `Bearer ${bearer}` };
      const { status, body, code } = await world.once(`claim ${grant} ${bearer}`, () =>
        world.post(`${world.urls.consoleClaim}/internal/v1/claim`, { ca: world.ca }, { grant }, headers),
      );
      if (status !== 200) report.stopped(code);
      else await openWith((body as { keys: { id: string; key: string }[] }).keys, tokens, report);
    }
  }
}

export async function openWith(
  derived: readonly { readonly id: string; readonly key: string }[],
  tokens: Holding['innerTokens'],
  report: Report,
): Promise<void> {
  for (const { id, token } of tokens) {
    const found = derived.find((each) => each.id === id);
    if (!found) continue;
    try {
      report.read(await openInner(nodeCipher, Buffer.from(found.key, 'base64url'), token));
    } catch (error) {
      if (!(error instanceof EnvelopeError)) throw error;
      report.stopped(`inner layer: ${error.code}`);
    }
  }
}

const claimKeys: Attempt = {
  name: 'claim the keys of a session',
  needs: [['grants', 'grantKeys']],
  uses: ['rows', 'innerTokens', 'podTokens', 'serviceTokens', 'accounts'],
  control: { sets: ['session-secrets', 'pod-token'], reads: 'alice/running' },
  run: async (held, world, report) => {
    const [key] = held.grantKeys;
    const sessions = rowsOf(held, 'sessions');
    const forged =
      key === undefined ? [] : await Promise.all(sessions.map((row) => forgeGrant(key, row, world)));
    const inPods = await Promise.all(
      held.accounts.map((bearer) => world.once(`token ${bearer}`, () => world.tokenInPod(bearer))),
    );
    const bearers = [
      ...held.podTokens,
      ...held.serviceTokens,
      ...held.accounts,
      ...inPods.flatMap((token) => token ?? []),
    ];
    await claimWith(
      { grants: [...held.grants, ...forged], bearers, tokens: held.innerTokens },
      world,
      report,
    );
  },
};

export const atKubernetes: readonly Attempt[] = [nameUsers, readSecrets, readPods, claimKeys];
