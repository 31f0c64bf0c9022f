/** Attempts to be somebody at the console: by cookies and bearers, and by rows that say so. */
import { randomUUID } from 'node:crypto';
import { annotations as keys } from '#envelope/annotations.ts';
import { createHttpsClient } from '#platform/https-client.ts';
import { sha256Hex } from '../../hashes.ts';
import type { Attempt } from './attempt.ts';
import { asWriter, forgeCookie, ownersOf, type KnownOwner } from './forging.ts';
import type { Holding } from './loot.ts';
import { rowsOf } from './openings.ts';
import type { Report } from './report.ts';
import { present } from './tickets.ts';
import { hub, stored, users, type World } from './world.ts';
import { sessions } from '../cluster.ts';

const LAUNCHER = 'https://launcher.example.org';

interface Seen {
  readonly status: number;
  readonly text: string;
}

/** The page as whoever has this cookie. */
async function visit(world: World, cookie: string, path: string, form?: URLSearchParams): Promise<Seen> {
  const client = createHttpsClient({ ca: world.ca });
  try {
    const { status, body } = await client.call({
      method: form === undefined ? 'GET' : 'POST',
      url: world.urls.console + path,
      headers: {
        accept: 'text/html',
        cookie,
        origin: world.urls.console,
        ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      body: form?.toString(),
      timeoutMs: 15_000,
      maxResponseBytes: 4_000_000,
    });
    return { status, text: body.toString() };
  } finally {
    client.close();
  }
}

function unescaped(html: string): string {
  return html.replaceAll('&quot;', '"').replaceAll('&#34;', '"').replaceAll('&amp;', '&');
}

/** Everything that the page gives, and a ticket for all that it lists. */
async function usePage(cookie: string, held: Holding, world: World, report: Report): Promise<void> {
  const list = await visit(world, cookie, '/secrets');
  if (list.status !== 200) {
    report.stopped(list.status === 303 ? 'login' : codeIn(list.text));
    return;
  }
  report.stopped('no value comes back out');
  const session = JSON.parse((await visit(world, cookie, '/session')).text) as { csrf: string };
  const query = new URLSearchParams({ namespace: sessions, return_to: `${LAUNCHER}/`, mode: 'form' });
  const form = new URLSearchParams({ csrf: session.csrf, path: '/secrets' });
  for (const name of new Set(Object.values(stored).flat())) {
    if (!list.text.includes(`/secret/${name}"`)) continue;
    form.append('pick', name);
    form.append(`to:${name}`, name);
  }
  const answer = await visit(world, cookie, `/launch?${query.toString()}`, form);
  const [, ticket] = /name="ticket" value="([^"]+)"/.exec(unescaped(answer.text)) ?? [];
  if (ticket === undefined) throw new Error(`the page gave no ticket: ${answer.status}`);
  await present(ticket, held, world, report);
}

function codeIn(page: string): string {
  return /\b(record_not_authentic|login_ended|internal_error)\b/.exec(page)?.[1] ?? 'refused page';
}

/** The API likewise. */
async function useApi(bearer: string, held: Holding, world: World, report: Report): Promise<void> {
  const person = world.atConsole(bearer);
  const answer = await person.call('GET', '/api/v1/secrets');
  if (answer.status !== 200) {
    const { code } = answer.body as { code: string }; // a problem document
    report.stopped(code);
    return;
  }
  const { items } = answer.body as { items: { name: string }[] }; // the API's own
  report.stopped('no value comes back out');
  const names = items.map(({ name }) => name);
  if (names.length === 0) return;
  const { ticket } = await person.ticket({ namespace: sessions, secrets: names });
  await present(ticket, held, world, report);
}

const useLogins: Attempt = {
  name: 'be who is logged in',
  needs: [['cookies', 'logins']],
  uses: ['accounts', 'serviceTokens'],
  control: { sets: ['cookie', 'account'], reads: 'alice/stored' },
  run: async (held, world, report) => {
    for (const cookie of held.cookies) await usePage(cookie, held, world, report);
    for (const bearer of held.logins) await useApi(bearer, held, world, report);
  },
};

