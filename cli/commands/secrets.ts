/** `secrets list|add|replace|delete`. Zone 0. */
import { localZone } from '#envelope/expiry.ts';
import { parseSecretName, SECRET_NAME_RULE, type SecretName } from '#envelope/names.ts';
import { lengthOf } from '#envelope/selection.ts';
import { columns } from '#platform/columns.ts';
import { dataOf, expectDone, type Api, type Schemas } from '../api/client.ts';
import { command, type Context } from '../command.ts';
import { failure } from '../failure.ts';
import { demandNote, demandReadable, noteOptions } from '../note.ts';
import { bytes, time, type Result } from '../output.ts';
import { demandTrusted } from '../pins.ts';
import { offeredKey, seal } from '../sealing.ts';
import { demandSecrets, each, meantSecret } from '../several.ts';
import { parseExpiry, toldExpiry } from '../time.ts';
import { readValue } from '../value.ts';
import { consequences } from './naming-tickets.ts';

const PAGE = 200;

export async function listAll(api: Api): Promise<readonly Schemas['Secret'][]> {
  const all: Schemas['Secret'][] = [];
  for (;;) {
    const after = all.at(-1)?.name;
    const query = { limit: PAGE, ...(after === undefined ? {} : { after }) };
    const { items } = dataOf(await api.GET('/api/v1/secrets', { params: { query } }));
    all.push(...items);
    if (items.length < PAGE) return all;
  }
}

export function demandName(text: string): SecretName {
  const name = parseSecretName(text);
  if (!name)
    throw failure(
      'name_malformed',
      `The name (${lengthOf(text)}) is not a valid secret name.`,
      `Choose another: ${SECRET_NAME_RULE}.`,
    );
  return name;
}

interface Write {
  readonly name: SecretName;
  readonly kind: 'add' | 'replace';
  /** Null: never; undefined: never for a new secret, and as it was for one that is replaced. */
  readonly expiresAt?: string | null | undefined;
  /** Of a new secret. */
  readonly note?: string | undefined;
  /** Replaces this version only. */
  readonly ifVersion?: string | undefined;
}

