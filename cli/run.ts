/** From arguments to an exit code: finds the command, runs it, prints the result. Zone 0. */
import { parseKid } from '#envelope/names.ts';
import { interpret, refusalText, UsageError } from '#platform/command-line.ts';
import { overview, type Program } from '#platform/commands.ts';
import type { Context } from './command.ts';
import { candidates } from './completion.ts';
import { createContext, type Outside } from './context.ts';
import { exitCodes, Failure, failure } from './failure.ts';
import type { Result } from './output.ts';
import { settingSpecs } from './settings.ts';
import { suggestionsFor } from './suggestions.ts';

interface Running extends Outside {
  readonly program: Program<Context, Result>;
  /** By default with a newline at its end. Throws a Failure where it cannot be written. */
  readonly print: (text: string, end?: string) => Promise<void>;
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
  // A SyntaxError of JSON.parse quotes its input.
  const what = error instanceof Error && !(error instanceof SyntaxError) ? error.message : 'a parser failed';
  return failure(
    'unexpected',
    `This should not have happened: ${what}`,
    'Please report it along with the command.',
    error,
  );
}

/** To standard error; as one line of JSON where the output is JSON. */
function explain({ program, note }: Running, failed: Failure, json: boolean): void {
  const { code, message, next, exit, more } = failed;
  if (json)
    note(
      JSON.stringify({ error: { code, message, ...(next === undefined ? {} : { next }), exit, ...more } }),
    );
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
    await print(asked.help);
    return;
  }
  const { command, input, everywhere } = asked;
  const context = createContext(running, everywhere);
  try {
    const result = await command.run(context, input);
    if (everywhere['output'] === 'json') await print(JSON.stringify(result.json, undefined, 2));
    else if (result.text !== '') await print(result.text, result.end);
  } finally {
    context.connections.close();
  }
}

/** Without the last word, which is not complete, and with whatever else may be wrong. */
function settingsIn(words: readonly string[]): Readonly<Record<string, string>> {
  const found = settingSpecs.flatMap(({ flag }) => {
    const at = words.slice(0, -1).lastIndexOf(`--${flag}`);
    const value = words[at + 1] === '=' ? words[at + 2] : words[at + 1];
    return at < 0 || value === undefined ? [] : [[flag, value] as const];
  });
  return Object.fromEntries(found);
}

/** Prints nothing where it cannot find out: a shell that waits must not see errors. */
async function complete(running: Running, words: readonly string[]): Promise<void> {
  const suggest = (of: string): Promise<readonly string[]> =>
    suggestionsFor(of, () => createContext(running, settingsIn(words))).catch(() => []);
  const found = await candidates(running.program, words, suggest);
  if (found.length > 0) await running.print(found.join('\n'));
}

async function dispatch(running: Running, args: readonly string[]): Promise<void> {
  const { program, print } = running;
  const [first] = args;
  if (first === undefined) await print(overview(program));
  else if (first === '--version') await print(`${program.name} ${program.version ?? ''}`);
  else if (first === 'complete' && args[1] === '--') await complete(running, args.slice(2));
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