const forgeCookies: Attempt = {
  name: 'be logged in by a forged cookie',
  needs: [['cookieKeys']],
  uses: ['rows', 'tickets', 'databases', 'recordKeys', 'accounts'],
  control: { sets: ['cookie-key', 'record-key', 'write', 'account'], reads: 'carol/stored' },
  run: async (held, world, report) => {
    const [key] = held.cookieKeys;
    if (!key) return;
    const stolen = rowsOf(held, 'web_sessions').map((row) => [row['id_hash'], row['owner_id']] as const);
    for (const [sid, owner] of stolen)
      await usePage(await forgeCookie(key, String(sid), String(owner)), held, world, report);
    for (const { id } of ownersOf(held)) {
      const sid = randomUUID();
      const cookie = await forgeCookie(key, sid, id);
      await usePage(cookie, held, world, report);
      const now = Date.now();
      const row = { id_hash: sha256Hex(sid), owner_id: id, opened_at: now, seen_at: now };
      await asWriter(held, async ({ db, sealed }) => {
        await db('web_sessions').insert(sealed('web_sessions', row));
        await usePage(cookie, held, world, report);
        await db('web_sessions').where({ id_hash: row.id_hash }).delete();
      });
    }
  },
};

/** Whose row it is, says the row: it is made the stranger's. */
async function takeOver({ id }: KnownOwner, held: Holding, world: World, report: Report): Promise<void> {
  const stranger = world.stranger();
  await asWriter(held, async ({ db, sealed }) => {
    const before = rowsOf(held, 'owners').find((row) => row['id'] === id);
    if (!before) return;
    await db('owners')
      .where({ id })
      .update(sealed('owners', { ...before, sub: stranger.sub }));
    try {
      await useApi(stranger.bearer, held, world, report);
    } finally {
      await db('owners').where({ id }).update(before);
    }
  });
}

/** A ticket of the stranger's own becomes one of somebody else's, and a secret of theirs somebody else's. */
async function changeOwnRows(
  { id, user }: KnownOwner,
  held: Holding,
  world: World,
  report: Report,
): Promise<void> {
  const stranger = world.stranger();
  const person = world.atConsole(stranger.bearer);
  await person.store(stored[user][0], 'of the thief');
  const { ticket, jti } = await person.ticket({ namespace: sessions, secrets: [stored[user][0]] });
  await asWriter(held, async ({ db, sealed }) => {
    const own = (await db<Record<string, unknown>>('tickets').where({ jti }).first())!;
    await db('tickets')
      .where({ jti })
      .update(sealed('tickets', { ...own, owner_id: id }));
    await present(ticket, held, world, report);
    await db('tickets').where({ jti }).update(own);
    const victim = rowsOf(held, 'secrets').find(
      (row) => row['owner_id'] === id && row['name'] === stored[user][0],
    );
    if (!victim) return;
    const { envelope, version, gen, salt, kid } = victim;
    await db('secrets').where({ owner_id: own['owner_id'] }).update({ envelope, version, gen, salt, kid });
    await present(ticket, held, world, report);
  });
}

const changeRows: Attempt = {
  name: 'be somebody else by changing rows',
  needs: [['databases'], ['accounts']],
  uses: ['rows', 'recordKeys'],
  control: { sets: ['write', 'record-key', 'account'], reads: 'carol/stored' },
  run: async (held, world, report) => {
    for (const owner of ownersOf({ rows: held.rows, tickets: [] })) {
      await takeOver(owner, held, world, report);
      if (owner.user === users[0]) await changeOwnRows(owner, held, world, report);
    }
  },
};

/** Those who have not logged in lately are made to have done so. */
const widenLauncher: Attempt = {
  name: 'name a user whom the launcher may not, by changing rows',
  needs: [['databases'], ['serviceTokens']],
  uses: ['rows', 'recordKeys'],
  control: { sets: ['write', 'record-key', 'launcher-token'], reads: 'carol/stored' },
  run: async (held, world, report) => {
    const [before] = rowsOf(held, 'logins').filter(
      ({ claim, value }) => claim === 'preferred_username' && value === 'carol',
    );
    if (!before) return;
    const now = Date.now();
    const carriers = (JSON.parse(String(before['carriers'])) as object[]).map((one) => ({
      ...one,
      lastAt: now,
    }));
    const change = { ...before, carriers: JSON.stringify(carriers), last_at: now, oldest_at: now };
    await asWriter(held, async ({ db, sealed }) => {
      const where = { id: String(before['id']) };
      await db('logins').where(where).update(sealed('logins', change));
      const annotations = { [keys.files.key]: stored.carol.join(','), [hub.annotation]: 'carol' };
      for (const bearer of held.serviceTokens) {
        const { files, code } = await world.startPod(bearer, { namespace: hub.namespace, annotations });
        for (const file of files) report.read(file);
        if (files.length === 0) report.stopped(code);
      }
      await db('logins').where(where).update(before);
    });
  },
};

export const logins: readonly Attempt[] = [useLogins, forgeCookies, changeRows, widenLauncher];
