/**
 * Builds images with whichever of Buildah, Podman and Docker is available, and writes them as archives. Buildah and Podman
 * keep their storage in a folder given here, so that the machine's own images are not touched. Development tool, no zone.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { architectures, type Architecture } from './elf.ts';

interface BuildOptions {
  readonly context: string;
  readonly containerfile: string;
  readonly tag: string;
  /** Value of `ARG BASE`. */
  readonly base?: string;
  readonly architecture: Architecture;
}

export interface Engine {
  readonly name: string;
  build(options: BuildOptions): void;
  /** Writes an archive that `docker load`, `podman load` and `ctr images import` accept. */
  save(tag: string, file: string): void;
}

function run(command: string, args: readonly string[]): string {
  return execFileSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 2 ** 26,
  });
}

function answers(command: string, ...args: readonly string[]): boolean {
  try {
    run(command, args);
    return true;
  } catch {
    return false;
  }
}

function buildArgs(base: string | undefined): readonly string[] {
  return base === undefined ? [] : ['--build-arg', `BASE=${base}`];
}

/** Nothing runs while an image is built, so another architecture needs no emulation. */
function platformArgs(architecture: Architecture): readonly string[] {
  return architecture === architectures[0] ? [] : ['--platform', `linux/${architecture}`];
}

/** Times of 1970, one layer, no trace of the tool; Docker's format contains a random host name, OCI's does not. */
const reproducible = [
  '--timestamp=0',
  '--layers=false',
  '--no-cache',
  '--format=oci',
  '--identity-label=false',
];

/** Overlay where the kernel and the file system support it; copies of whole folders elsewhere. */
function storageOf(command: string, storage: string): readonly string[] {
  mkdirSync(storage, { recursive: true });
  const places = ['--root', join(storage, 'root'), '--runroot', join(storage, 'run')];
  const overlay = [...places, '--storage-driver=overlay'];
  return answers(command, ...overlay, 'images') ? overlay : [...places, '--storage-driver=vfs'];
}

function contained(
  command: 'buildah' | 'podman',
  storage: string,
  saveArgs: (tag: string, file: string) => readonly string[],
): Engine {
  const places = storageOf(command, storage);
  return {
    name: command,
    build: ({ context, containerfile, tag, base, architecture }) => {
      const options = [
        ...reproducible,
        '--isolation=chroot',
        ...platformArgs(architecture),
        ...buildArgs(base),
      ];
      run(command, [...places, 'build', ...options, '--file', containerfile, '--tag', tag, context]);
    },
    save: (tag, file) => void run(command, [...places, ...saveArgs(tag, file)]),
  };
}

function buildah(storage: string): Engine {
  return contained('buildah', storage, (tag, file) => ['push', tag, `docker-archive:${file}:${tag}`]);
}

function podman(storage: string): Engine {
  return contained('podman', storage, (tag, file) => [
    'save',
    '--format=docker-archive',
    '--output',
    file,
    tag,
  ]);
}

/** Docker keeps images in its daemon. BuildKit writes 1970 as the image's time, but the files' times are its own. */
const docker: Engine = {
  name: 'docker',
  build: ({ context, containerfile, tag, base, architecture }) => {
    const options = [
      '--no-cache',
      '--build-arg',
      'SOURCE_DATE_EPOCH=0',
      ...platformArgs(architecture),
      ...buildArgs(base),
    ];
    run('docker', ['build', ...options, '--file', containerfile, '--tag', tag, context]);
  },
  save: (tag, file) => void run('docker', ['save', '--output', file, tag]),
};

/** The first that is installed and works. Throws, naming what to install, where none does. */
export function findEngine(storage: string): Engine {
  if (answers('buildah', '--version')) return buildah(storage);
  if (answers('podman', '--version')) return podman(storage);
  if (answers('docker', 'info')) return docker;
  throw new Error('none of buildah, podman and docker works here: install the package "buildah"');
}
