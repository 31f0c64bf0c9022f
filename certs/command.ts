/** The `certs` command: arguments in, text and an exit code out. Belongs to no zone; docs/design.md#certificates. */
import { runCommandLine, UsageError } from '#platform/command-line.ts';
import { columns } from '#platform/columns.ts';
import { commandOf, exitCodes, type Program } from '#platform/commands.ts';
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

/** What the command needs from its environment. */
interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly now: () => Date;
}

const command = commandOf<Terminal, unknown>();
const dir = { value: 'DIR', required: true, doc: 'The folder of roots and certificates.' } as const;

const program: Program<Terminal, unknown> = {
  name: 'certs',
  call: 'node certs/main.ts',
  summary: 'this installation’s own CA.',
  commands: [
    command({
      name: 'issue',
      summary: 'Issue what is missing, renew what is due, keep the rest.',
      options: {
        dir,
        name: {
          value: 'NAME',
          many: true,
          doc: 'A DNS name or address to add to every server leaf; may be repeated.',
        },
      },
      run: (terminal, { options }) => issue(options.dir, options.name, terminal),
    }),
    command({
      name: 'rotate',
      summary: 'Begin to replace the root, or take the next step when it is due.',
      options: {
        dir,
        continue: { doc: 'Begin only in the last third of the root’s life.' },
        'overlap-days': {
          value: 'N',
          doc: `Days that a root is trusted before it signs, and after (default ${DEFAULT_OVERLAP_MS / DAY_MS}).`,
        },
      },
      run: (terminal, { options }) =>
        rotate(
          options.dir,
          { begin: options.continue ? 'when-due' : 'now', days: options['overlap-days'] },
          terminal,
        ),
    }),
    command({
      name: 'show',
      summary: 'List roots and leaves.',
      options: { dir },
      run: async ({ out, now }, { options }) => {
        out(renderList(await listCertificates(options.dir), now()));
      },
    }),
    command({
      name: 'ca-bundle',
      summary: 'Print all trusted roots in base64, for a webhook configuration.',
      options: { dir },
      run: async ({ out }, { options }) => {
        out(`${await caBundle(options.dir)}\n`);
      },
    }),
  ],
  exitCodes,
};

/** Runs one command and returns its exit code. Never prints a key. Throws for defects only. */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await runCommandLine(program, args, terminal, terminal);
  } catch (error) {
    if (!(error instanceof StoreError || isSystemError(error))) throw error;
    terminal.err(`certs: ${error.message}${causeOf(error)}\n`);
    return exitCodes.failed.exit;
  }
}

async function issue(folder: string, extraNames: readonly string[], { out, now }: Terminal): Promise<void> {
  for (const name of extraNames) {
    if (!isExtraName(name))
      throw new UsageError(
        `--name ${name}: neither a DNS name in lower case nor an address.`,
        'node certs/main.ts issue --help',
      );
  }
  const { leaves, rotationDue } = await ensureCertificates({
    dir: folder,
    extraNames,
    now: now(),
    onProgress: (line) => out(`${line}\n`),
  });
  const issued = leaves.filter(({ action }) => action === 'issued').length;
  out(`${issued} issued, ${leaves.length - issued} kept\n`);
  if (rotationDue) out('the root is in the last third of its life: run `rotate`\n');
}

async function rotate(
  folder: string,
  { begin, days }: { readonly begin: 'when-due' | 'now'; readonly days: string | undefined },
  { out, now }: Terminal,
): Promise<void> {
  if (days !== undefined && !/^\d{1,4}$/.test(days))
    throw new UsageError(`--overlap-days ${days}: not a number of days.`, 'node certs/main.ts rotate --help');
  const next = await rotateRoot({
    dir: folder,
    now: now(),
    begin,
    overlapMs: days === undefined ? DEFAULT_OVERLAP_MS : Number(days) * DAY_MS,
    onProgress: (line) => out(`${line}\n`),
  });
  out(`${describeStep(next)}\n`);
}

const descriptions = {
  stage: 'staged: a new root is trusted; it signs after the overlap',
  activate: 'activated: the new root signs; the old one is trusted for another overlap',
  drop: 'dropped: the old root is no longer trusted; the rotation is complete',
  settle: 'nothing to do',
  rest: 'nothing to do: no rotation is under way, and none is due',
} as const;

function describeStep(next: NextStep): string {
  return next.step === 'wait'
    ? `waiting: ${next.then} at ${next.until.toISOString()}`
    : descriptions[next.step];
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

function causeOf({ cause }: Error): string {
  return isSystemError(cause) ? ` (${cause.message})` : '';
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}
