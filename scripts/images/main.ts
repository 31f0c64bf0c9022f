/**
 * `make images`: one image for each service, as an archive along with its bill of materials, in `.images/`. The base
 * is BASE, or one made of this machine's parts. `--twice` compares two builds. Development tool, no zone.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import type { Metafile } from 'esbuild';
import { build, bundleNames, repository, type BundleName } from '../build.ts';
import { runCommandLine } from '#platform/command-line.ts';
import { commandOf, exitCodes, type Program } from '#platform/commands.ts';
import { readArchive } from './archive.ts';
import { gatherBase } from './base.ts';
import { findEngine, type Engine } from './engine.ts';
import {
  baseComponent,
  billOf,
  nodeComponent,
  sqliteComponent,
  systemComponent,
  type Component,
  type Lock,
  type Sbom,
} from './sbom.ts';
import { containerfiles, imageAddon, imageName, version } from './services.ts';

const folder = join(repository, '.images');
mkdirSync(folder, { recursive: true });
/** Of this run only. */
const work = mkdtempSync(join(folder, 'work-'));
const INJECTOR_MEGABYTES = 45;
const MEGABYTE = 1_000_000;

interface Image {
  readonly service: BundleName;
  readonly name: string;
  readonly archive: string;
  readonly sbom: string;
  /** SHA-256 of the image's configuration. */
  readonly id: string;
  readonly bytes: number;
  /** As a registry that compresses with zstd stores it. */
  readonly zstdBytes: number;
}

function say(line: string): void {
  console.error(`\u001b[2m==> ${line}\u001b[0m`);
}
function read(path: string): string {
  return readFileSync(join(repository, path), 'utf8');
}

interface Base {
  readonly tag: string;
  /** Its content according to the bill. */
  readonly components: readonly Component[];
  /** Our own base, whose size we know. */
  readonly own: boolean;
}

function prepareBase(engine: Engine, context: string): Base {
  const given = process.env['BASE'];
  if (given !== undefined && given !== '')
    return { tag: given, components: [baseComponent(given)], own: false };
  say('base: Node 24 and the libraries it links');
  const { node, packages } = gatherBase(context);
  const tag = 'localhost/twofold-node:24';
  engine.build({ context, containerfile: join(repository, 'scripts/images/base.Containerfile'), tag });
  return { tag, components: [nodeComponent(node), ...packages.map(systemComponent)], own: true };
}

function writeBill(service: BundleName, file: string, base: readonly Component[], installed: Sbom): void {
  const sqlite = sqliteComponent(read('node_modules/better-sqlite3/deps/sqlite3/sqlite3.h'));
  const bill = billOf({
    name: `twofold-${service}`,
    version,
    // Files of esbuild's and npm's own formats.
    metafile: JSON.parse(read(`dist/${service}.meta.json`)) as Metafile,
    lock: JSON.parse(read('package-lock.json')) as Lock,
    installed,
    below: [...(service === 'console' ? [sqlite] : []), ...base],
  });
  writeFileSync(file, `${JSON.stringify(bill, undefined, 2)}\n`);
}

interface ImageBuild {
  readonly service: BundleName;
  readonly base: string;
  /** Folder of the image's content. */
  readonly context: string;
  readonly archive: string;
}

function buildOne(engine: Engine, { service, base, context, archive }: ImageBuild): string {
  const name = imageName(service);
  say(`${name}, with ${engine.name}`);
  const containerfile = join(repository, containerfiles[service]);
  engine.build({ context, containerfile, tag: name, base });
  // An existing archive would be appended to.
  rmSync(`${archive}.new`, { force: true });
  engine.save(name, `${archive}.new`);
  renameSync(`${archive}.new`, archive);
  return name;
}

function zstdBytes(file: string): number {
  const command = `zstd -q -3 -c -- "$1" | wc -c`;
  return Number(execFileSync('sh', ['-c', command, 'sh', file], { encoding: 'utf8' }));
}

