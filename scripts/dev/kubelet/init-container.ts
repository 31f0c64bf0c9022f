/**
 * Does for a stored pod what the kubelet does for its init container `twofold-init`: volumes, token, environment,
 * exit code, termination message, status (docs/design.md#files). Development tool, no zone.
 */

import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Container, Pod } from '../kubernetes/objects.ts';
import type { JsonObject } from '#envelope/json.ts';
import { createNodeApi, type Kubernetes, type NodeApi } from './node-api.ts';
import { layOutVolumes, VolumeError, type Volumes } from './volumes.ts';

interface KubeletOptions {
  kubernetes: Kubernetes;
  /** As the API server stored it. */
  pod: Pod;
  /** A folder for this pod only; created if missing. */
  root: string;
  /** What stands in for the image: program and arguments. */
  command: readonly [string, ...string[]];
  /** In place of the pod's own, for drills. */
  env?: Readonly<Record<string, string>>;
  timeoutMs?: number;
}

export type Outcome =
  /** The container does not start: a volume cannot be set up. */
  | { started: false; reason: string }
  | {
      started: true;
      exitCode: number;
      terminationMessage: string;
      stdout: string;
      stderr: string;
      /** Volume name → folder. */
      volumes: ReadonlyMap<string, string>;
      /** The files that the consuming containers see, by their full path. */
      files: string[];
      /** Unmounts and removes the volumes. */
      cleanUp(): void;
    };

const initContainer = 'twofold-init';
const defaultTimeoutMs = 60_000;
const maxMessageBytes = 4096;
const killedCode = 137;

/** Development only: the injector's own paths are fixed, and there is no container to mount them in. */
const folderVariables: Readonly<Record<string, string>> = {
  TWOFOLD_SESSION_DIR: 'twofold-session',
  TWOFOLD_TOKEN_DIR: 'twofold-token',
  TWOFOLD_FILES_DIR: 'twofold-files',
  TWOFOLD_ENV_DIR: 'twofold-env',
};

function environmentOf(
  container: Container,
  volumes: Volumes,
  terminationLog: string,
): Record<string, string> {
  const declared = (container.env ?? []).map(({ name, value = '' }): [string, string] => [name, value]);
  const folders = Object.entries(folderVariables).flatMap(([name, volume]): [string, string][] => {
    const folder = volumes.folders.get(volume);
    return folder === undefined ? [] : [[name, folder]];
  });
  return Object.fromEntries([...declared, ...folders, ['TWOFOLD_TERMINATION_LOG', terminationLog]]);
}

interface Exit {
  exitCode: number;
  stdout: string;
  stderr: string;
}

function run(options: KubeletOptions, env: Record<string, string>): Promise<Exit> {
  const [program, ...args] = options.command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env,
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? defaultTimeoutMs,
      killSignal: 'SIGKILL',
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => resolve({ exitCode: code ?? killedCode, stdout, stderr }));
  });
}

function statusAfter(
  pod: Pod,
  container: Container,
  exitCode: number,
  message: string,
  startedAt: string,
): JsonObject {
  const failed = pod.spec.restartPolicy === 'Never' ? 'Failed' : 'Pending';
  const terminated = {
    exitCode,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    ...(message === '' ? {} : { message }),
    startedAt,
    finishedAt: new Date().toISOString().replace(/\.\d+/, ''),
  };
  const { name, image = '' } = container;
  return {
    phase: exitCode === 0 ? 'Running' : failed,
    initContainerStatuses: [
      { name, image, imageID: '', ready: exitCode === 0, restartCount: 0, state: { terminated } },
    ],
  };
}

/** Names that start with two dots are internal to the kubelet and the injector. */
function listFiles(folder: string | undefined): string[] {
  if (folder === undefined) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('..'))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? listFiles(path) : [path];
    })
    .sort();
}

async function start(api: NodeApi, options: KubeletOptions, container: Container): Promise<Outcome> {
  const { pod, root } = options;
  const terminationLog = join(root, 'termination-log');
  mkdirSync(root, { recursive: true });
  const volumes = await layOutVolumes(root, pod.spec, initContainer, api.sourcesOf(pod));
  try {
    writeFileSync(terminationLog, '');
    chmodSync(terminationLog, 0o666);
    const startedAt = new Date().toISOString().replace(/\.\d+/, '');
    const ended = await run(options, {
      ...environmentOf(container, volumes, terminationLog),
      ...options.env,
    });
    const terminationMessage = readFileSync(terminationLog).subarray(0, maxMessageBytes).toString();
    await api.reportStatus(pod, statusAfter(pod, container, ended.exitCode, terminationMessage, startedAt));
    return {
      started: true,
      ...ended,
      terminationMessage,
      volumes: volumes.folders,
      files: listFiles(volumes.folders.get('twofold-files')),
      cleanUp: () => volumes.remove(),
    };
  } catch (error) {
    volumes.remove();
    throw error;
  }
}

/** Rejects when the API server refuses or the command cannot be started; the caller calls `cleanUp` otherwise. */
export async function runInitContainer(options: KubeletOptions): Promise<Outcome> {
  const container = options.pod.spec.initContainers?.find(({ name }) => name === initContainer);
  if (container === undefined)
    return { started: false, reason: `the pod has no init container ${initContainer}` };
  const api = createNodeApi(options.kubernetes);
  try {
    return await start(api, options, container);
  } catch (error) {
    if (error instanceof VolumeError) return { started: false, reason: error.message };
    throw error;
  } finally {
    api.close();
  }
}
