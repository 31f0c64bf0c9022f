/** Assembles what commands work with: settings, connections, stored logins and keys. Zone 0. */
import { readFileSync } from 'node:fs';
import { createApi, type Api } from './api/client.ts';
import { createConnections } from './api/fetch.ts';
import type { Context } from './command.ts';
import { codeOf, failure } from './failure.ts';
import { createLogins } from './login/logins.ts';
import { accessToken, rejectedToken } from './login/session.ts';
import { createPins } from './pins.ts';
import { proxyOf } from './proxy.ts';
import {
  configFileOf,
  foldersOf,
  parseConfigFile,
  parseSettings,
  type Env,
  type RawSettings,
} from './settings.ts';
import { standardInput } from './standard-input.ts';
import type { Terminal } from './terminal.ts';

export interface Outside {
  readonly env: Env;
  readonly stdin: AsyncIterable<Buffer | string> & { readonly isTTY?: boolean };
  readonly terminal: Terminal;
  readonly note: (line: string) => void;
}

function readConfig(file: string): RawSettings {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return {};
    throw failure('config_malformed', `${file} cannot be read.`, 'Check its permissions.', error);
  }
  return parseConfigFile(content, file);
}

/** The roots in a file that `where` names: an option or a variable. */
function readRoots(file: string | undefined, where: string): string | undefined {
  if (file === undefined || file === '') return undefined;
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    throw failure('file_unusable', `The root certificates ${file} cannot be read.`, `Check ${where}.`, error);
  }
  if (!content.includes('-----BEGIN CERTIFICATE-----')) {
    throw failure('file_unusable', `${file} holds no PEM certificate.`, `Check ${where}.`);
  }
  return content;
}

export function createContext(outside: Outside, flags: Readonly<Record<string, unknown>>): Context {
  const { env } = outside;
  const folders = foldersOf(env);
  const path = configFileOf(env);
  const content = readConfig(path);
  const settings = parseSettings(flags, env, content);
  const connections = createConnections({
    ca: readRoots(settings.caFile, '--ca or TWOFOLD_CA_FILE'),
    publicRoots: () => readRoots(env['SSL_CERT_FILE'], 'SSL_CERT_FILE'),
    proxy: () => proxyOf(env),
  });
  const logins = createLogins(folders.state);
  const now = (): number => Date.now();
  const console = (): string => {
    if (settings.console !== undefined) return settings.console;
    throw failure(
      'no_console',
      'No console is configured.',
      'twofold login --console https://twofold.example.org',
    );
  };
  const bearer = (): Promise<string | undefined> =>
    accessToken(
      { logins, fetch: connections.toProvider, now, note: outside.note },
      { console: console(), tokenFile: settings.tokenFile },
    );
  const apiWith = (give: () => Promise<string | undefined>): Api =>
    createApi({
      url: console(),
      fetch: connections.toConsole,
      bearer: give,
      ...(settings.tokenFile === undefined ? {} : { rejected: rejectedToken(settings.tokenFile, now) }),
    });
  return {
    env,
    folders,
    settings,
    connections,
    logins,
    now,
    console,
    stdin: standardInput(outside),
    terminal: outside.terminal,
    note: outside.note,
    configFile: { content, path },
    pins: createPins(folders.state),
    api: async () => {
      // Before the person is asked anything.
      if ((await bearer()) === undefined) {
        throw failure('not_logged_in', `You are not logged in at ${console()}.`, 'twofold login');
      }
      return apiWith(bearer);
    },
    openApi: () => apiWith(() => Promise.resolve(undefined)),
    login: () => logins.find(console()),
  };
}
