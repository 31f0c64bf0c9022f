/**
 * Commands as data, for every program of ours that is started with arguments: what `command-line.ts` parses by, and help,
 * completion and docs are written from. Belongs to no zone; pure.
 */

export interface OptionSpec {
  /** What to write for the value, or all the values that there are; absent: the option takes none. */
  readonly value?: string | readonly string[];
  readonly short?: string;
  readonly required?: true;
  /** May be given several times. */
  readonly many?: true;
  readonly doc: string;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

type OptionValue<S extends OptionSpec> = S extends { readonly value: readonly (infer V)[] }
  ? V | undefined
  : S extends { readonly value: string; readonly many: true }
    ? readonly string[]
    : S extends { readonly value: string; readonly required: true }
      ? string
      : S extends { readonly value: string }
        ? string | undefined
        : boolean;

/** What a command finds of its options. */
export type OptionsOf<O extends OptionSpecs> = { readonly [K in keyof O]: OptionValue<O[K]> };

export interface Input<O extends OptionSpecs = OptionSpecs> {
  readonly positionals: readonly string[];
  readonly options: OptionsOf<O>;
}

interface PositionalSpec {
  readonly name: string;
  readonly doc: string;
  readonly optional?: true;
  /** Takes all that follow. */
  readonly many?: true;
}

interface Example {
  readonly line: string;
  readonly doc: string;
}

/** `C` is what a command works with, `R` what it answers. */
interface CommandSpec<C, R, O extends OptionSpecs> {
  /** Words behind the program; empty: the program has this one command. */
  readonly name: string;
  readonly summary: string;
  /** More for `--help`, where the summary does not say it all. */
  readonly detail?: string;
  readonly positionals?: readonly PositionalSpec[];
  readonly options: O;
  readonly examples?: readonly Example[];
  /** For a command whose values must never stand in an argument: where to give them instead. */
  readonly storesValue?: string;
  run(context: C, input: Input<O>): Promise<R>;
}

export type Command<C, R> = CommandSpec<C, R, OptionSpecs>;

/** For a program's table: ties the options of each command to what its `run` gets. */
export function commandOf<C, R>() {
  // The parser fills in exactly the options of the table.
  return <const O extends OptionSpecs>(spec: CommandSpec<C, R, O>): Command<C, R> => spec;
}

export interface Program<C, R> {
  /** What it is called, in front of what it says. */
  readonly name: string;
  /** How it is started, where that is not its name. */
  readonly call?: string;
  readonly version?: string;
  readonly summary: string;
  /** In the order of the help. */
  readonly commands: readonly Command<C, R>[];
  /** Options of every command, beside `--help`. */
  readonly options?: OptionSpecs;
  readonly exitCodes: Readonly<Record<string, { readonly exit: number; readonly doc: string }>>;
  /** What else the help says, below the exit codes. */
  readonly sections?: Readonly<Record<string, readonly string[]>>;
}

/** Where a program has no more to tell apart. */
export const exitCodes = {
  done: { exit: 0, doc: 'done' },
  failed: { exit: 1, doc: 'could not be done' },
  usage: { exit: 2, doc: 'wrong usage' },
} as const;

type AnyProgram = Program<never, unknown>;
type AnyCommand = Command<never, unknown>;

export function callOf({ name, call = name }: AnyProgram): string {
  return call;
}

/** With the program's call in front, as it is typed. */
export function commandName(program: AnyProgram, { name }: AnyCommand): string {
  return name === '' ? callOf(program) : `${callOf(program)} ${name}`;
}

export function wordsOf({ name }: AnyCommand): readonly string[] {
  return name === '' ? [] : name.split(' ');
}

/** The command with the most words at the beginning, and how many there are. */
export function findCommand<C, R>(
  { commands }: Program<C, R>,
  given: readonly string[],
): { readonly command: Command<C, R>; readonly words: number } | undefined {
  const found = commands
    .map((command) => ({ command, words: wordsOf(command) }))
    .filter(({ words }) => words.every((word, at) => given[at] === word))
    .sort((a, b) => b.words.length - a.words.length)[0];
  return found && { command: found.command, words: found.words.length };
}

const help = { help: { short: 'h', doc: 'Show help.' } } as const;

export function optionsOfEvery({ options }: AnyProgram): OptionSpecs {
  return { ...help, ...options };
}

/** What to write for an option's value; undefined: it takes none. */
export function valueName({ value }: OptionSpec): string | undefined {
  return value === undefined || typeof value === 'string' ? value : value.join('|');
}

export function optionName(name: string, spec: OptionSpec): string {
  const value = valueName(spec);
  return `${spec.short === undefined ? '' : `-${spec.short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
}

/** How it is typed, with the options that must be there. */
export function usageOf(program: AnyProgram, command: AnyCommand): string {
  const { positionals = [], options } = command;
  const required = Object.entries(options).filter(([, spec]) => spec.required);
  return [
    commandName(program, command),
    ...positionals.map(({ name: argument, optional, many }) => {
      const text = many ? `${argument}...` : argument;
      return optional ? `[${text}]` : text;
    }),
    ...required.map(([name, spec]) => `--${name} ${valueName(spec) ?? ''}`),
    '[options]',
  ].join(' ');
}

const COLUMN = 26;

function rows(pairs: readonly (readonly [string, string])[]): string[] {
  return pairs.map(([left, right]) =>
    left.length > COLUMN - 2
      ? `  ${left}\n  ${' '.repeat(COLUMN)}${right}`
      : `  ${left.padEnd(COLUMN)}${right}`,
  );
}

function optionRows(options: OptionSpecs): string[] {
  return rows(Object.entries(options).map(([name, spec]) => [optionName(name, spec), spec.doc]));
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length > 0 ? ['', title, ...lines] : [];
}

export function commandHelp(program: AnyProgram, command: AnyCommand): string {
  const { summary, detail, positionals = [], options, examples = [] } = command;
  const every = optionsOfEvery(program);
  const alone = command.name === '';
  return [
    summary,
    ...(detail === undefined ? [] : ['', detail]),
    ...section('Usage', [`  ${usageOf(program, command)}`]),
    ...section('Arguments', rows(positionals.map(({ name, doc }) => [name, doc]))),
    ...section('Options', optionRows(alone ? { ...options, ...every } : options)),
    ...section(
      'Examples',
      examples.flatMap(({ line, doc }) => [`  # ${doc}`, `  ${line}`]),
    ),
    ...section('Options of every command', alone ? [] : optionRows(every)),
  ].join('\n');
}

export function overview(program: AnyProgram): string {
  const { name, version, summary, commands, sections = {} } = program;
  const call = callOf(program);
  return [
    `${name}${version === undefined ? '' : ` ${version}`}: ${summary}`,
    ...section('Usage', [`  ${call} COMMAND [options]`, `  ${call} COMMAND --help`]),
    ...section('Commands', rows(commands.map((each) => [each.name, each.summary]))),
    ...section('Options of every command', optionRows(optionsOfEvery(program))),
    ...section(
      'Exit codes',
      rows(Object.values(program.exitCodes).map(({ exit, doc }) => [String(exit), doc])),
    ),
    ...Object.entries(sections).flatMap(([title, lines]) => section(title, lines)),
  ].join('\n');
}
