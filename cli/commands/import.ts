/** `secrets import`: a dotenv file, with a preview. Zone 0. */
import {
  decodeImport,
  MAX_IMPORT_BYTES,
  planImport,
  type ImportPlan,
  type ImportProblem,
} from '#envelope/import-plan.ts';
import { columns } from '#platform/columns.ts';
import { command, type Context } from '../command.ts';
import { failure } from '../failure.ts';
import { bytes } from '../output.ts';
import { readFileLimited, readLimited } from '../value.ts';
import { listAll, store } from './secrets.ts';

/** Every problem of the file, each with its line, code and next step. */
function refusedFile(file: string, problems: readonly ImportProblem[]): Error {
  const about = file === '-' ? 'Standard input' : file;
  const told = problems.map(
    ({ line, code, problem, next }) =>
      `${line === undefined ? '' : `line ${line}: `}${problem} (${code}). ${next}`,
  );
  return failure(
    'dotenv_malformed',
    [`${about} cannot be imported:`, ...told].join(told.length === 1 ? ' ' : '\n  '),
    'Correct this; nothing was stored.',
    undefined,
    { problems },
  );
}

async function readSource(
  { stdin }: Context,
  file: string,
): Promise<{ text: string; notes: readonly string[] }> {
  const content =
    file === '-' ? await readLimited(stdin, MAX_IMPORT_BYTES) : await readFileLimited(file, MAX_IMPORT_BYTES);
  try {
    const decoded = decodeImport(content);
    if (!decoded.ok) throw refusedFile(file, [decoded.refused]);
    return decoded;
  } finally {
    content.fill(0);
  }
}

/** What would be done with each entry, then every note, which names its line. */
function preview({ secrets, leftOut, notes: whole }: ImportPlan, fileNotes: readonly string[]): string {
  const rows = [
    ...secrets.map(({ line, name, size, replaces, notes }) => ({
      line,
      name,
      size,
      state: replaces === undefined ? 'new' : 'replaces yours',
      notes,
    })),
    ...leftOut.map(({ line, name, notes }) => ({
      line,
      name,
      size: 0,
      state: 'left out: it is empty',
      notes,
    })),
  ].sort((a, b) => a.line - b.line);
  const noted = rows.flatMap(({ line, notes }) => notes.map((note) => `line ${line}: ${note}`));
  return [
    columns([
      ['LINE', 'NAME', 'SIZE', ''],
      ...rows.map(({ line, name, size, state }) => [String(line), name, bytes(size), state]),
    ]),
    ...fileNotes,
    ...whole,
    ...noted,
  ].join('\n');
}

/** Only what the preview showed. */
function replacing(version: number): { readonly kind: 'replace'; readonly ifVersion: string } {
  return { kind: 'replace', ifVersion: String(version) };
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
    'Shows first which are new and which replace one of yours, and what was cut off or kept, and asks. The file is\n' +
    'imported whole or not at all: a line that cannot be read stops the import. Nothing is expanded: ${NAME} stays as it is.',
  positionals: [{ name: 'FILE', doc: 'the dotenv file; - is standard input' }],
  options: { yes: { short: 'y', doc: 'Do not ask.' } },
  examples: [
    { line: 'twofold secrets import .env', doc: 'Shows a preview and asks' },
    { line: 'twofold secrets import .env --yes -o json', doc: 'In a script' },
  ],
  run: async (context, { positionals: [file = ''], options }) => {
    const { text, notes } = await readSource(context, file);
    const api = await context.api();
    const versions = new Map((await listAll(api)).map(({ name, version }) => [name, version]));
    const plan = planImport(text, { versions });
    if (plan.refused.length > 0) throw refusedFile(file, plan.refused);
    const { secrets, leftOut } = plan;
    context.note(preview(plan, notes));
    if (!options.yes) await demandConsent(context, file, secrets.length);
    const stored: string[] = [];
    for (const { name, value: text, replaces } of secrets) {
      const value = Buffer.from(text);
      const write = replaces === undefined ? ({ kind: 'add' } as const) : replacing(replaces);
      try {
        await store(context, api, { name, ...write }, value);
      } catch (error) {
        context.note(`Stored before this: ${stored.join(', ') || 'nothing'}.`);
        throw error;
      } finally {
        value.fill(0);
      }
      stored.push(name);
    }
    const items = [
      ...secrets.map(({ line, name, size, notes, replaces }) => {
        const action = replaces === undefined ? 'add' : 'replace';
        return { line, name, action, size, notes };
      }),
      ...leftOut.map(({ line, name, notes }) => ({ line, name, action: 'leave out', size: 0, notes })),
    ].sort((a, b) => a.line - b.line);
    return { json: { items }, text: `Stored ${stored.join(', ')}, sealed on this machine.` };
  },
});
