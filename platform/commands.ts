/**
 * Commands as data, for every program of Twofold with arguments: `command-line.ts` parses from it, and help, completion
 * and docs are generated from it. No zone; pure.
 */

export interface OptionSpec {
  /** The placeholder for the value, or all possible values; absent: the option takes none. */
  readonly value?: string | readonly string[];
  readonly short?: string;
  readonly required?: true;
  /** May be repeated. */
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

/** The options as a command gets them. */
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

/** `C` is a command's context, `R` its result. */
interface CommandSpec<C, R, O extends OptionSpecs> {
  /** Words after the program; empty: the program has this one command. */
  readonly name: string;
  readonly summary: string;
  /** More for `--help`, where the summary is not enough. */
  readonly detail?: string;
  readonly positionals?: readonly PositionalSpec[];
  readonly options: O;
  readonly examples?: readonly Example[];
  /** For a command whose values must never be arguments: where to give them instead. */
  readonly storesValue?: string;
  run(context: C, input: Input<O>): Promise<R>;
}

export type Command<C, R> = CommandSpec<C, R, OptionSpecs>;

/** For a program's table: ties the options of each command to the input of its `run`. */
export function commandOf<C, R>() {
  // The parser fills in exactly the options of the table.
  return <const O extends OptionSpecs>(spec: CommandSpec<C, R, O>): Command<C, R> => spec;
}

export interface Program<C, R> {
  /** Its name, which precedes its messages. */
  readonly name: string;
  /** The command that starts it, where that is not its name. */
  readonly call?: string;
  readonly version?: string;
  readonly summary: string;
  /** In the order of the help. */
  readonly commands: readonly Command<C, R>[];
  /** Options of every command, besides `--help`. */
  readonly options?: OptionSpecs;
  readonly exitCodes: Readonly<Record<string, { readonly exit: number; readonly doc: string }>>;
  /** What people type for a command that is called otherwise, and its name. */
  readonly synonyms?: Readonly<Record<string, string>>;
  /** What people look for and there is none of: why, and what to do instead. */
  readonly absent?: Readonly<Record<string, { readonly message: string; readonly next: string }>>;
  /** Further sections of the help, below the exit codes. */
  readonly sections?: Readonly<Record<string, readonly string[]>>;
}

/** For programs that need no others. */
export const exitCodes = {
  done: { exit: 0, doc: 'done' },
  failed: { exit: 1, doc: 'failed' },
  usage: { exit: 2, doc: 'wrong usage' },
} as const;

export type AnyProgram = Program<never, unknown>;
type AnyCommand = Command<never, unknown>;

export function callOf({ name, call = name }: AnyProgram): string {
  return call;
}

/** As typed: the program's call, then the command. */
export function commandName(program: AnyProgram, { name }: AnyCommand): string {
  return name === '' ? callOf(program) : `${callOf(program)} ${name}`;
}

export function wordsOf({ name }: AnyCommand): readonly string[] {
  return name === '' ? [] : name.split(' ');
}

/** The command that matches the most leading words, and how many those are. */
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

/** The placeholder for an option's value; undefined: it takes none. */
export function valueName({ value }: OptionSpec): string | undefined {
  return value === undefined || typeof value === 'string' ? value : value.join('|');
}

export function optionName(name: string, spec: OptionSpec): string {
  const value = valueName(spec);
  return `${spec.short === undefined ? '' : `-${spec.short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
}

/** As typed, with the required options. */
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
