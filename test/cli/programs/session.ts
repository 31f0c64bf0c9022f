/**
 * A cluster in one command: `session FILE [FOLDER]` creates every pod of a manifest at the development API server, as a
 * person of the stage, runs its init container as a kubelet would, and prints which files it wrote. They are copied into
 * FOLDER.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Pod } from '../../../scripts/dev/kubernetes/objects.ts';
import { runInitContainer } from '../../../scripts/dev/kubelet/init-container.ts';
import { createPerson } from '../../../scripts/dev/person.ts';
import type { StageFacts } from '../stage.ts';

const [file = '', target] = process.argv.slice(2);
const facts = JSON.parse(readFileSync(process.env['STAGE'] ?? '', 'utf8')) as StageFacts; // the stage wrote it
const ca = readFileSync(facts.ca, 'utf8');
const kubernetes = { url: facts.kubernetes, ca, token: readFileSync(facts.kubeletToken, 'utf8') };
const developer = createPerson({
  url: facts.kubernetes,
  ca,
  bearer: readFileSync(facts.developer, 'utf8').trim(),
});

interface Workload {
  readonly kind: string;
  readonly metadata: { readonly namespace?: string; readonly name?: string };
  readonly spec: { readonly template?: { readonly metadata?: object; readonly spec: object } };
}

/** The pod itself, or the first that its controller would create. */
function podOf(workload: Workload): object {
  const { template } = workload.spec;
  if (workload.kind === 'Pod' || !template) return workload;
  const name = `${workload.metadata.name ?? ''}-0`;
  return { apiVersion: 'v1', kind: 'Pod', metadata: { ...template.metadata, name }, spec: template.spec };
}

async function show(workload: Workload): Promise<void> {
  const namespace = workload.metadata.namespace ?? facts.namespace;
  const pod = await developer.must<Pod>('POST', `/api/v1/namespaces/${namespace}/pods`, podOf(workload));
  const root = mkdtempSync(join(tmpdir(), 'twofold-cli-pod-'));
  const outcome = await runInitContainer({
    kubernetes,
    pod,
    root,
    command: [process.execPath, facts.injector],
  });
  if (!outcome.started || outcome.exitCode !== 0) throw new Error(JSON.stringify(outcome));
  const folder = outcome.volumes.get('twofold-files') ?? '';
  for (const path of [...outcome.files].sort()) {
    const [name, content] = [path.slice(folder.length + 1), readFileSync(path)];
    const text = content.length <= 40 && /^[\x20-\x7e]*$/.test(content.toString('latin1'));
    console.log(
      `${pod.metadata.name ?? ''} ${name}: ${text ? content.toString() : `${content.length} bytes`}`,
    );
    if (target !== undefined) {
      mkdirSync(dirname(join(target, name)), { recursive: true });
      cpSync(path, join(target, name));
    }
  }
  outcome.cleanUp();
  rmSync(root, { recursive: true, force: true });
}

for (const document of [parseAllDocuments(readFileSync(file, 'utf8'), { version: '1.1' })].flat()) {
  const workload = document.toJS() as Workload | null; // what the test wrote
  if (workload && ['Pod', 'Job', 'StatefulSet'].includes(workload.kind)) await show(workload);
}
developer.close();
