/**
 * From arguments to a command and its input, for every program of Twofold. No zone. A refusal says what is wrong
 * and the next step, and repeats no value: it may be a secret.
 */
import { parseArgs } from 'node:util';
import {
  callOf,
  commandHelp,
  commandName,
  exitCodes,
  findCommand,
  optionsOfEvery,
  overview,
  valueName,
  type AnyProgram,
  type Command,
  type Input,
  type OptionSpec,
  type OptionSpecs,
  type Program,
} from './commands.ts';
import { nearest } from './nearest.ts';

/** The arguments are wrong; the message says why. */
export class UsageError extends Error {
  readonly code: 'usage' | 'value_in_argument';
  /** What to do now. */
  readonly next: string | undefined;

  constructor(message: string, next?: string, code: UsageError['code'] = 'usage') {
    super(message);
    this.name = 'UsageError';
    this.code = code;
    this.next = next;
  }
}

interface Reading {
  /** As it is typed, with the program in front. */
  readonly name: string;
  readonly command: Command<never, unknown>;
  /** Including those of every command. */
  readonly specs: OptionSpecs;
}

/** By the name of an option: each value given; none where it takes none. */
type Given = ReadonlyMap<string, readonly string[]>;

/** Arguments are visible to every user of the machine, and stay in the shell's history. */
function valueInArgument(name: string, instead: string): UsageError {
  return new UsageError(
    'A value never comes from an argument: others could see it in the list of processes, and your shell remembers it.',
    `If it was a real value, change it where it is used. ${instead}; see ${name} --help`,
    'value_in_argument',
  );
}

/** Words joined by hyphens; anything else may be a value that begins with hyphens. */
const OPTION_NAME = /^[A-Za-z_]{1,20}(-[A-Za-z_]{1,20}){0,3}$/;

/** What to do about an option that there is none of; `typed` is the whole argument, which may be a value. */
function insteadOf({ name, command, specs }: Reading, { rawName }: OptionToken, typed: string): string {
  if (!rawName.startsWith('--') && command.positionals !== undefined) {
    const argument = command.positionals[0]?.name ?? '';
    const example = command.storesValue === undefined ? typed : argument;
    return `If that is a ${argument}, put -- before it: ${name} -- ${example}`;
  }
  const meant = nearest(
    rawName,
    Object.keys(specs).map((option) => `--${option}`),
  );
  return meant === undefined ? `${name} --help` : `Did you mean ${meant}? ${name} --help`;
}

function unknownOption(reading: Reading, token: OptionToken, typed: string): UsageError {
  const { name, command } = reading;
  const shown = OPTION_NAME.test(token.name) ? `option ${token.rawName}` : 'such option';
  return command.storesValue !== undefined &&
    /^(value|password|secret|token|key|data|content)s?$/i.test(token.name)
    ? valueInArgument(name, command.storesValue)
    : new UsageError(`${name} has no ${shown}.`, insteadOf(reading, token, typed));
}

interface OptionToken {
  readonly name: string;
  /** As it is typed. */
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

/** The value given for an option; undefined for one that takes none. */
function valueOf(
  { name }: Reading,
  { name: option, value, inlineValue }: OptionToken,
  spec: OptionSpec,
): string | undefined {
  if (spec.value === undefined) {
    if (value === undefined) return undefined;
    throw new UsageError(`--${option} takes no value.`, `${name} --help`);
  }
  if (value === undefined || (!inlineValue && /^-./.test(value))) {
    throw new UsageError(`--${option} needs a value: --${option} ${valueName(spec) ?? ''}`, `${name} --help`);
  }
  if (typeof spec.value !== 'string' && !spec.value.includes(value))
    throw new UsageError(`--${option} must be ${spec.value.join(' or ')}.`);
  return value;
}

function takeOptions(
  reading: Reading,
  args: readonly string[],
): { readonly positionals: readonly string[]; readonly given: Given } {
  const { specs } = reading;
  const options = Object.fromEntries(
    Object.entries(specs).map(([option, { value, short }]) => [
      option,
      {
        type: value === undefined ? ('boolean' as const) : ('string' as const),
        ...(short === undefined ? {} : { short }),
      },
    ]),
  );
  const { tokens, positionals } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const spec = Object.hasOwn(specs, token.name) ? specs[token.name] : undefined;
    if (!spec) throw unknownOption(reading, token, args[token.index] ?? '');
    const values = given.get(token.name);
    if (values && !spec.many) throw new UsageError(`--${token.name} is given twice.`, 'Keep one.');
    const value = valueOf(reading, token, spec);
    given.set(token.name, [...(values ?? []), ...(value === undefined ? [] : [value])]);
  }
  return { positionals, given };
}

function checkRequired({ name, command }: Reading, given: Given): void {
  for (const [option, spec] of Object.entries(command.options)) {
    if (!spec.required || (given.get(option)?.[0] ?? '') !== '') continue;
    throw new UsageError(`--${option} is missing: --${option} ${valueName(spec) ?? ''}`, `${name} --help`);
  }
}

