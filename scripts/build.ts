/**
 * Bundles each service, the injector and the command line into one file: `dist/<name>.js`, with esbuild's record of
 * what went into it (`dist/<name>.meta.json`), which the zone test reads. `node scripts/build.ts [name…]` builds all, or these.
 */
import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build as esbuild, type BuildOptions, type Metafile } from 'esbuild';

export const repository = dirname(dirname(fileURLToPath(import.meta.url)));

export const entries = {
  console: 'console/main.ts',
  webhook: 'webhook/main.ts',
  keyservice: 'keyservice/main.ts',
  injector: 'injector-image/main.ts',
  admin: 'console/admin/main.ts',
  twofold: 'cli/main.ts',
} as const;

export type AnyBundleName = keyof typeof entries;
/** What has an image of its own; the operator's program is in the console's, the command line on people's machines. */
export type BundleName = Exclude<AnyBundleName, 'admin' | 'twofold'>;
export const bundleNames: readonly BundleName[] = ['console', 'webhook', 'keyservice', 'injector'];
export const allBundleNames: readonly AnyBundleName[] = [...bundleNames, 'admin', 'twofold'];

/** Knex drivers that are not installed. */
const otherDrivers = [
  'pg-native',
  'pg-query-stream',
  'sqlite3',
  'mysql',
  'mysql2',
  'mariadb/callback',
  'oracledb',
  'tedious',
];
const externals: Readonly<Partial<Record<AnyBundleName, readonly string[]>>> = {
  console: otherDrivers,
  admin: otherDrivers,
};

/** The SQLite addon that better-sqlite3 ships for this platform; a bundle has no node_modules, so its path is passed (TWOFOLD_SQLITE_ADDON). */
export const sqliteAddon = join(
  repository,
  `node_modules/better-sqlite3/prebuilds/${process.platform}-${process.arch}.node`,
);

/** CommonJS packages (pino, prom-client, express, knex) need a `require`, which an ES module does not have. */
const banner = `import { createRequire as createRequireOfBundle } from 'node:module';
const require = createRequireOfBundle(import.meta.url);`;

export function bundleOptions(name: AnyBundleName): BuildOptions & { metafile: true; write: false } {
  return {
    absWorkingDir: repository,
    bundle: true,
    platform: 'node',
    format: 'esm',
    // The command line runs on people's own machines.
    target: name === 'twofold' ? 'node22' : 'node24',
    external: [...(externals[name] ?? [])],
    // The injector contains only platform modules and no CommonJS, and starts 1 ms sooner without this.
    ...(name === 'injector' ? {} : { banner: { js: banner } }),
    legalComments: 'eof',
    logLevel: 'warning',
    outfile: `dist/${name}.js`,
    metafile: true,
    write: false,
  };
}

interface Bundle {
  readonly name: AnyBundleName;
  readonly file: string;
  readonly bytes: number;
  readonly metafile: Metafile;
}

/** Complete or absent: a process that starts during the build never reads half a bundle. */
async function replace(file: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  const whole = `${file}.${process.pid}`;
  await writeFile(whole, content, { mode });
  await rename(whole, file);
}

export const pageOptions: BuildOptions & { metafile: true; write: false } = {
  absWorkingDir: repository,
  bundle: true,
  minify: true,
  platform: 'browser',
  format: 'iife',
  target: 'es2022',
  legalComments: 'none',
  logLevel: 'warning',
  outdir: 'dist',
  metafile: true,
  write: false,
};

interface PageBundle {
  readonly script: string;
  readonly style: string;
  readonly metafile: Metafile;
}

/** The page's script and style, as text. */
export async function bundlePage(): Promise<PageBundle> {
  const { outputFiles, metafile } = await esbuild({
    ...pageOptions,
    entryPoints: { page: 'page/main.ts', style: 'page/style.css' },
  });
  const textOf = (name: string): string => {
    const file = outputFiles.find(({ path }) => path.endsWith(name));
    if (!file) throw new Error(`esbuild produced no ${name}`);
    return file.text;
  };
  return { script: textOf('page.js'), style: textOf('style.css'), metafile };
}

/** The console serves them. */
async function pageDefinition(): Promise<{ TWOFOLD_PAGE: string }> {
  const { script, style } = await bundlePage();
  return { TWOFOLD_PAGE: JSON.stringify({ script, style }) };
}

async function buildOne(name: AnyBundleName, outdir: string): Promise<Bundle> {
  const define = name === 'console' ? await pageDefinition() : {};
  const options = { ...bundleOptions(name), entryPoints: [entries[name]], define };
  const { outputFiles, metafile } = await esbuild(options);
  const [output] = outputFiles;
  if (!output) throw new Error(`esbuild produced no output for ${name}`);
  const file = join(outdir, `${name}.js`);
  // The command line is run by name.
  await replace(file, output.contents, name === 'twofold' ? 0o755 : 0o644);
  await replace(join(outdir, `${name}.meta.json`), `${JSON.stringify(metafile, undefined, 1)}\n`);
  return { name, file, bytes: output.contents.length, metafile };
}

interface BuildRequest {
  /** All by default. */
  readonly names?: readonly AnyBundleName[];
  /** `dist/` by default. */
  readonly outdir?: string;
}

/** Builds and writes. Rejects, naming it, when an entry is missing: no bundle is left out silently. */
export async function build({
  names = allBundleNames,
  outdir = join(repository, 'dist'),
}: BuildRequest = {}): Promise<readonly Bundle[]> {
  const missing = names.filter((name) => !existsSync(join(repository, entries[name])));
  if (missing.length > 0)
    throw new Error(`entries missing: ${missing.map((name) => entries[name]).join(', ')}`);
  await mkdir(outdir, { recursive: true });
  return Promise.all(names.map((name) => buildOne(name, outdir)));
}

async function main(args: readonly string[]): Promise<void> {
  const unknown = args.filter((arg) => !allBundleNames.some((name) => name === arg));
  if (unknown.length > 0)
    throw new Error(`no such bundle: ${unknown.join(', ')}; there are ${allBundleNames.join(', ')}`);
  const names = allBundleNames.filter((name) => args.length === 0 || args.includes(name));
  for (const { name, bytes } of await build({ names })) {
    console.log(`dist/${name}.js  ${(bytes / 1024).toFixed(0)} KiB`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
