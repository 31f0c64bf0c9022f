/**
 * `make images`: one image for each service, as an archive along with its bill of materials, in `.images/`. The base
 * is BASE, or one made of this machine's parts. `--twice` compares two builds; `--multiarch` makes each image for
 * every architecture, and an archive of all of them. Development tool, no zone.
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
import { basename, join, relative } from 'node:path';
import type { Metafile } from 'esbuild';
import { build, bundleNames, repository, type BundleName } from '../build.ts';
import { runCommandLine } from '#platform/command-line.ts';
import { commandOf, exitCodes, type Program } from '#platform/commands.ts';
import { placeAddon } from './addon.ts';
import { readArchive } from './archive.ts';
import { gatherBase } from './base.ts';
import { architectures, type Architecture } from './elf.ts';
import { findEngine, type Engine } from './engine.ts';
import { writeIndex } from './image-index.ts';
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
  readonly architecture: Architecture;
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

/** In tags: none for this machine's own architecture. */
function suffixOf(architecture: Architecture): string {
  return architecture === architectures[0] ? '' : `-${architecture}`;
}

interface Base {
  readonly tag: string;
  /** Its content according to the bill. */
  readonly components: readonly Component[];
  /** Our own base, whose size we know. */
  readonly own: boolean;
}

/** The base of tests is one image for each architecture; what a user gives may be an index of several. */
function prepareBase(engine: Engine, context: string, architecture: Architecture): Base {
  const given = process.env['BASE'];
  if (given !== undefined && given !== '')
    return { tag: given, components: [baseComponent(given)], own: false };
  say(`base: Node 24 and the libraries it links, ${architecture}`);
  const { node, packages } = gatherBase(context, architecture);
  const tag = `localhost/twofold-node:24${suffixOf(architecture)}`;
  const containerfile = join(repository, 'scripts/images/base.Containerfile');
  engine.build({ context, containerfile, tag, architecture });
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
  readonly architecture: Architecture;
  readonly base: string;
  /** Folder of the image's content. */
  readonly context: string;
  readonly archive: string;
}

function buildOne(engine: Engine, { service, architecture, base, context, archive }: ImageBuild): string {
  const name = `${imageName(service)}${suffixOf(architecture)}`;
  say(`${name}, with ${engine.name}`);
  const containerfile = join(repository, containerfiles[service]);
  engine.build({ context, containerfile, tag: name, base, architecture });
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

type Measured = Pick<Image, 'service' | 'architecture' | 'name' | 'archive' | 'sbom'>;

function measure(image: Measured): Image {
  const { archive } = image;
  const bytes = Number(execFileSync('stat', ['-c', '%s', archive], { encoding: 'utf8' }));
  const { id } = readArchive(archive);
  return { ...image, id, bytes, zstdBytes: zstdBytes(archive) };
}

function printTable(images: readonly Image[]): void {
  const mb = (bytes: number): string => `${(bytes / MEGABYTE).toFixed(1)} MB`.padStart(9);
  const width = Math.max(...images.map(({ name }) => name.length));
  console.log(`${'image'.padEnd(width)}        raw       zstd  id            archive`);
  for (const { name, archive, bytes, zstdBytes: packed, id } of images) {
    const where = relative(repository, archive);
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

/** The content of the images for an architecture: bundles are the same for each, the addon is not. */
function contextFor(architecture: Architecture): string {
  const dist = join(repository, 'dist');
  if (architecture === architectures[0]) return dist;
  const context = join(work, `context-${architecture}`);
  mkdirSync(context);
  for (const name of [...bundleNames, 'admin'])
    copyFileSync(join(dist, `${name}.js`), join(context, `${name}.js`));
  placeAddon(architecture, join(context, basename(imageAddon)));
  return context;
}

type FileOf = (service: BundleName) => string;

/** One of each service, as `<file>.tar` and `<file>.cdx.json`. */
function imagesFor(engine: Engine, architecture: Architecture, fileOf: FileOf): readonly Image[] {
  const base = prepareBase(engine, join(work, `base-${architecture}`), architecture);
  const installed = npmSbom();
  const context = contextFor(architecture);
  const images = bundleNames.map((service) => {
    const file = fileOf(service);
    const [archive, sbom] = [`${file}.tar`, `${file}.cdx.json`];
    const name = buildOne(engine, { service, architecture, base: base.tag, context, archive });
    writeBill(service, sbom, base.components, installed);
    return measure({ service, architecture, name, archive, sbom });
  });
  const heavy = images.some(
    ({ service, zstdBytes: packed }) => service === 'injector' && packed > INJECTOR_MEGABYTES * MEGABYTE,
  );
  const finding = `the injector's image is over ${INJECTOR_MEGABYTES} MB as zstd, and every node pulls it`;
  if (heavy && base.own) throw new Error(finding);
  if (heavy) say(`${finding}, mostly because of the base you gave`);
  return images;
}

function makeImages(engine: Engine): void {
  const images = imagesFor(engine, architectures[0], (service) => join(folder, `twofold-${service}`));
  writeFileSync(join(folder, 'images.json'), `${JSON.stringify(images, undefined, 2)}\n`);
  printTable(images);
}

/** For each service an archive with its image for every architecture, under its one name. In a folder of their own. */
function makeMultiarch(engine: Engine): void {
  const all = join(folder, 'multiarch');
  mkdirSync(all, { recursive: true });
  const images = architectures.flatMap((architecture) =>
    imagesFor(engine, architecture, (service) => join(all, `twofold-${service}.${architecture}`)),
  );
  printTable(images);
  for (const service of bundleNames) {
    const archives = images.filter((image) => image.service === service).map(({ archive }) => archive);
    const file = join(all, `twofold-${service}.tar`);
    const digest = writeIndex(join(work, `index-${service}`), imageName(service), archives, file);
    console.log(
      `${imageName(service)}  ${architectures.join(', ')}  ${digest}  ${relative(repository, file)}`,
    );
  }
}

/** Builds everything twice, from the sources, and throws where an image differs. The archives stay. */
async function buildTwice(engine: Engine): Promise<void> {
  const contexts = ['one', 'two'].map((name) => join(work, name));
  for (const outdir of contexts) {
    await build({ outdir });
    copyFileSync(join(repository, imageAddon), join(outdir, basename(imageAddon)));
  }
  const runs = contexts.map((context) => {
    const [architecture] = architectures;
    const base = prepareBase(engine, `${context}-base`, architecture);
    return bundleNames.map((service) => {
      const archive = join(work, 'image.tar');
      buildOne(engine, { service, architecture, base: base.tag, context, archive });
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
      options: {
        twice: { doc: 'Build everything twice and compare.' },
        multiarch: { doc: 'Build for every architecture, and make an archive of all.' },
      },
      run: async (_, { options }) => {
        const engine = findEngine(join(work, 'storage'));
        if (options.twice) await buildTwice(engine);
        else if (options.multiarch) makeMultiarch(engine);
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
