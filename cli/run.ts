/** From arguments to an exit code: finds the command, runs it, prints what it has to say. Zone 0. */
import { findCommand, parseInput, type Parsed } from './arguments.ts';
import type { Command } from './command.ts';
import { candidates } from './completion.ts';
import { createContext, type Outside } from './context.ts';
import { exitCodes, Failure, failure } from './failure.ts';
import { commandHelp, overview } from './help.ts';

interface Program extends Outside {
  readonly commands: readonly Command[];
  readonly version: string;
  readonly print: (text: string) => void;
}

function wantsJson(args: readonly string[]): boolean {
  return args.some(
    (arg, at) =>
      /^(--output=|-o=?)json$/.test(arg) || (/^(--output|-o)$/.test(arg) && args[at + 1] === 'json'),
  );
}

function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const what = error instanceof Error ? error.message : String(error);
  return failure(
    'unexpected',
    `That should not have happened: ${what}`,
    'Please report it, with the command.',
    error,
  );
}

/** To standard error; as one line of JSON where the output is JSON. */
function explain({ code, message, next, exit }: Failure, json: boolean, note: Program['note']): void {
  if (json) note(JSON.stringify({ error: { code, message, ...(next === undefined ? {} : { next }), exit } }));
  else {
    note(`twofold: ${message}`);
    if (next !== undefined) note(`   next: ${next}`);
  }
}

function unknownCommand({ commands }: Program, args: readonly string[]): Failure {
  const [first = ''] = args;
  const below = commands
    .filter(({ name }) => name.startsWith(`${first} `))
    .map(({ name }) => `twofold ${name}`);
  if (below.length > 0)
    return failure('usage', `twofold ${first} does nothing alone.`, `Use ${below.join(', ')}.`);
  return failure('usage', 'There is no such command.', 'twofold --help lists them all.');
}

async function perform(program: Program, { command, input, flags }: Parsed): Promise<void> {
  const { output } = flags;
  if (flags['help'] === true) {
    program.print(commandHelp(command));
    return;
  }
  if (output !== undefined && output !== 'text' && output !== 'json') {
    throw failure('usage', '--output is text or json.');
  }
  const context = createContext(program, flags);
  try {
    const result = await command.run(context, input);
    const text = output === 'json' ? JSON.stringify(result.json, undefined, 2) : result.text;
    if (text !== '') program.print(text);
  } finally {
    context.connections.close();
  }
}

async function dispatch(program: Program, args: readonly string[]): Promise<void> {
  const { commands, version, print } = program;
  const [first] = args;
  if (first === undefined || first === 'help' || first === '--help' || first === '-h') {
    const asked = findCommand(commands, args.slice(1));
    print(asked ? commandHelp(asked.command) : overview(commands, version));
  } else if (first === '--version') print(`twofold ${version}`);
  else if (first === 'complete' && args[1] === '--') print(candidates(commands, args.slice(2)).join('\n'));
  else {
    const found = findCommand(commands, args);
    if (!found) throw unknownCommand(program, args);
    await perform(program, parseInput(found.command, args.slice(found.words)));
  }
}

/** The exit code. Never throws. */
export async function run(program: Program, args: readonly string[]): Promise<number> {
  try {
    await dispatch(program, args);
    return exitCodes.ok.exit;
  } catch (error) {
    const failed = asFailure(error);
    explain(failed, wantsJson(args), program.note);
    return failed.exit;
  }
}