/** Seals here and stores; the caller wipes `value`. */
export async function store(
  context: Context,
  api: Api,
  write: Write,
  value: Uint8Array,
): Promise<Schemas['Secret']> {
  const { name, kind, expiresAt, note: written, ifVersion } = write;
  const path = { name };
  const offer = dataOf(await api.POST('/api/v1/secrets/{name}/sealing', { params: { path } }));
  const { settings, pins, note } = context;
  await demandTrusted(
    { pins, console: context.console(), configured: settings.kid, note },
    offeredKey(offer).kid,
  );
  const body = {
    ...(await seal({ name, offer, nowMs: context.now() }, value)),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
  if (kind === 'add') {
    const fresh = { name, ...(written === undefined ? {} : { note: written }), ...body };
    return dataOf(await api.POST('/api/v1/secrets', { body: fresh }));
  }
  const header = ifVersion === undefined ? {} : { 'If-Match': `"${ifVersion}"` };
  return dataOf(await api.PUT('/api/v1/secrets/{name}', { params: { path, header }, body }));
}

export const expiresOption = {
  value: 'WHEN',
  doc: 'When it expires: 2027-01-31 (the end of that day here), 2027-01-31T12:00:00Z, from now (30d, 12h), or never.',
} as const;

const writeOptions = {
  file: {
    value: 'FILE',
    short: 'f',
    doc: 'Read the value from a file, byte for byte; - is standard input.',
  },
  'trim-newline': { doc: 'Drop one newline at the end of the value.' },
  expires: expiresOption,
} as const;

const valueElsewhere = 'Leave it out to be asked for it, or use --file FILE or standard input';

const detail =
  'The value is asked for without echo, or comes from --file or standard input: 1 byte to 64 KiB, any bytes. It is\n' +
  'sealed on this machine; neither the console nor anyone in between sees it. It is never shown again, here or there.';

interface WriteOptions {
  readonly file: string | undefined;
  readonly 'trim-newline': boolean;
  readonly expires: string | undefined;
  readonly note?: string | undefined;
  readonly yes?: boolean;
  readonly 'if-version'?: string | undefined;
}

export function demandVersion(version: string | undefined): string | undefined {
  if (version !== undefined && !/^\d{1,15}$/.test(version))
    throw failure('usage', '--if-version is not a version number.', 'twofold secrets list');
  return version;
}

/** What is replaced. Before the value is asked for, and before the console reserves a place for it. */
async function demandFitting(
  api: Api,
  kind: Write['kind'],
  name: SecretName,
): Promise<Schemas['Secret'] | undefined> {
  const all = await listAll(api);
  const existing = all.find((item) => item.name === name);
  if (kind === 'add' && existing) {
    throw failure('name_taken', `You already have a secret ${name}.`, `twofold secrets replace ${name}`);
  }
  if (kind === 'replace' && !existing) {
    const meant = meantSecret(
      [name],
      all.map((item) => item.name),
    );
    throw failure('secret_unknown', `You have no secret ${name}.`, `${meant}twofold secrets add ${name}`);
  }
  return existing;
}

/** When it expires, where that is not what a person expects without being told. */
function expiryLine(
  stored: Schemas['Secret'],
  before: Schemas['Secret'] | undefined,
  named: boolean,
): string | undefined {
  const zone = localZone();
  const { expiresAt } = stored;
  if (expiresAt !== null)
    return `It ${before && !named ? 'still expires' : 'expires'} at ${toldExpiry(expiresAt, zone)}.`;
  return before && !named && before.expiresAt !== null
    ? `Its expiry has passed (${toldExpiry(before.expiresAt, zone)}), and it has none now; --expires sets one.`
    : undefined;
}

async function writeOne(
  context: Context,
  kind: Write['kind'],
  { positionals: [text = ''], options }: { positionals: readonly string[]; options: WriteOptions },
): Promise<Result> {
  const name = demandName(text);
  const { expires, yes = false } = options;
  const here = { nowMs: context.now(), zone: localZone() };
  const expiresAt = expires === undefined ? undefined : parseExpiry(expires, here);
  const note = demandNote(options.note);
  const ifVersion = demandVersion(options['if-version']);
  const api = await context.api();
  const before = await demandFitting(api, kind, name);
  const value = await readValue(context, { name, file: options.file, trimNewline: options['trim-newline'] });
  try {
    await demandReadable(context, note, { yes, value });
    const stored = await store(context, api, { name, kind, expiresAt, note, ifVersion }, value);
    const done = kind === 'add' ? 'Stored' : 'Replaced';
    const lines = [
      `${done} ${name}: version ${stored.version}, ${bytes(stored.size)}, sealed on this machine.`,
      expiryLine(stored, before, expires !== undefined) ?? [],
    ];
    return { json: stored, text: lines.flat().join('\n') };
  } finally {
    value.fill(0);
  }
}

export const list = command({
  name: 'secrets list',
  summary: 'List your secrets; never their values.',
  options: {},
  examples: [
    { line: 'twofold secrets list', doc: 'As a table' },
    { line: "twofold secrets list -o json | jq -r '.items[].name'", doc: 'Their names, for a script' },
  ],
  run: async (context) => {
    const items = await listAll(await context.api());
    const noted = items.some((item) => item.note !== null);
    const header = ['NAME', 'SIZE', 'VERSION', 'CREATED', 'CHANGED', 'LAST USED', 'EXPIRES', 'AS VARIABLE'];
    if (noted) header.push('NOTE');
    const rows = items.map((item) => [
      item.name,
      bytes(item.size),
      String(item.version),
      time(item.createdAt),
      time(item.modifiedAt),
      time(item.lastUsedAt),
      time(item.expiresAt),
      item.envSafe ? 'yes' : 'no',
      ...(noted ? [item.note ?? ''] : []),
    ]);
    const text =
      items.length > 0
        ? columns([header, ...rows])
        : 'You have no secrets yet. The first: twofold secrets add NAME';
    return { json: { items }, text };
  },
});

const name = { name: 'NAME', doc: 'name of the secret' };

export const add = command({
  name: 'secrets add',
  summary: 'Store a new secret, sealed on this machine.',
  detail,
  positionals: [name],
  options: { ...writeOptions, ...noteOptions },
  storesValue: valueElsewhere,
  examples: [
    { line: 'twofold secrets add db-password', doc: 'Asks for the value without showing it' },
    { line: 'twofold secrets add tls.key --file tls.key', doc: 'A file, binary or not' },
    { line: 'pass show db | twofold secrets add db-password --trim-newline', doc: 'From another program' },
  ],
  run: (context, input) => writeOne(context, 'add', input),
});

export const replace = command({
  name: 'secrets replace',
  summary: 'Store a new version of a secret.',
  detail:
    `${detail}\nNew sessions get the new version; running ones keep the value they started with. Without --expires, an\n` +
    'expiry that is still to come stays, and so does the note.',
  positionals: [name],
  options: {
    ...writeOptions,
    'if-version': { value: 'N', doc: 'Only if this is still its version (see list).' },
  },
  storesValue: valueElsewhere,
  examples: [
    { line: 'twofold secrets replace db-password', doc: 'Asks for the value without showing it' },
    { line: 'twofold secrets replace tls.key --file tls.key --expires 90d', doc: 'With an expiry' },
  ],
  run: (context, input) => writeOne(context, 'replace', input),
});

export const remove = command({
  name: 'secrets delete',
  summary: 'Delete secrets.',
  detail:
    'Running sessions keep their files. From then on, a pod that names the secret is refused whole: it gets none of its\n' +
    'secrets, and does not start. Live tickets that name it are listed first.',
  positionals: [{ name: 'NAME', doc: 'names of secrets', many: true }],
  options: { yes: { short: 'y', doc: 'Do not ask.' } },
  examples: [
    { line: 'twofold secrets delete db-password', doc: 'Asks first' },
    { line: 'twofold secrets delete --yes old-1 old-2', doc: 'In a script' },
  ],
  run: async (context, { positionals, options }) => {
    const names = [...new Set(positionals.map(demandName))];
    const api = await context.api();
    if (!options.yes && !context.terminal.interactive)
      throw failure('not_interactive', 'There is no terminal to ask at.', 'Add --yes.');
    demandSecrets(
      names,
      (await listAll(api)).map((item) => item.name),
    );
    for (const line of await consequences(api, names)) context.note(line);
    if (!options.yes) {
      context.note('A pod that names a deleted secret is refused whole: it gets none of its secrets.');
      const sure = await context.terminal.confirm(`Delete ${names.join(', ')}?`);
      if (!sure) throw failure('not_confirmed', 'Nothing was deleted.');
    }
    await each(names, {
      done: 'Deleted',
      notDone: 'not deleted',
      perform: async (one) =>
        expectDone(await api.DELETE('/api/v1/secrets/{name}', { params: { path: { name: one } } })),
    });
    return { json: { deleted: names }, text: `Deleted ${names.join(', ')}.` };
  },
});
