/**
 * The zones as data: what each folder may contain and import (docs/architecture.md). Checked twice: on the bundles, whose
 * metafiles list every file that went into them, and on the sources, whose imports may be of types only.
 */
import { join, normalize } from 'node:path';
import type { Metafile } from 'esbuild';
import ts from 'typescript';
import type { AnyBundleName } from '../scripts/build.ts';

interface ZoneRule {
  /** Folders, which end in a slash, and files of this repository; nothing else. */
  readonly may: readonly string[];
  /** npm packages that the repository's files import; their own dependencies are not listed. */
  readonly packages: readonly string[];
  /** Node's modules by the first entry that is a prefix of a file's path; any where there is none. */
  readonly node?: Readonly<Record<string, readonly string[]>>;
}

/** Pure layouts, names, limits and claims: they seal, open and derive nothing. */
const formats = [
  'annotation-row',
  'annotation-values',
  'annotations',
  'base64url',
  'bytes',
  'cipher',
  'env-safe',
  'errors',
  'expiry',
  'file-mode',
  'grant',
  'json',
  'jws',
  'kid',
  'limits',
  'mount-path',
  'names',
  'note',
  'parsed',
  'place',
  'pod',
  'result',
  'selection',
  'ticket',
  'url-path',
  'inner/layout',
  'outer/layout',
].map((name) => `envelope/${name}.ts`);

const service = [
  'audit',
  'body-gate',
  'clock',
  'connection-limit',
  'harden-server',
  'health-server',
  'https-server',
  'listen',
  'log',
  'metrics',
  'problem',
  'service',
  'settings',
  'shown',
  'tls-files',
  'whole-body',
].map((name) => `platform/${name}.ts`);
const client = ['platform/https-client.ts', 'platform/shown.ts', 'platform/whole-body.ts'];
const commandLine = ['platform/command-line.ts', 'platform/commands.ts', 'platform/nearest.ts'];
const logging = ['pino', 'prom-client'];

export const zones = {
  envelope: {
    may: ['envelope/'],
    packages: [],
    node: {
      'envelope/node-cipher.ts': ['node:crypto'],
      'envelope/node-private.ts': ['node:crypto'],
      'envelope/': [],
    },
  },
  // Of the formats it reads only JSON, which reveals nothing about secrets.
  platform: { may: ['platform/', 'envelope/json.ts'], packages: logging },
  console: {
    may: [
      'console/',
      ...formats,
      ...service,
      ...client,
      ...commandLine,
      'platform/columns.ts',
      'platform/key-uses.ts',
      'platform/kubernetes.ts',
      'platform/launchers.ts',
      'platform/namespaces.ts',
      'platform/rooted-client.ts',
      'envelope/derive.ts',
      'envelope/dotenv.ts',
      'envelope/import-plan.ts',
      'envelope/jwk-set.ts',
      'envelope/node-cipher.ts',
      'envelope/inner/seal.ts',
      'envelope/outer/seal.ts',
      'envelope/user-key.ts',
    ],
    packages: [
      ...logging,
      '@fastify/busboy',
      'better-sqlite3',
      'cookie',
      'express',
      'express-rate-limit',
      'jose',
      'knex',
      'openid-client',
      'pg',
      'zod',
    ],
    node: { 'console/core/': [] },
  },
  webhook: {
    may: [
      'webhook/',
      ...formats,
      ...service,
      ...client,
      'platform/kubernetes.ts',
      'platform/kubernetes-list.ts',
      'platform/launchers.ts',
      'platform/namespaces.ts',
      'platform/rooted-client.ts',
    ],
    packages: logging,
  },
  keyservice: {
    may: [
      'keyservice/',
      ...formats,
      ...service,
      'platform/key-uses.ts',
      'envelope/jwk-set.ts',
      'envelope/outer/open.ts',
      'envelope/outer/seal.ts',
      'envelope/node-cipher.ts',
      'envelope/node-private.ts',
    ],
    packages: logging,
  },
  'injector-image': {
    may: ['injector-image/', ...formats, ...client, 'envelope/inner/open.ts', 'envelope/node-cipher.ts'],
    packages: [],
  },
  cli: {
    may: [
      'cli/',
      ...formats,
      ...client,
      ...commandLine,
      'platform/columns.ts',
      'envelope/dotenv.ts',
      'envelope/import-plan.ts',
      'envelope/node-cipher.ts',
      'envelope/inner/seal.ts',
      'envelope/outer/seal.ts',
      'envelope/sealing.ts',
      'envelope/value-hints.ts',
    ],
    packages: ['openapi-fetch', 'openid-client', 'yaml'],
  },
  // The page's script runs in browsers: it seals, and can open nothing. It shares texts and rules with the console.
  page: {
    may: [
      'page/',
      ...formats,
      'console/web/shared/',
      'envelope/dotenv.ts',
      'envelope/import-plan.ts',
      'envelope/inner/seal.ts',
      'envelope/outer/seal.ts',
      'envelope/sealing.ts',
      'envelope/value-hints.ts',
      'envelope/web-cipher.ts',
    ],
    packages: [],
    node: { 'page/': [] },
  },
} as const satisfies Readonly<Record<string, ZoneRule>>;

