/** From arguments to a command and its input, or a refusal that never repeats a value. Zone 0; pure. */
import { parseArgs } from 'node:util';
import { parseKid } from '#envelope/names.ts';
import type { Command, Input, OptionSpec, OptionSpecs } from './command.ts';
import { failure, type Failure } from './failure.ts';
import { settingSpecs } from './settings.ts';

/** Options of every command. */
export const globalOptions: OptionSpecs = {
  output: { value: 'text|json', short: 'o', doc: 'What is printed: text (default), or JSON for programs.' },
  help: { short: 'h', doc: 'Show help.' },
  ...Object.fromEntries(settingSpecs.map(({ flag, value, doc }) => [flag, { value, doc }])),
};

export interface Parsed {
  readonly command: Command;
  readonly input: Input;
  readonly flags: Readonly<Record<string, string | boolean>>;
}

/** The command with the most words at the beginning, and how many there are. */
export function findCommand(
  commands: readonly Command[],
  words: readonly string[],
): { readonly command: Command; readonly words: number } | undefined {
  const found = commands
    .map((command) => ({ command, parts: command.name.split(' ') }))
    .filter(({ parts }) => parts.every((part, at) => words[at] === part))
    .sort((a, b) => b.parts.length - a.parts.length)[0];
  return found && { command: found.command, words: found.parts.length };
}

function helpFor(command: Command): string {
  return `twofold ${command.name} --help`;
}

/** Arguments are seen by every user of the machine, and stay in the shell's history. */
function valueInArgument(command: Command): Failure {
  return failure(
    'value_in_argument',
    'A value never comes from an argument: others could see it in the list of processes, and your shell remembers it.',
    `If it was a real value, change it where it is used. Leave it out to be asked for it, or use --file FILE or standard input; see ${helpFor(command)}`,
  );
}

function unknownOption(command: Command, name: string): Failure {
  return command.storesValue && /^(value|password|secret|token|key|data|content)s?$/i.test(name)
    ? valueInArgument(command)
    : failure('usage', `twofold ${command.name} has no option --${name}.`, helpFor(command));
}

/** A key's id may begin as an option does, with a hyphen: then it is told to be a value, or an argument. */
function withKids(args: readonly string[]): string[] {
  if (args.includes('--')) return [...args];
  const others: string[] = [];
  const kids: string[] = [];
  for (const arg of args) {
    if (!arg.startsWith('-') || parseKid(arg) === undefined) others.push(arg);
    else if (others.at(-1) === '--kid') others.splice(-1, 1, `--kid=${arg}`);
    else kids.push(arg);
  }
  return kids.length === 0 ? others : [...others, '--', ...kids];
}

function takeOptions(
  command: Command,
  args: readonly string[],
): { positionals: readonly string[]; flags: Readonly<Record<string, string | boolean>> } {
  const specs: Readonly<Record<string, OptionSpec>> = { ...command.options, ...globalOptions };
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, { value, short }]) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const), ...(short ? { short } : {}) },
    ]),
  );
  const { tokens, positionals } = parseArgs({
    args: withKids(args),
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const flags: Record<string, string | boolean> = {};
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const spec = Object.hasOwn(specs, token.name) ? specs[token.name] : undefined;
    if (!spec) throw unknownOption(command, token.name);
    if (token.name in flags) throw failure('usage', `--${token.name} is given twice.`, 'Keep one.');
    if (spec.value === undefined) {
      if (token.value !== undefined)
        throw failure('usage', `--${token.name} takes no value.`, helpFor(command));
      flags[token.name] = true;
    } else {
      if (token.value === undefined || (!token.inlineValue && /^-./.test(token.value))) {
        throw failure(
          'usage',
          `--${token.name} needs a value: --${token.name} ${spec.value}`,
          helpFor(command),
        );
      }
      flags[token.name] = token.value;
    }
  }
  return { positionals, flags };
}

function checkPositionals(command: Command, given: readonly string[]): void {
  const specs = command.positionals ?? [];
  const missing = specs.find(({ optional }, at) => !optional && given[at] === undefined);
  if (missing) throw failure('usage', `${missing.name} is missing: ${missing.doc}`, helpFor(command));
  if (given.length > specs.length && !specs.at(-1)?.many) {
    throw command.storesValue
      ? valueInArgument(command)
      : failure(
          'usage',
          `twofold ${command.name} takes ${specs.length || 'no'} argument${specs.length === 1 ? '' : 's'}, not ${given.length}.`,
          helpFor(command),
        );
  }
}

/** `args` are those behind the command's words. With `--help`, arguments may be missing. */
export function parseInput(command: Command, args: readonly string[]): Parsed {
  const { positionals, flags } = takeOptions(command, args);
  if (flags['help'] !== true) checkPositionals(command, positionals);
  const own = Object.entries(command.options).map(([name, { value }]) => [
    name,
    flags[name] ?? (value === undefined ? false : undefined),
  ]);
  // Every option of the command, as its spec says.
  const options = Object.fromEntries(own) as Input['options'];
  return { command, input: { positionals, options }, flags };
}
