/** The `certs` command: arguments in, text and an exit code out. Belongs to no zone. Design §9. */
import { parseArgs } from 'node:util';
import { columns } from '#platform/columns.ts';
import { DAY_MS } from './issue.ts';
import { isExtraName } from './plan.ts';
import type { NextStep } from './rotation.ts';
import { StoreError } from './store-error.ts';
import {
  caBundle,
  DEFAULT_OVERLAP_MS,
  ensureCertificates,
  listCertificates,
  rotateRoot,
  type CertificateList,
} from './store.ts';

const USAGE = `usage: node certs/main.ts COMMAND --dir DIR [options]

  issue      issue what is missing, renew what is due, keep the rest
               --name NAME        a DNS name or address to add to every server leaf; may be repeated
  rotate     begin to replace the root, or take the next step where it is due
               --continue         begin only in the last third of the root's life
               --overlap-days N   days that a root is trusted before it signs, and after (default ${DEFAULT_OVERLAP_MS / DAY_MS})
  show       list roots and leaves
  ca-bundle  print all trusted roots in base64, for a webhook configuration

exit codes: 0 done, 1 could not be done, 2 wrong usage
`;

const options = {
  dir: { type: 'string' },
  name: { type: 'string', multiple: true },
  continue: { type: 'boolean' },
  'overlap-days': { type: 'string' },
} as const;

type Command = 'issue' | 'rotate' | 'show' | 'ca-bundle';
type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

const optionsOf: Readonly<Record<Command, readonly string[]>> = {
  issue: ['dir', 'name'],
  rotate: ['dir', 'continue', 'overlap-days'],
  show: ['dir'],
  'ca-bundle': ['dir'],
};

/** What the command needs of the world. */
interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly now: () => Date;
}

class UsageError extends Error {}

/** Runs one command and returns its exit code. Never prints a key. Throws for defects only. */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await dispatch(args, terminal);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.err(`certs: ${error.message}\n\n${USAGE}`);
      return 2;
    }
    if (error instanceof StoreError || isSystemError(error)) {
      terminal.err(`certs: ${error.message}${causeOf(error)}\n`);
      return 1;
    }
    throw error;
  }
}

async function dispatch(args: readonly string[], terminal: Terminal): Promise<void> {
  const { command, dir, values } = parseArguments(args);
  switch (command) {
    case 'issue':
      return issue(dir, values, terminal);
    case 'rotate':
      return rotate(dir, values, terminal);
    case 'show':
      terminal.out(renderList(await listCertificates(dir), terminal.now()));
      return;
    case 'ca-bundle':
      terminal.out(`${await caBundle(dir)}\n`);
      return;
  }
}

function parseArguments(args: readonly string[]): { command: Command; dir: string; values: Values } {
  const { values, positionals } = parseStrictly(args);
  const [command, ...rest] = positionals;
  if (command === undefined) throw new UsageError('a command is missing');
  if (!isCommand(command)) throw new UsageError(`no such command: ${command}`);
  if (rest.length > 0) throw new UsageError(`one command at a time: ${rest.join(' ')}`);
  const { dir } = values;
  if (dir === undefined || dir === '') throw new UsageError('--dir is missing');
  for (const option of Object.keys(values)) {
    if (!optionsOf[command].includes(option))
      throw new UsageError(`--${option} is not an option of ${command}`);
  }
  return { command, dir, values };
}

/** The parser's own errors are about what was typed, and say it well. */
function parseStrictly(args: readonly string[]): { values: Values; positionals: string[] } {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'wrong arguments');
  }
}

async function issue(dir: string, { name: extraNames = [] }: Values, { out, now }: Terminal): Promise<void> {
  for (const name of extraNames) {
    if (!isExtraName(name))
      throw new UsageError(`--name ${name}: neither a DNS name in lower case nor an address`);
  }
  const onProgress = (line: string): void => out(`${line}\n`);
  const { leaves, rotationDue } = await ensureCertificates({ dir, extraNames, now: now(), onProgress });
  const issued = leaves.filter(({ action }) => action === 'issued').length;
  out(`${issued} issued, ${leaves.length - issued} kept\n`);
  if (rotationDue) out('the root is in the last third of its life: run `rotate`\n');
}

async function rotate(dir: string, values: Values, { out, now }: Terminal): Promise<void> {
  const days = values['overlap-days'];
  if (days !== undefined && !/^\d{1,4}$/.test(days))
    throw new UsageError(`--overlap-days ${days}: not a number of days`);
  const next = await rotateRoot({
    dir,
    now: now(),
    begin: values.continue === true ? 'when-due' : 'now',
    overlapMs: days === undefined ? DEFAULT_OVERLAP_MS : Number(days) * DAY_MS,
    onProgress: (line) => out(`${line}\n`),
  });
  out(`${describeStep(next)}\n`);
}

const done = {
  stage: 'staged: a new root is trusted; it signs after the overlap',
  activate: 'activated: the new root signs; the old one is trusted for another overlap',
  drop: 'dropped: the old root is no longer trusted; the rotation is complete',
  settle: 'nothing done',
  rest: 'nothing to do: no rotation is under way, and none is due',
} as const;

function describeStep(next: NextStep): string {
  return next.step === 'wait' ? `waiting: ${next.then} at ${next.until.toISOString()}` : done[next.step];
}

function renderList({ roots, leaves }: CertificateList, now: Date): string {
  const expiry = (notAfter: Date | undefined): string[] =>
    notAfter === undefined
      ? ['-', '-']
      : [
          notAfter.toISOString().slice(0, 10),
          String(Math.floor((notAfter.getTime() - now.getTime()) / DAY_MS)),
        ];
  return `${columns([
    ['LEAF', 'NAMES', 'NOT AFTER', 'DAYS LEFT'],
    ...roots.map(({ id, phase, notAfter }) => [`root ${id}`, phase, ...expiry(notAfter)]),
    ...leaves.map(({ plan, names, notAfter, fault }) => [
      plan.folder,
      fault ?? (plan.usage === 'client' ? `client ${plan.commonName}` : names.join(' ')),
      ...expiry(notAfter),
    ]),
  ])}\n`;
}

function isCommand(text: string): text is Command {
  return Object.hasOwn(optionsOf, text);
}

function causeOf({ cause }: Error): string {
  return isSystemError(cause) ? ` (${cause.message})` : '';
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}
