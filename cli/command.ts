/** A command of `twofold`, and the context it runs in. Zone 0. */
import { commandOf } from '#platform/commands.ts';
import type { Api } from './api/client.ts';
import type { Connections } from './api/fetch.ts';
import type { Login, Logins } from './login/logins.ts';
import type { Result } from './output.ts';
import type { Pins } from './pins.ts';
import type { Env, Folders, RawSettings, Settings } from './settings.ts';
import type { ByteSource } from './standard-input.ts';
import type { Terminal } from './terminal.ts';

/** Everything outside the program, and what the settings configure. */
export interface Context {
  readonly env: Env;
  readonly folders: Folders;
  readonly stdin: ByteSource;
  readonly terminal: Terminal;
  readonly settings: Settings;
  /** The contents of `config.json`, which `login` updates. */
  readonly configFile: { readonly content: RawSettings; readonly path: string };
  readonly connections: Connections;
  readonly logins: Logins;
  readonly pins: Pins;
  readonly now: () => number;
  /** A line for the person, on standard error. */
  readonly note: (line: string) => void;
  /** The console's address. Throws a Failure where none is configured. */
  console(): string;
  /** Sends the login's access token. Throws a Failure where there is none. */
  api(): Promise<Api>;
  /** The API without a login. */
  openApi(): Api;
  /** The stored login for the console. */
  login(): Promise<Login | undefined>;
}

export const command = commandOf<Context, Result>();
