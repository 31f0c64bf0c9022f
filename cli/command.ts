/** A command as data: its arguments, options, examples and what it does. Help, completion and docs read it. Zone 0. */
import type { Api } from './api/client.ts';
import type { Connections } from './api/fetch.ts';
import type { Login, Logins } from './login/logins.ts';
import type { Result } from './output.ts';
import type { Pins } from './pins.ts';
import type { Env, Folders, RawSettings, Settings } from './settings.ts';
import type { Terminal } from './terminal.ts';

export interface OptionSpec {
  /** What to write for the value; absent: the option takes none. */
  readonly value?: string;
  readonly short?: string;
  readonly doc: string;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

type OptionValues<O extends OptionSpecs> = {
  readonly [K in keyof O]: O[K] extends { readonly value: string } ? string | undefined : boolean;
};

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

export interface Input<O extends OptionSpecs = OptionSpecs> {
  readonly positionals: readonly string[];
  readonly options: OptionValues<O>;
}

interface CommandSpec<O extends OptionSpecs> {
  /** Words behind `twofold`. */
  readonly name: string;
  readonly summary: string;
  /** More for `--help`, where the summary does not say it all. */
  readonly detail?: string;
  readonly positionals?: readonly PositionalSpec[];
  readonly options: O;
  readonly examples: readonly Example[];
  /** Takes values from a prompt, a file or standard input, and never from an argument. */
  readonly storesValue?: true;
  run(context: Context, input: Input<O>): Promise<Result>;
}

export type Command = CommandSpec<OptionSpecs>;

/** Ties the options to what `run` gets. */
export function command<const O extends OptionSpecs>(spec: CommandSpec<O>): Command {
  // The parser fills in exactly the options of this table.
  return spec;
}

/** Everything outside the program, and what is made of the settings. */
export interface Context {
  readonly env: Env;
  readonly folders: Folders;
  readonly stdin: NodeJS.ReadableStream;
  readonly terminal: Terminal;
  readonly settings: Settings;
  /** What `config.json` says, for `login` to write it again. */
  readonly configFile: { readonly content: RawSettings; readonly path: string };
  readonly connections: Connections;
  readonly logins: Logins;
  readonly pins: Pins;
  readonly now: () => number;
  /** A line for the person, on standard error. */
  readonly note: (line: string) => void;
  /** The console's address. Throws a Failure where nobody has given one. */
  console(): string;
  /** Sends the login's bearer. Throws a Failure where there is none. */
  api(): Promise<Api>;
  /** The API for anybody. */
  openApi(): Api;
  /** The login kept for the console. */
  login(): Promise<Login | undefined>;
}
