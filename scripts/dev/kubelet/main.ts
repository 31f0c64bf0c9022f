/**
 * Runs the bundled injector for a pod that the development cluster stored, and reports what happened: file names, modes
 * and sizes, never contents. Development tool, no zone.
 */

import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { runCommandLine } from '#platform/command-line.ts';
import { commandOf, exitCodes, type OptionsOf, type Program } from '#platform/commands.ts';
import { objectAt, stringAt } from '../kubernetes/objects.ts';
import { isJsonObject, type JsonObject } from '#envelope/json.ts';
import { runInitContainer, type Outcome } from './init-container.ts';
import { createNodeApi, type Kubernetes } from './node-api.ts';

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
  if (keep) console.log(`volumes left in ${folder === '' ? '-' : resolve(folder, '..')}`);
}

const DEFAULT_ENDPOINTS = '.dev/endpoints.json';

const podOptions = {
  endpoints: { value: 'FILE', doc: `What make dev wrote (default ${DEFAULT_ENDPOINTS}).` },
  injector: { value: 'FILE', doc: 'The bundled injector; kubelet.injector of the endpoints by default.' },
  keep: { doc: 'Leave the volumes in place and print where they are.' },
} as const;

async function runPod(
  namespace: string,
  name: string,
  options: OptionsOf<typeof podOptions>,
): Promise<number> {
  const { endpoints: file = DEFAULT_ENDPOINTS, keep } = options;
  const endpoints = readEndpoints(file);
  const kubernetes = kubernetesOf(endpoints, file);
  const injector = options.injector ?? required(objectAt(endpoints, 'kubelet'), 'injector', file);
  const api = createNodeApi(kubernetes);
  const pod = await api.pod(namespace, name).finally(() => api.close());
  const root = mkdtempSync(join(tmpdir(), 'twofold-kubelet-'));
  try {
    const command = [process.execPath, resolve(injector)] as const;
    const outcome = await runInitContainer({ kubernetes, pod, root, command });
    print(outcome, keep);
    if (!outcome.started) return 1;
    if (!keep) outcome.cleanUp();
    return outcome.exitCode;
  } finally {
    if (!keep) rmSync(root, { recursive: true, force: true });
  }
}

const program: Program<undefined, number> = {
  name: 'kubelet',
  call: 'node scripts/dev/kubelet/main.ts',
  summary: 'the injector, as a kubelet runs it.',
  commands: [
    commandOf<undefined, number>()({
      name: '',
      summary: 'Run the injector for a pod that the development cluster stored.',
      positionals: [
        { name: 'NAMESPACE', doc: 'the pod’s namespace' },
        { name: 'POD', doc: 'its name' },
      ],
      options: podOptions,
      run: (_, { positionals: [namespace = '', pod = ''], options }) => runPod(namespace, pod, options),
    }),
  ],
  exitCodes,
};

runCommandLine(program, process.argv.slice(2), undefined).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
