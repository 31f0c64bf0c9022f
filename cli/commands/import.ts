/** `secrets import`: a dotenv file, with a preview. Zone 0. */
import { parseDotenv, type DotenvEntry } from '#envelope/dotenv.ts';
import { MAX_VALUE_BYTES } from '#envelope/limits.ts';
import { columns } from '#platform/columns.ts';
import { command, type Context } from '../command.ts';
import { failure } from '../failure.ts';
import { bytes } from '../output.ts';
import { readFileLimited, readLimited } from '../value.ts';
import { listAll, store } from './secrets.ts';

const MAX_FILE_BYTES = 8 * 1024 * 1024;

interface Planned {
  readonly entry: DotenvEntry;
  readonly action: 'add' | 'replace' | 'leave out';
  readonly size: number;
}

async function readSource(context: Context, file: string): Promise<string> {
  const content =
    file === '-'
      ? await readLimited(context.stdin, MAX_FILE_BYTES)
      : await readFileLimited(file, MAX_FILE_BYTES);
  try {
    if (content.length > MAX_FILE_BYTES) throw failure('dotenv_malformed', `${file} has more than 8 MiB.`);
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw failure(
      'dotenv_malformed',
      `${file} is not UTF-8 text.`,
      'Store binary files with twofold secrets add --file.',
    );
  } finally {
    content.fill(0);
  }
}

/** Every entry with what would be done with it. Throws a Failure that names every line that cannot be imported. */
function plan(source: string, file: string, existing: ReadonlySet<string>): readonly Planned[] {
  const { entries, problems } = parseDotenv(source);
  const planned = entries.map((entry): Planned => {
    const size = Buffer.byteLength(entry.value);
    const action = size === 0 ? 'leave out' : existing.has(entry.name) ? 'replace' : 'add';
    return { entry, action, size };
  });
  const large = planned.filter(({ size }) => size > MAX_VALUE_BYTES);
  const all = [
    ...problems.map(({ line, problem }) => ({ line, problem })),
    ...large.map(({ entry }) => ({ line: entry.line, problem: `${entry.name} has more than 64 KiB` })),
  ].sort((a, b) => a.line - b.line);
  if (all.length > 0) {
    const told = all.map(({ line, problem }) => `line ${line}: ${problem}`).join('; ');
    throw failure(
      'dotenv_malformed',
      `${file} cannot be imported: ${told}.`,
      'Correct these lines; nothing was stored.',
    );
  }
  return planned;
}

function preview(planned: readonly Planned[]): string {
  return columns([
    ['NAME', 'SIZE', ''],
    ...planned.map(({ entry, action, size }) => [
      entry.name,
      bytes(size),
      { add: 'new', replace: 'replaces yours', 'leave out': 'left out: it is empty' }[action],
    ]),
  ]);
}

async function demandConsent({ terminal }: Context, file: string, count: number): Promise<void> {
  if (!terminal.interactive || file === '-') {
    throw failure(
      'not_interactive',
      'There is no terminal to ask at; nothing was stored.',
      'Check the preview, then add --yes.',
    );
  }
  if (!(await terminal.confirm(`Store ${count === 1 ? 'this secret' : `these ${count} secrets`}?`))) {
    throw failure('not_confirmed', 'Nothing was stored.');
  }
}

export const importSecrets = command({
  name: 'secrets import',
  summary: 'Store the entries of a dotenv file as secrets.',
  detail:
    'Shows first which are new and which replace one of yours, and asks. A line that cannot be parsed stops the import.\n' +
    'Nothing is expanded: $NAME stays as it is.',
  positionals: [{ name: 'FILE', doc: 'the dotenv file; - is standard input' }],
  options: { yes: { short: 'y', doc: 'Do not ask.' } },
  examples: [
    { line: 'twofold secrets import .env', doc: 'Shows a preview and asks' },
    { line: 'twofold secrets import .env --yes -o json', doc: 'In a script' },
  ],
  run: async (context, { positionals: [file = ''], options }) => {
    const source = await readSource(context, file);
    const api = await context.api();
    const planned = plan(source, file, new Set((await listAll(api)).map(({ name }) => name)));
    const wanted = planned.filter(({ action }) => action !== 'leave out');
    if (wanted.length === 0) throw failure('dotenv_malformed', `${file} has no entry with a value.`);
    context.note(preview(planned));
    if (!options.yes) await demandConsent(context, file, wanted.length);
    const stored: string[] = [];
    for (const { entry, action } of wanted) {
      const value = Buffer.from(entry.value);
      try {
        await store(context, api, { name: entry.name, kind: action === 'add' ? 'add' : 'replace' }, value);
      } catch (error) {
        context.note(`Stored before this: ${stored.join(', ') || 'nothing'}.`);
        throw error;
      } finally {
        value.fill(0);
      }
      stored.push(entry.name);
    }
    const items = planned.map(({ entry, action, size }) => ({ name: entry.name, action, size }));
    return { json: { items }, text: `Stored ${stored.join(', ')}, sealed on this machine.` };
  },
});