export type Zone = keyof typeof zones;
export const zoneNames = Object.keys(zones) as readonly Zone[]; // keys() loses the key type

function ruleOf(zone: Zone): ZoneRule {
  return zones[zone];
}

export const zoneOf: Readonly<Record<AnyBundleName, Zone>> = {
  console: 'console',
  // The operator's program is in the console's image.
  admin: 'console',
  webhook: 'webhook',
  keyservice: 'keyservice',
  injector: 'injector-image',
  twofold: 'cli',
};

function packageOf(path: string): string {
  return path
    .split('/')
    .slice(0, path.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Packages that the repository's own files in a bundle import. */
function importedPackages({ inputs }: Metafile): ReadonlySet<string> {
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
}

function mayHold({ may }: ZoneRule, file: string): boolean {
  return may.some((each) => (each.endsWith('/') ? file.startsWith(each) : file === each));
}

/** Every file and package in a bundle of this zone that should not be; empty where all is well. */
export function violations(zone: Zone, metafile: Metafile): readonly string[] {
  const rule = ruleOf(zone);
  const ours = Object.keys(metafile.inputs).filter((file) => !file.includes('node_modules/'));
  const foreign = [...importedPackages(metafile)].filter((each) => !rule.packages.includes(each));
  return [...ours.filter((file) => !mayHold(rule, file)), ...foreign];
}

/** What an import of this source resolves to: a path in this repository, a Node module, or a package. */
function targetOf(file: string, specifier: string): { ours: string } | { node: string } | { npm: string } {
  if (specifier.startsWith('.')) return { ours: join(file, '..', specifier) };
  if (specifier.startsWith('#')) return { ours: normalize(specifier.slice(1)) };
  return specifier.startsWith('node:') ? { node: specifier } : { npm: packageOf(specifier) };
}

function mayUseNode({ node = {} }: ZoneRule, file: string, name: string): boolean {
  const start = Object.keys(node).find((each) => file.startsWith(each));
  return start === undefined || (node[start] ?? []).includes(name);
}

/** Every import of a source, of types too, that its zone may not have. `file` is its path in the repository. */
export function importViolations(zone: Zone, file: string, source: string): readonly string[] {
  const rule = ruleOf(zone);
  return ts.preProcessFile(source, true, true).importedFiles.flatMap(({ fileName }) => {
    const target = targetOf(file, fileName);
    const allowed =
      'ours' in target
        ? mayHold(rule, target.ours)
        : 'node' in target
          ? mayUseNode(rule, file, target.node)
          : rule.packages.includes(target.npm);
    return allowed ? [] : [`${file}: ${fileName}`];
  });
}
