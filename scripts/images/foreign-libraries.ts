/**
 * The libraries of a program of another architecture, from Debian's packages for it. They are fetched into a folder by
 * an apt of its own, so the machine's packages and lists are not touched. Development tool, no zone.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Library, SystemPackage } from './base.ts';
import { neededLibraries, tool, type Architecture } from './elf.ts';

/** What Node links. */
const PACKAGES = ['libc6', 'libgcc-s1', 'libstdc++6'];
/** Debian's names of the architectures in paths. */
const TRIPLETS: Readonly<Record<Architecture, string>> = {
  amd64: 'x86_64-linux-gnu',
  arm64: 'aarch64-linux-gnu',
};

interface Place {
  /** Must not exist. */
  readonly folder: string;
  readonly architecture: Architecture;
}

interface Unpacked {
  readonly root: string;
  readonly package: SystemPackage;
}

function run(command: string, args: readonly string[], cwd?: string): string {
  return execFileSync(command, args, { encoding: 'utf8', cwd, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The sources and keys are the machine's; lists, cache and status are not. */
function fetchPackages({ folder, architecture }: Place): readonly string[] {
  const debs = join(folder, 'debs');
  for (const path of ['state/lists/partial', 'cache/archives/partial', 'debs'])
    mkdirSync(join(folder, path), { recursive: true });
  writeFileSync(join(folder, 'status'), '');
  const own: Readonly<Record<string, string>> = {
    'Dir::State': join(folder, 'state'),
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': join(folder, 'cache'),
    'APT::Architecture': architecture,
    'APT::Architectures': architecture,
    'APT::Sandbox::User': 'root',
  };
  const options = Object.entries(own).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  run('apt-get', [...options, 'update', '-qq']);
  run('apt-get', [...options, 'download', '-qq', ...PACKAGES], debs);
  return readdirSync(debs)
    .sort()
    .map((name) => join(debs, name));
}

function unpack(deb: string, root: string): Unpacked {
  run('dpkg-deb', ['-x', deb, root]);
  const field = (name: string): string => run('dpkg-deb', ['-f', deb, name]).trim();
  return {
    root,
    package: { name: field('Package'), version: field('Version'), architecture: field('Architecture') },
  };
}

/** Where a library belongs: the loader's path is in every program. */
function folderOf(name: string, triplet: string): string {
  return name.startsWith('ld-linux') ? '/lib' : `/lib/${triplet}`;
}

function find(name: string, packages: readonly Unpacked[], triplet: string): Library {
  for (const { root, package: of } of packages) {
    const found = [`lib/${triplet}`, `usr/lib/${triplet}`]
      .map((folder) => join(root, folder, name))
      .find((path) => existsSync(path));
    if (found !== undefined)
      return { file: realpathSync(found), path: `${folderOf(name, triplet)}/${name}`, package: of };
  }
  throw new Error(`none of ${PACKAGES.join(', ')} has ${name}`);
}

/** Everything that it and its libraries link, sorted. Throws where a library is in none of the packages. */
export function foreignLibraries(program: string, place: Place): readonly Library[] {
  const triplet = TRIPLETS[place.architecture];
  const packages = fetchPackages(place).map((deb, at) => unpack(deb, join(place.folder, `package-${at}`)));
  const found = new Map<string, Library>();
  for (const waiting = [program]; waiting.length > 0;) {
    const file = waiting.pop() ?? '';
    for (const name of neededLibraries(run(tool('objdump', place.architecture), ['-p', file]))) {
      if (found.has(name)) continue;
      const library = find(name, packages, triplet);
      found.set(name, library);
      waiting.push(library.file);
    }
  }
  return [...found.values()].sort((one, other) => (one.path < other.path ? -1 : 1));
}
