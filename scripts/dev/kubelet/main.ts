/**
 * Runs the bundled injector for a pod that the development cluster stored, and says what happened: file names, modes
 * and sizes, never contents. Development tool, no zone.
 */

import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { objectAt, isJsonObject, stringAt, type JsonObject } from '../kubernetes/objects.ts';
import { runInitContainer, type Outcome } from './init-container.ts';
import { createNodeApi, type Kubernetes } from './node-api.ts';

const usage = `Usage: node scripts/dev/kubelet/main.ts NAMESPACE POD [options]
  --endpoints FILE   .dev/endpoints.json, written by make dev
  --injector FILE    the bundled injector; default: kubelet.injector of the endpoints
  --keep             leave the volumes in place and print where they are`;

const options = {
  endpoints: { type: 'string', default: '.dev/endpoints.json' },
  injector: { type: 'string' },
  keep: { type: 'boolean', default: false },
} as const;

function readEndpoints(file: string): JsonObject {
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isJsonObject(parsed)) throw new Error(`${file} is not an object`);
  return parsed;
}

function required(from: JsonObject, member: string, file: string): string {
  const value = stringAt(from, member);
  if (value === undefined) throw new Error(`${file} has no ${member}: is make dev running?`);
  return value;
}

function kubernetesOf(endpoints: JsonObject, file: string): Kubernetes {
  const tokenFile = required(objectAt(endpoints, 'kubelet'), 'tokenFile', file);
  return {
    url: required(endpoints, 'kubernetes', file),
    ca: readFileSync(required(endpoints, 'ca', file), 'utf8'),
    token: readFileSync(tokenFile, 'utf8').trim(),
  };
}

function print(outcome: Outcome, keep: boolean): void {
  if (!outcome.started) {
    console.log(`twofold-init does not start: ${outcome.reason}`);
    return;
  }
  console.log(`twofold-init ended with exit code ${outcome.exitCode}`);
  if (outcome.terminationMessage !== '')
    console.log(`termination message: ${outcome.terminationMessage.trim()}`);
  if (outcome.stderr !== '') console.log(outcome.stderr.trimEnd());
  const folder = outcome.volumes.get('twofold-files') ?? '';
  for (const file of outcome.files) {
    const { mode, size } = statSync(file);
    console.log(
      `${(mode & 0o777).toString(8).padStart(4, '0')} ${String(size).padStart(7)} B  ${relative(folder, file)}`,
    );
  }
  if (keep) console.log(`volumes kept in ${folder === '' ? '-' : resolve(folder, '..')}`);
}

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, options, strict: true, allowPositionals: true });
  const [namespace, name] = positionals;
  if (namespace === undefined || name === undefined) throw new Error(usage);
  const endpoints = readEndpoints(values.endpoints);
  const kubernetes = kubernetesOf(endpoints, values.endpoints);
  const injector = values.injector ?? required(objectAt(endpoints, 'kubelet'), 'injector', values.endpoints);
  const api = createNodeApi(kubernetes);
  const pod = await api.pod(namespace, name).finally(() => api.close());
  const root = mkdtempSync(join(tmpdir(), 'twofold-kubelet-'));
  try {
    const command = [process.execPath, resolve(injector)] as const;
    const outcome = await runInitContainer({ kubernetes, pod, root, command });
    print(outcome, values.keep);
    if (!outcome.started) return 1;
    if (!values.keep) outcome.cleanUp();
    return outcome.exitCode;
  } finally {
    if (!values.keep) rmSync(root, { recursive: true, force: true });
  }
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
