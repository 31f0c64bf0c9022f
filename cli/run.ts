/** From arguments to an exit code: finds the command, runs it, prints the result. Zone 0. */
import { parseKid } from '#envelope/names.ts';
import { interpret, refusalText, UsageError } from '#platform/command-line.ts';
import { overview, type Program } from '#platform/commands.ts';
import type { Context } from './command.ts';
import { candidates } from './completion.ts';
import { createContext, type Outside } from './context.ts';
import { exitCodes, Failure, failure } from './failure.ts';
import type { Result } from './output.ts';

interface Running extends Outside {
  readonly program: Program<Context, Result>;
  /** By default with a newline at its end. */
  readonly print: (text: string, end?: string) => void;
}

function wantsJson(args: readonly string[]): boolean {
  return args.some(
    (arg, at) =>
      /^(--output=|-o=?)json$/.test(arg) || (/^(--output|-o)$/.test(arg) && args[at + 1] === 'json'),
  );
}

function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof UsageError) return failure(error.code, error.message, error.next, error);
  const what = error instanceof Error ? error.message : String(error);
  return failure(
    'unexpected',
    `This should not have happened: ${what}`,
    'Please report it along with the command.',
    error,
  );
}

/** To standard error; as one line of JSON where the output is JSON. */
function explain({ program, note }: Running, failed: Failure, json: boolean): void {
  const { code, message, next, exit } = failed;
  if (json) note(JSON.stringify({ error: { code, message, ...(next === undefined ? {} : { next }), exit } }));
  else note(refusalText(program, failed));
}

/** A key id may begin with a hyphen, like an option: marks it as a value, or as an argument. */
function withKids(args: readonly string[]): readonly string[] {
  if (args.includes('--')) return args;
  const others: string[] = [];
  const kids: string[] = [];
  for (const arg of args) {
    if (!arg.startsWith('-') || parseKid(arg) === undefined) others.push(arg);
    else if (others.at(-1) === '--kid') others.splice(-1, 1, `--kid=${arg}`);
    else kids.push(arg);
  }
  return kids.length === 0 ? others : [...others, '--', ...kids];
}

async function perform(running: Running, args: readonly string[]): Promise<void> {
  const { program, print } = running;
  const asked = interpret(program, withKids(args));
  if ('help' in asked) {
    print(asked.help);
    return;
  }
  const { command, input, everywhere } = asked;
  const context = createContext(running, everywhere);
  try {
    const result = await command.run(context, input);
    if (everywhere['output'] === 'json') print(JSON.stringify(result.json, undefined, 2));
    else if (result.text !== '') print(result.text, result.end);
  } finally {
    context.connections.close();
  }
}

async function dispatch(running: Running, args: readonly string[]): Promise<void> {
  const { program, print } = running;
  const [first] = args;
  if (first === undefined) print(overview(program));
  else if (first === '--version') print(`${program.name} ${program.version ?? ''}`);
  else if (first === 'complete' && args[1] === '--') print(candidates(program, args.slice(2)).join('\n'));
  else await perform(running, args);
}

/** The exit code. Never throws. */
export async function run(running: Running, args: readonly string[]): Promise<number> {
  try {
    await dispatch(running, args);
    return exitCodes.ok.exit;
  } catch (error) {
    const failed = asFailure(error);
    explain(running, failed, wantsJson(args));
    return failed.exit;
  }
}