function measure(service: BundleName, name: string, archive: string, sbom: string): Image {
  const bytes = Number(execFileSync('stat', ['-c', '%s', archive], { encoding: 'utf8' }));
  const { id } = readArchive(archive);
  return { service, name, archive, sbom, id, bytes, zstdBytes: zstdBytes(archive) };
}

function printTable(images: readonly Image[]): void {
  const mb = (bytes: number): string => `${(bytes / MEGABYTE).toFixed(1)} MB`.padStart(9);
  const width = Math.max(...images.map(({ name }) => name.length));
  console.log(`${'image'.padEnd(width)}        raw       zstd  id            archive`);
  for (const { service, name, bytes, zstdBytes: packed, id } of images) {
    const where = `.images/twofold-${service}.tar`;
    console.log(`${name.padEnd(width)}  ${mb(bytes)}  ${mb(packed)}  ${id.slice(0, 12)}  ${where}`);
  }
}

function npmSbom(): Sbom {
  return JSON.parse(
    execFileSync('npm', ['sbom', '--sbom-format=cyclonedx', '--package-lock-only'], {
      encoding: 'utf8',
      cwd: repository,
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 2 ** 26,
    }),
  ) as Sbom;
} // npm's format

function makeImages(engine: Engine): void {
  const base = prepareBase(engine, join(work, 'base'));
  const installed = npmSbom();
  const images = bundleNames.map((service) => {
    const archive = join(folder, `twofold-${service}.tar`);
    const sbom = join(folder, `twofold-${service}.cdx.json`);
    const name = buildOne(engine, { service, base: base.tag, context: join(repository, 'dist'), archive });
    writeBill(service, sbom, base.components, installed);
    return measure(service, name, archive, sbom);
  });
  writeFileSync(join(folder, 'images.json'), `${JSON.stringify(images, undefined, 2)}\n`);
  printTable(images);
  const heavy = images.some(
    ({ service, zstdBytes: packed }) => service === 'injector' && packed > INJECTOR_MEGABYTES * MEGABYTE,
  );
  if (!heavy) return;
  const finding = `the injector's image is over ${INJECTOR_MEGABYTES} MB as zstd, and every node pulls it`;
  if (base.own) throw new Error(finding);
  say(`${finding}, mostly because of the base you gave`);
}

/** Builds everything twice, from the sources, and throws where an image differs. The archives stay. */
async function buildTwice(engine: Engine): Promise<void> {
  const contexts = ['one', 'two'].map((name) => join(work, name));
  for (const outdir of contexts) {
    await build({ outdir });
    copyFileSync(join(repository, imageAddon), join(outdir, basename(imageAddon)));
  }
  const runs = contexts.map((context) => {
    const base = prepareBase(engine, `${context}-base`);
    return bundleNames.map((service) => {
      const archive = join(work, 'image.tar');
      buildOne(engine, { service, base: base.tag, context, archive });
      return readArchive(archive).id;
    });
  });
  const different = bundleNames.filter((service, index) => {
    const [one = '', two = ''] = runs.map((ids) => ids[index]);
    console.log(`twofold-${service}  ${one}  ${one === two ? 'identical' : `then ${two}`}`);
    return one !== two;
  });
  if (different.length > 0) throw new Error(`two builds gave different images: ${different.join(', ')}`);
}

const program: Program<undefined, unknown> = {
  name: 'images',
  call: 'node scripts/images/main.ts',
  summary: 'what make images and images-check run.',
  commands: [
    commandOf<undefined, unknown>()({
      name: '',
      summary: 'Make an archive with a bill of materials for each service.',
      options: { twice: { doc: 'Build everything twice and compare.' } },
      run: async (_, { options }) => {
        const engine = findEngine(join(work, 'storage'));
        if (options.twice) await buildTwice(engine);
        else makeImages(engine);
      },
    }),
  ],
  exitCodes,
};

try {
  process.exitCode = await runCommandLine(program, process.argv.slice(2), undefined);
} catch (error) {
  console.error(`images: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = exitCodes.failed.exit;
} finally {
  rmSync(work, { recursive: true, force: true });
}
