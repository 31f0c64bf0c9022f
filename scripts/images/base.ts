/**
 * The base image of the tests: Node 24 and the libraries it links, from this machine or from packages of another
 * architecture, and an account. No shell, no package manager. Users use the distroless image whose layout it copies.
 * Development tool, no zone.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repository } from '../build.ts';
import { architectures, libraries, tool, type Architecture } from './elf.ts';
import { foreignLibraries } from './foreign-libraries.ts';

/** A Debian package that contributes files to the image. */
export interface SystemPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
}

interface Base {
  /** `process.versions` of the image's Node. */
  readonly node: Readonly<Record<string, string>>;
  readonly packages: readonly SystemPackage[];
}

function run(command: string, ...args: readonly string[]): string {
  return execFileSync(command, args, {
    encoding: 'utf8',
    cwd: repository,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

const files: Readonly<Record<string, string>> = {
  'etc/passwd':
    'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n',
  'etc/group': 'root:x:0:\nnonroot:x:65532:\n',
  // Without it the C library queries the name server before it reads /etc/hosts.
  'etc/nsswitch.conf': 'hosts: files dns\n',
};

/** The Debian package of a library: registered under /lib or /usr/lib, which are the same folder. */
function packageOf(library: string): SystemPackage {
  const paths = [
    library,
    realpathSync(library),
    `/usr${library}`,
    realpathSync(library).replace(/^\/usr/, ''),
  ];
  for (const path of paths) {
    try {
      const owner = run('dpkg-query', '--search', path).split(': ')[0] ?? '';
      const shown = run('dpkg-query', '--show', '--showformat=${Package} ${Version} ${Architecture}', owner);
      const [name, version, architecture] = shown.split(' ');
      if (name && version && architecture) return { name, version, architecture };
    } catch {
      // Registered under another of its paths.
    }
  }
  throw new Error(`no Debian package has ${library}: give a base with BASE=, or build on Debian 12`);
}

function unique(packages: readonly SystemPackage[]): readonly SystemPackage[] {
  return [...new Map(packages.map((each) => [each.name, each])).values()].sort((one, other) =>
    one.name < other.name ? -1 : 1,
  );
}

/** A library where it is, where it belongs in the image, and its package. */
export interface Library {
  readonly file: string;
  readonly path: string;
  readonly package: SystemPackage;
}

function ownLibraries(node: string): readonly Library[] {
  return libraries(run('ldd', node)).map((path) => ({ file: path, path, package: packageOf(path) }));
}

function nodeFor(architecture: Architecture): string {
  const pinned = ['--pinned', ...(architecture === architectures[0] ? [] : [architecture])];
  return join(run('scripts/node', ...pinned).trim(), 'bin/node');
}

/** Gathers the base in `folder/rootfs`; `folder` must not exist. Modes are set one by one: a umask must not change the image. */
export function gatherBase(folder: string, architecture: Architecture): Base {
  const node = nodeFor(architecture);
  // A release has the same libraries compiled in for every architecture, and this machine can only ask its own.
  const own = nodeFor(architectures[0]);
  const versions = JSON.parse(run(own, '-p', 'JSON.stringify(process.versions)')) as Record<string, string>; // Node's own
  const rootfs = join(folder, 'rootfs');
  const makeFolder = (path: string, mode = 0o755): void => {
    if (path !== rootfs) makeFolder(dirname(path));
    mkdirSync(path, { recursive: true });
    chmodSync(path, mode);
  };
  const place = (path: string, mode: number, write: (target: string) => void): void => {
    const target = join(rootfs, path);
    makeFolder(dirname(target));
    write(target);
    chmodSync(target, mode);
  };
  mkdirSync(folder, { recursive: true });
  makeFolder(join(rootfs, 'tmp'), 0o1777);
  place('nodejs/bin/node', 0o755, (target) => void run(tool('strip', architecture), '-o', target, node));
  const linked =
    architecture === architectures[0]
      ? ownLibraries(node)
      : foreignLibraries(node, { folder: join(folder, 'apt'), architecture });
  for (const { path, file } of linked) place(path, 0o755, (target) => copyFileSync(file, target));
  for (const [path, content] of Object.entries(files)) {
    place(path, 0o644, (target) => writeFileSync(target, content));
  }
  return { node: versions, packages: unique(linked.map((library) => library.package)) };
}
