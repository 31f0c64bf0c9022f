/**
 * Where the console is and whom to trust: flags, then environment variables, then `config.json`. Zone 0. Every problem
 * is reported together; an unknown member of the file is one. The table in docs/cli.md is generated from this one.
 */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { isJsonObject, parseJson } from '#envelope/json.ts';
import { parseKid, type Kid } from '#envelope/names.ts';
import { failure } from './failure.ts';

interface SettingSpec {
  readonly member: string;
  readonly variable: string;
  /** Long option of every command. */
  readonly flag: string;
  readonly value: string;
  readonly doc: string;
}

export const settingSpecs = [
  {
    member: 'console',
    variable: 'TWOFOLD_CONSOLE',
    flag: 'console',
    value: 'URL',
    doc: 'The console’s address.',
  },
  {
    member: 'caFile',
    variable: 'TWOFOLD_CA_FILE',
    flag: 'ca',
    value: 'FILE',
    doc: 'Root certificates (PEM) of the console; its identity provider may have a public one too.',
  },
  {
    member: 'issuer',
    variable: 'TWOFOLD_ISSUER',
    flag: 'issuer',
    value: 'URL',
    doc: 'The identity provider, if not the one that the console names.',
  },
  {
    member: 'clientId',
    variable: 'TWOFOLD_CLIENT_ID',
    flag: 'client-id',
    value: 'ID',
    doc: 'The provider’s client for the command line, if not the one that the console names.',
  },
  {
    member: 'kid',
    variable: 'TWOFOLD_KID',
    flag: 'kid',
    value: 'KID',
    doc: 'The one key to seal to. The default is the first one offered, until you trust another.',
  },
  {
    member: 'tokenFile',
    variable: 'TWOFOLD_TOKEN_FILE',
    flag: 'token-file',
    value: 'FILE',
    doc: 'An access token to use instead of a login, for machines.',
  },
] as const satisfies readonly SettingSpec[];

type SettingName = (typeof settingSpecs)[number]['member'];
export type RawSettings = Readonly<Partial<Record<SettingName, string>>>;

export interface Settings {
  /** Without a slash at the end; undefined: not given. */
  readonly console: string | undefined;
  readonly caFile: string | undefined;
  readonly issuer: string | undefined;
  readonly clientId: string | undefined;
  readonly kid: Kid | undefined;
  readonly tokenFile: string | undefined;
}

export type Env = Readonly<Record<string, string | undefined>>;

export interface Folders {
  readonly config: string;
  readonly state: string;
}

/** XDG Base Directories: relative paths must be ignored. */
export function foldersOf(env: Env): Folders {
  const base = (variable: string, fallback: string): string => {
    const value = env[variable];
    return value !== undefined && isAbsolute(value) ? value : join(env['HOME'] ?? homedir(), fallback);
  };
  return {
    config: join(base('XDG_CONFIG_HOME', '.config'), 'twofold'),
    state: join(base('XDG_STATE_HOME', '.local/state'), 'twofold'),
  };
}

export function configFileOf(env: Env): string {
  return join(foldersOf(env).config, 'config.json');
}

/** The members of `config.json`. Throws a Failure that names every problem. */
export function parseConfigFile(content: string, file: string): RawSettings {
  const bad = (problems: readonly string[]): Error =>
    failure(
      'config_malformed',
      `${file} cannot be used: ${problems.join('; ')}.`,
      'Correct it, or remove it.',
    );
  const members = parseJson(content);
  if (members === undefined) throw bad(['it is not JSON']);
  if (!isJsonObject(members)) throw bad(['it is not a JSON object']);
  const known: readonly string[] = settingSpecs.map(({ member }) => member);
  const problems = Object.entries(members).flatMap(([member, value]) => {
    if (!known.includes(member)) return [`"${member}" is unknown (there are ${known.join(', ')})`];
    return typeof value === 'string' && value !== '' ? [] : [`"${member}" is not text`];
  });
  if (problems.length > 0) throw bad(problems);
  return members; // each has just been checked
}

function httpsUrl(text: string, where: string, problems: string[]): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const withLogin = url !== undefined && url.username + url.password !== '';
  if (url?.protocol === 'https:' && !withLogin && url.search === '' && url.hash === '') return url;
  problems.push(`${where} is not an https address`);
  return undefined;
}

/** The text of a setting, and the setting's name where it was given. */
interface GivenSetting {
  readonly text: string;
  readonly where: string;
}

/** Flags take precedence over variables, and those over the file. */
function gather(flags: Readonly<Record<string, unknown>>, env: Env, file: RawSettings) {
  const settings = new Map<SettingName, GivenSetting>();
  for (const { member, variable, flag } of settingSpecs) {
    const [option, value, written] = [flags[flag], env[variable], file[member]];
    if (typeof option === 'string') settings.set(member, { text: option, where: `--${flag}` });
    else if (value !== undefined && value !== '') settings.set(member, { text: value, where: variable });
    else if (written !== undefined) settings.set(member, { text: written, where: `"${member}"` });
  }
  return settings;
}

/** Without trailing slashes. */
function withoutSlashes(url: string): string {
  let end = url.length;
  while (url[end - 1] === '/') end -= 1;
  return url.slice(0, end);
}

export function parseSettings(
  flags: Readonly<Record<string, unknown>>,
  env: Env,
  file: RawSettings,
): Settings {
  const given = gather(flags, env, file);
  const problems: string[] = [];
  const url = (name: SettingName): URL | undefined => {
    const one = given.get(name);
    return one && httpsUrl(one.text, one.where, problems);
  };
  const [console, issuer, kidText] = [url('console'), url('issuer'), given.get('kid')];
  const kid = parseKid(kidText?.text);
  if (kidText && !kid)
    problems.push(`${kidText.where} is not a key id, which has 43 letters, digits, - and _`);
  const settings = {
    // One console has one login and one pin, whatever the case of its host, and with or without the default port.
    console: console && withoutSlashes(console.origin + console.pathname),
    // An issuer is compared, so it stays exactly as written.
    issuer: issuer && given.get('issuer')?.text,
    kid,
    caFile: given.get('caFile')?.text,
    clientId: given.get('clientId')?.text,
    tokenFile: given.get('tokenFile')?.text,
  };
  if (problems.length > 0)
    throw failure('config_malformed', `${problems.join('; ')}.`, 'Correct it and try again.');
  return settings;
}