function checkPositionals({ name, command }: Reading, given: readonly string[]): void {
  const { positionals: specs = [], storesValue } = command;
  const missing = specs.find(({ optional }, at) => !optional && given[at] === undefined);
  if (missing) throw new UsageError(`${missing.name} is missing: ${missing.doc}`, `${name} --help`);
  if (given.length <= specs.length || specs.at(-1)?.many) return;
  throw storesValue !== undefined
    ? valueInArgument(name, storesValue)
    : new UsageError(
        `${name} takes ${specs.length || 'no'} argument${specs.length === 1 ? '' : 's'}, not ${given.length}.`,
        `${name} --help`,
      );
}

/** Every option of a table, as its spec says. */
function valuesOf(specs: OptionSpecs, given: Given): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(specs).map(([option, { value, many }]): [string, unknown] => {
      if (value === undefined) return [option, given.has(option)];
      return [option, many ? (given.get(option) ?? []) : given.get(option)?.[0]];
    }),
  );
}

/** The entry of a table for the first words of these, the longest first. */
function entryFor<T>(table: Readonly<Record<string, T>>, words: readonly string[]): T | undefined {
  const found = [2, 1]
    .map((count) => words.slice(0, count).join(' '))
    .find((phrase) => Object.hasOwn(table, phrase));
  return found === undefined ? undefined : table[found];
}

/** The command that was probably meant, mistyped or by another name. */
function meantCommand(program: AnyProgram, words: readonly string[]): string | undefined {
  const other = entryFor(program.synonyms ?? {}, words);
  if (other !== undefined) return other;
  const names = program.commands.map(({ name }) => name);
  const [one, two] = [1, 2].map((count) => names.filter((name) => name.split(' ').length === count));
  return nearest(words.slice(0, 2).join(' '), two ?? []) ?? nearest(words[0] ?? '', one ?? []);
}

/** Repeats no word that was typed: it may be a value. */
function unknownCommand(program: AnyProgram, args: readonly string[]): UsageError {
  const call = callOf(program);
  const [first, second] = args;
  if (first === undefined) return new UsageError('A command is missing.', `${call} --help`);
  const absent = entryFor(program.absent ?? {}, args);
  if (absent) return new UsageError(absent.message, absent.next);
  const below = program.commands
    .filter(({ name }) => name.startsWith(`${first} `))
    .map((command) => commandName(program, command));
  if (below.length > 0 && (second === undefined || second.startsWith('-')))
    return new UsageError(`${call} ${first} does nothing by itself.`, `Use ${below.join(', ')}.`);
  const meant = meantCommand(program, args);
  const all = below.length > 0 ? `Use ${below.join(', ')}.` : `${call} --help lists them all.`;
  return new UsageError(
    'There is no such command.',
    meant === undefined ? all : `Did you mean ${call} ${meant}?`,
  );
}

interface Asked<C, R> {
  readonly command: Command<C, R>;
  readonly input: Input;
  /** Options of every command. */
  readonly everywhere: Readonly<Record<string, unknown>>;
}

/** The requested command, or help text. Throws a `UsageError`. */
export function interpret<C, R>(
  program: Program<C, R>,
  args: readonly string[],
): Asked<C, R> | { readonly help: string } {
  const found = findCommand(program, args);
  if (!found) {
    const [first] = args;
    if (first !== 'help' && first !== '--help' && first !== '-h') throw unknownCommand(program, args);
    const about = findCommand(program, args.slice(1));
    return { help: about ? commandHelp(program, about.command) : overview(program) };
  }
  const { command } = found;
  const everywhere = optionsOfEvery(program);
  const reading = {
    name: commandName(program, command),
    command,
    specs: { ...command.options, ...everywhere },
  };
  const { positionals, given } = takeOptions(reading, args.slice(found.words));
  if (given.has('help')) return { help: commandHelp(program, command) };
  checkPositionals(reading, positionals);
  checkRequired(reading, given);
  // Every option of the command, as its spec says.
  const options = valuesOf(command.options, given) as Input['options'];
  return { command, input: { positionals, options }, everywhere: valuesOf(everywhere, given) };
}

/** What is wrong and the next step, in the form that all programs share. */
export function refusalText(
  { name }: { readonly name: string },
  { message, next }: { readonly message: string; readonly next: string | undefined },
): string {
  return [`${name}: ${message}`, ...(next === undefined ? [] : [`   next: ${next}`])].join('\n');
}

interface Streams {
  readonly out: (text: string) => unknown;
  readonly err: (text: string) => unknown;
}

const processStreams: Streams = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
};

/** Runs a command; a number that it returns is the exit code. Passes on everything it throws except a `UsageError`. */
export async function runCommandLine<C>(
  program: Program<C, unknown>,
  args: readonly string[],
  context: C,
  { out, err }: Streams = processStreams,
): Promise<number> {
  try {
    const asked = interpret(program, args);
    if ('command' in asked) {
      const answer = await asked.command.run(context, asked.input);
      return typeof answer === 'number' ? answer : exitCodes.done.exit;
    }
    await out(`${asked.help}\n`);
    return exitCodes.done.exit;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    err(`${refusalText(program, error)}\n`);
    return exitCodes.usage.exit;
  }
}
