/**
 * Lays out the volumes of an init container in a folder as the kubelet does: Secrets and tokens behind `..data`,
 * memory-backed folders with their size limit. Development tool, no zone.
 */

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { PodSpec, Volume } from '../kubernetes/objects.ts';
import { parseQuantity } from '../../../webhook/quantity.ts';

/** What volumes are filled with, from the API server. */
export interface Sources {
  /** The Secret's data; undefined where there is none of this name. */
  secret(name: string): Promise<Map<string, Buffer> | undefined>;
  token(audience: string | undefined, seconds: number): Promise<string>;
}

export interface Volumes {
  /** Volume name → folder. */
  folders: Map<string, string>;
  /** Unmounts and removes everything. */
  remove(): void;
}

/** Why a volume cannot be set up: the pod waits, its containers do not start. */
export class VolumeError extends Error {}

const defaultMode = 0o644;
const defaultTokenSeconds = 3600;
const pageBytes = 4096;

type Content = Map<string, { bytes: Buffer; mode: number }>;

function makeFolder(path: string, mode: number): void {
  mkdirSync(path, { recursive: true });
  chmodSync(path, mode); // whatever the umask
}

/** Files are in a separate folder behind a link, so that an update replaces them all atomically. */
function writeContent(folder: string, content: Content): void {
  const stamp = `..${new Date().toISOString().replace(/[-T:]/g, '_')}`;
  makeFolder(folder, 0o777);
  makeFolder(join(folder, stamp), 0o755);
  symlinkSync(stamp, join(folder, '..data'));
  for (const [path, { bytes, mode }] of content) {
    const file = join(folder, stamp, path);
    makeFolder(dirname(file), 0o755);
    writeFileSync(file, bytes);
    chmodSync(file, mode);
  }
  const tops = new Set([...content.keys()].map((path) => path.split('/')[0] ?? path));
  for (const top of tops) symlinkSync(join('..data', top), join(folder, top));
}

/** Without the right to mount, a plain folder, whose limit nothing enforces. */
function mountMemory(folder: string, limit: string | undefined): boolean {
  if (process.getuid?.() !== 0) return false;
  const bytes = Number(parseQuantity(limit ?? '0') ?? 0n) / 1e9;
  const size = limit === undefined ? '' : `,size=${Math.max(pageBytes, bytes)}`;
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `mode=0777${size}`, 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function secretContent(volume: Volume, sources: Sources): Promise<Content> {
  const { secretName = '', defaultMode: mode = defaultMode, optional } = volume.secret ?? {};
  const data = await sources.secret(secretName);
  if (data === undefined && optional !== true) {
    throw new VolumeError(
      `MountVolume.SetUp failed for volume "${volume.name}" : secret "${secretName}" not found`,
    );
  }
  return new Map([...(data ?? [])].map(([key, bytes]) => [key, { bytes, mode }]));
}

async function projectedContent(volume: Volume, sources: Sources): Promise<Content> {
  const { sources: parts = [], defaultMode: mode = defaultMode } = volume.projected ?? {};
  const content: Content = new Map();
  for (const { serviceAccountToken: token } of parts) {
    if (token === undefined) throw new VolumeError(`volume "${volume.name}": only tokens are projected here`);
    const text = await sources.token(token.audience, token.expirationSeconds ?? defaultTokenSeconds);
    content.set(token.path, { bytes: Buffer.from(text), mode });
  }
  return content;
}

/** The volumes that the container mounts, no others. Throws VolumeError, leaving nothing behind. */
export async function layOutVolumes(
  root: string,
  spec: PodSpec,
  containerName: string,
  sources: Sources,
): Promise<Volumes> {
  const container = spec.initContainers?.find(({ name }) => name === containerName);
  const mounted = new Set(container?.volumeMounts?.map(({ name }) => name));
  const folders = new Map<string, string>();
  const mounts: string[] = [];

  const remove = (): void => {
    for (const mount of mounts.splice(0)) execFileSync('umount', ['-l', mount], { stdio: 'ignore' });
    rmSync(join(root, 'volumes'), { recursive: true, force: true });
  };

  try {
    for (const volume of spec.volumes?.filter(({ name }) => mounted.has(name)) ?? []) {
      const folder = join(root, 'volumes', volume.name);
      folders.set(volume.name, folder);
      if (volume.secret !== undefined) writeContent(folder, await secretContent(volume, sources));
      else if (volume.projected !== undefined) writeContent(folder, await projectedContent(volume, sources));
      else if (volume.emptyDir !== undefined) {
        makeFolder(folder, 0o777);
        const { medium, sizeLimit } = volume.emptyDir;
        if (medium === 'Memory' && mountMemory(folder, sizeLimit)) mounts.push(folder);
      } else throw new VolumeError(`volume "${volume.name}" is of a kind that this kubelet does not know`);
    }
  } catch (error) {
    remove();
    throw error;
  }
  return { folders, remove };
}
