/**
 * Configuration from the environment: parsed once, completely, with every problem reported by its variable's name.
 * No zone; docs/design.md#settings. A service declares its settings as data, so that the reference in the
 * docs comes from them.
 */
import { isIP } from 'node:net';

/** Asynchronous: a file may have to be fetched. */
export type ReadFile = (path: string) => Promise<string>;

export interface Setting<T> {
  readonly variable: string;
  /** The kind of value, for the reference. */
  readonly kind: string;
  readonly doc: string;
  /** As written in the environment; absent: the variable must be set. */
  readonly fallback?: string | undefined;
  /** True: may be absent, and the value is then undefined. */
  readonly optional?: boolean;
  /** True: a path that the service reads. */
  readonly reads?: boolean;
  /** Throws an Error whose message says what the value should be; never shows a file's content. */
  readonly parse: (text: string, readFile: ReadFile) => T | Promise<T>;
}

export type Settings = Readonly<Record<string, Setting<unknown>>>;
export type Values<S extends Settings> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never;
};
export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly string[] };

const PREFIX = 'TWOFOLD_';

interface Describe {
  readonly doc: string;
  readonly fallback?: string;
}

function bad(expected: string): never {
  throw new Error(`must be ${expected}`);
}

export function text(variable: string, describe: Describe): Setting<string> {
  return {
    variable,
    kind: 'text',
    ...describe,
    parse: (value) => (value === '' ? bad('set') : value),
  };
}

export function integer(
  variable: string,
  describe: Describe & { min: number; max: number },
): Setting<number> {
  return {
    variable,
    kind: `${describe.min} to ${describe.max}`,
    ...describe,
    parse: (value) => {
      const parsed = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
      return parsed >= describe.min && parsed <= describe.max
        ? parsed
        : bad(`a whole number from ${describe.min} to ${describe.max}`);
    },
  };
}

/** 0 lets the system choose, as development and tests do. */
export function port(variable: string, describe: Describe): Setting<number> {
  return {
    ...integer(variable, { ...describe, min: 0, max: 65_535 }),
    kind: 'port',
  };
}

export function flag(variable: string, describe: Describe): Setting<boolean> {
  return {
    variable,
    kind: '`true` or `false`',
    ...describe,
    parse: (value) => (value === 'true' ? true : value === 'false' ? false : bad('true or false')),
  };
}

export function oneOf<T extends string>(
  variable: string,
  describe: Describe & { values: readonly T[] },
): Setting<T> {
  return {
    variable,
    kind: describe.values.map((value) => `\`${value}\``).join(', '),
    ...describe,
    parse: (value) =>
      describe.values.find((candidate) => candidate === value) ?? bad(`one of ${describe.values.join(', ')}`),
  };
}

/** Of a network interface, or of all: `::`. */
export function address(variable: string, describe: Describe): Setting<string> {
  return {
    variable,
    kind: 'IP address',
    ...describe,
    parse: (value) => (isIP(value) === 0 ? bad('an IP address, without brackets') : value),
  };
}

export function httpsUrl(variable: string, describe: Describe): Setting<string> {
  return {
    variable,
    kind: 'https URL',
    ...describe,
    parse: (value) => {
      // URL drops line feeds and spaces around it, and the text is used as it is.
      const url = !/\s/.test(value) && URL.canParse(value) ? new URL(value) : undefined;
      const plain = url?.protocol === 'https:' && !url.username && !url.search && !url.hash;
      return plain
        ? value.replace(/\/$/, '')
        : bad('an https:// URL without user, query, fragment or white space');
    },
  };
}

interface ListOf extends Describe {
  readonly pattern: Pick<RegExp, 'test' | 'source'>;
}

export function list(variable: string, describe: ListOf): Setting<readonly string[]> {
  return {
    variable,
    kind: 'comma-separated list',
    ...describe,
    parse: (value) => {
      const items = value.split(',').filter((item) => item !== '');
      return items.every((item) => describe.pattern.test(item))
        ? items
        : bad(`a list of ${describe.pattern.source}`);
    },
  };
}

/** A path whose file is read elsewhere, and again when it changes. */
export function path(variable: string, describe: Describe): Setting<string> {
  return {
    ...text(variable, describe),
    kind: 'path',
    reads: true,
  };
}

/** A path of a file that is written, and made where there is none. */
export function outputPath(variable: string, describe: Describe): Setting<string> {
  return {
    ...path(variable, describe),
    reads: false,
  };
}

/** What does not look like a path may be the content that belongs into the file. */
function notThis(path: string, why = ''): string {
  if (/^(\/[A-Za-z0-9._@-]+)+$/.test(path)) return ` (${path} is not${why})`;
  return why === '' ? '' : ` (this one is not${why})`;
}

/** A file read and parsed now. Its content never appears in a problem. */
export function file<T>(
  variable: string,
  describe: Describe & { readonly kind: string; readonly parse: (content: string) => T | Promise<T> },
): Setting<T> {
  return {
    variable,
    ...describe,
    kind: `path of ${describe.kind}`,
    parse: async (value, readFile) => {
      let content: string;
      try {
        content = await readFile(value);
      } catch {
        return bad(`the path of a readable file${notThis(value)}`);
      }
      try {
        return await describe.parse(content);
      } catch (error) {
        // A SyntaxError of JSON.parse quotes its input.
        const why = error instanceof Error && !(error instanceof SyntaxError) ? `: ${error.message}` : '';
        return bad(`the path of ${describe.kind}${notThis(value, why)}`);
      }
    },
  };
}

export function optional<T>(setting: Setting<T>): Setting<T | undefined> {
  return { ...setting, optional: true };
}

/** The variables of paths that the service reads, with those paths. */
export function pathsRead(
  settings: Settings,
  env: NodeJS.ProcessEnv,
): readonly (readonly [string, string])[] {
  return Object.values(settings).flatMap(({ variable, fallback, reads }) => {
    const value = env[variable] ?? fallback;
    return reads && value ? [[variable, value] as const] : [];
  });
}

async function parseOne(
  setting: Setting<unknown>,
  env: NodeJS.ProcessEnv,
  readFile: ReadFile,
): Promise<unknown> {
  const value = env[setting.variable] ?? setting.fallback;
  if (value === undefined) return setting.optional ? undefined : bad('set');
  return await setting.parse(value, readFile);
}

/**
 * The frozen configuration, or all problems together. A variable with the prefix that is not a setting is a problem:
 * a misspelt limit must not silently fall back on the default.
 */
export async function parseSettings<S extends Settings>(
  settings: S,
  env: NodeJS.ProcessEnv,
  readFile: ReadFile,
): Promise<Parsed<Values<S>>> {
  const problems: string[] = [];
  const value: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(settings)) {
    try {
      value[name] = await parseOne(setting, env, readFile);
    } catch (error) {
      problems.push(`${setting.variable} ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const known = new Set(Object.values(settings).map((setting) => setting.variable));
  for (const variable of Object.keys(env).filter((name) => name.startsWith(PREFIX) && !known.has(name))) {
    problems.push(`${variable} is not a setting of this service; see docs/configuration.md`);
  }
  // Every key of S has been parsed when there is no problem.
  return problems.length > 0
    ? { ok: false, problems }
    : { ok: true, value: Object.freeze(value) as Values<S> };
}
