/**
 * The zones as data: what each bundle may contain (docs/architecture.md). A bundle's metafile lists every file that
 * went into it; whatever matches no `may`, or some `mustNot`, is a violation.
 */
import type { Metafile } from 'esbuild';
import type { AnyBundleName } from '../scripts/build.ts';

export interface ZoneRule {
  /** Files of this repository, by the beginning of their path. */
  readonly may: readonly string[];
  readonly mustNot: readonly string[];
  /** npm packages that our own files import; what those bring along is theirs. */
  readonly packages: readonly string[];
}

/** Pure layouts, names, limits and claims: they seal, open and derive nothing. */
const formats = [
  ...[
    'annotations',
    'base64url',
    'bytes',
    'cipher',
    'env-safe',
    'errors',
    'file-mode',
    'grant',
    'jws',
    'kid',
    'limits',
    'mount-path',
    'names',
    'pod',
  ],
  ...['selection', 'ticket', 'inner/layout', 'outer/layout', 'write'],
].map((name) => `envelope/${name}.ts`);

const service = [
  ...[
    'audit',
    'clock',
    'health-server',
    'https-server',
    'log',
    'metrics',
    'problem',
    'service',
    'settings',
    'tls-files',
  ],
  ...['whole-body'],
].map((name) => `platform/${name}.ts`);
const client = ['platform/https-client.ts', 'platform/whole-body.ts'];
const logging = ['pino', 'prom-client'];

const innerOpen = 'envelope/inner/open.ts';
const outerOpen = 'envelope/outer/open.ts';
const rsaPrivate = 'envelope/node-private.ts';
const others = (own: string): readonly string[] =>
  [
    ...[
      'console/',
      'webhook/',
      'keyservice/',
      'injector-image/',
      'cli/',
      'page/',
      'certs/',
      'scripts/',
      'test/',
      'bench/',
    ],
  ].filter((folder) => folder !== own);

const consoleRule: ZoneRule = {
  may: [
    ...['console/', ...formats, ...service, ...client, 'platform/kubernetes.ts', 'platform/launchers.ts'],
    'platform/columns.ts',
    ...[
      'envelope/derive.ts',
      'envelope/dotenv.ts',
      'envelope/node-cipher.ts',
      'envelope/inner/seal.ts',
      'envelope/outer/seal.ts',
      'envelope/user-key.ts',
    ],
  ],
  mustNot: [innerOpen, outerOpen, rsaPrivate, ...others('console/')],
  packages: [
    ...[...logging, '@fastify/busboy', 'better-sqlite3', 'express', 'express-rate-limit', 'jose', 'knex'],
    ...['openid-client', 'pg', 'zod'],
  ],
};

export const zones: Readonly<Record<AnyBundleName, ZoneRule>> = {
  console: consoleRule,
  // The same zone, in the same image.
  admin: consoleRule,
  webhook: {
    may: ['webhook/', ...formats, ...service, ...client, 'platform/kubernetes.ts', 'platform/launchers.ts'],
    mustNot: [
      ...[
        innerOpen,
        outerOpen,
        rsaPrivate,
        'envelope/inner/seal.ts',
        'envelope/outer/seal.ts',
        'envelope/user-key.ts',
      ],
      ...['envelope/node-cipher.ts', 'envelope/derive.ts', ...others('webhook/')],
    ],
    packages: logging,
  },
  keyservice: {
    may: [
      'keyservice/',
      ...formats,
      ...service,
      outerOpen,
      rsaPrivate,
      'envelope/outer/seal.ts',
      'envelope/node-cipher.ts',
    ],
    mustNot: [
      'envelope/derive.ts',
      ...[innerOpen, 'envelope/inner/seal.ts', 'envelope/user-key.ts', 'platform/https-client.ts'],
      ...['platform/kubernetes.ts', ...others('keyservice/')],
    ],
    packages: logging,
  },
  injector: {
    may: ['injector-image/', ...formats, ...client, innerOpen, 'envelope/node-cipher.ts'],
    mustNot: [
      ...[
        outerOpen,
        rsaPrivate,
        'envelope/inner/seal.ts',
        'envelope/outer/',
        'envelope/user-key.ts',
        'envelope/derive.ts',
      ],
      ...['platform/https-server.ts', 'platform/kubernetes.ts', ...others('injector-image/')],
    ],
    packages: [],
  },
  twofold: {
    may: [
      ...['cli/', ...formats, ...client, 'envelope/dotenv.ts', 'envelope/node-cipher.ts'],
      ...['envelope/inner/seal.ts', 'envelope/outer/seal.ts', 'platform/columns.ts'],
    ],
    mustNot: [
      ...[innerOpen, outerOpen, rsaPrivate, 'envelope/user-key.ts', 'envelope/derive.ts'],
      ...['platform/https-server.ts', 'platform/kubernetes.ts', ...others('cli/')],
    ],
    packages: ['openapi-fetch', 'openid-client', 'yaml'],
  },
};

/** The page's script runs in browsers: it seals, and can open nothing. Texts and rules it shares with the console. */
export const pageRule: ZoneRule = {
  may: [
    ...['page/', ...formats, 'envelope/web-cipher.ts'],
    ...['text', 'rules', 'import-rules'].map((name) => `console/web/${name}.ts`),
    ...['envelope/inner/seal.ts', 'envelope/outer/seal.ts', 'envelope/dotenv.ts'],
  ],
  mustNot: [innerOpen, outerOpen, rsaPrivate, 'envelope/node-cipher.ts', 'envelope/user-key.ts', 'platform/'],
  packages: [],
};

const packageOf = (path: string): string =>
  path
    .split('/')
    .slice(0, path.startsWith('@') ? 2 : 1)
    .join('/');

/** Packages that our own files of a bundle import. */
const importedPackages = ({ inputs }: Metafile): ReadonlySet<string> => {
  const direct = Object.entries(inputs)
    .filter(([file]) => !file.includes('node_modules/'))
    .flatMap(([, { imports }]) => imports);
  return new Set(
    direct.flatMap(({ path, external }) => {
      if (path.startsWith('node:')) return [];
      const installed = path.split('node_modules/').at(-1);
      if (path.includes('node_modules/') && installed !== undefined) return [packageOf(installed)];
      return external ? [packageOf(path)] : [];
    }),
  );
};

/** Every file and package that is in a bundle and should not be; empty where all is well. */
export const violations = (name: AnyBundleName, metafile: Metafile): readonly string[] =>
  violationsOf(zones[name], metafile);

export const violationsOf = ({ may, mustNot, packages }: ZoneRule, metafile: Metafile): readonly string[] => {
  const ours = Object.keys(metafile.inputs).filter((file) => !file.includes('node_modules/'));
  const files = ours.filter(
    (file) => !may.some((start) => file.startsWith(start)) || mustNot.some((start) => file.startsWith(start)),
  );
  const foreign = [...importedPackages(metafile)].filter((each) => !packages.includes(each));
  return [...files, ...foreign];
};
