/**
 * `make demo`: the main job, from a secret being typed in to a file in a session pod. Read this first: everything it
 * does goes through the same ports that people, launchers and the Kubernetes API server use.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import knex from 'knex';
import { sessionObjectName } from '#envelope/annotations.ts';
import { urlPath } from '#envelope/url-path.ts';
import { build } from './build.ts';
import type { Pod } from './dev/kubernetes/objects.ts';
import { runInitContainer } from './dev/kubelet/init-container.ts';
import { createPerson, type Person } from './dev/person.ts';
import { development } from './dev/environment.ts';
import { kubeletOf, startStack, type Stack } from './dev/stack.ts';

const started = performance.now();
function say(line: string): void {
  console.log(`\x1b[2m${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s  ${line}\x1b[0m`);
}
function heading(line: string): void {
  console.log(`\n\x1b[1m${line}\x1b[0m`);
}
function cut(text: string, length = 100): string {
  return text.length > length ? `${text.slice(0, length)}… (${text.length} characters)` : text;
}

const password = `demo-password-${randomBytes(4).toString('hex')}`;
const awsKey = randomBytes(48);

/** A pod that a real API server once sent to a webhook, without what the server adds. */
function sessionPod(annotations: Readonly<Record<string, string>>): object {
  const file = new URL('../test/fixtures/reviews/plain-pod-alice.json', import.meta.url);
  const { request } = JSON.parse(readFileSync(file, 'utf8')) as { request: { object: Pod } }; // a captured review
  const { metadata, spec, ...rest } = request.object;
  return { ...rest, metadata: { name: metadata.name, labels: metadata.labels, annotations }, spec };
}

/** What a person and her launcher do. */
async function startSession(alice: Person, kubernetes: Person): Promise<Pod> {
  heading('alice stores two secrets and starts a session');
  await alice.store('db-password', password);
  say('db-password stored: sealed twice by the console, which then forgot it');
  await alice.storeSealed('aws-key', awsKey);
  say('aws-key stored (48 random bytes): sealed twice before it left alice’s machine');
  const { annotations } = await alice.ticket({
    namespace: development.namespace,
    secrets: ['db-password', 'aws-key'],
  });
  say(`ticket for namespace ${development.namespace}: ${cut(annotations['twofold.dev/ticket'] ?? '', 48)}`);
  const pod = await kubernetes.must<Pod>(
    'POST',
    urlPath`/api/v1/namespaces/${development.namespace}/pods`,
    sessionPod({ ...annotations, 'twofold.dev/mount-path': '/secrets' }),
  );
  say(
    `pod ${pod.metadata.name ?? ''} admitted: init container ${pod.spec.initContainers?.[0]?.name ?? 'missing'} was injected`,
  );
  return pod;
}

/** What the kubelet does: volumes, token, init container. */
async function runSession(stack: Stack, pod: Pod): Promise<() => void> {
  const outcome = await runInitContainer({
    kubernetes: kubeletOf(stack),
    pod,
    root: join(stack.dir, 'pod'),
    command: [process.execPath, fileURLToPath(new URL('../dist/injector.js', import.meta.url))],
  });
  if (!outcome.started) throw new Error(outcome.reason);
  if (outcome.exitCode !== 0)
    throw new Error(`the init container ended with ${outcome.exitCode}: ${outcome.terminationMessage}`);
  heading('what the session finds at /secrets');
  const folder = outcome.volumes.get('twofold-files') ?? '';
  for (const file of outcome.files) {
    const content = readFileSync(file);
    const right = content.equals(Buffer.from(password)) || content.equals(awsKey);
    const mode = (statSync(file).mode & 0o777).toString(8).padStart(4, '0');
    console.log(
      `  ${mode}  ${String(content.length).padStart(3)} bytes  ${relative(folder, file).padEnd(12)} ${right ? 'the value that alice stored' : 'ANOTHER VALUE'}`,
    );
    if (!right) throw new Error('a file holds something other than what was stored');
  }
  if (outcome.files.length !== 2) throw new Error('there should be two files');
  return () => outcome.cleanUp();
}

interface Row {
  readonly name: string;
  readonly version: number;
  readonly kid: string;
  readonly envelope: string;
}

async function showAtRest(stack: Stack, admin: Person, pod: Pod): Promise<void> {
  heading('what the console’s database holds: two layers');
  const database = knex({
    client: 'better-sqlite3',
    connection: { filename: stack.databaseFile, options: { readonly: true } },
    useNullAsDefault: true,
  });
  const rows = await database<Row>('secrets').select('name', 'version', 'kid', 'envelope').orderBy('name');
  await database.destroy();
  for (const { name, version, kid, envelope } of rows) {
    console.log(`  ${name} v${version} under RSA key ${kid.slice(0, 8)}…  ${cut(envelope, 64)}`);
  }
  heading('what Kubernetes holds: one layer, and no key to it');
  const sid = pod.metadata.labels?.['twofold.dev/session'] ?? '';
  const secret = await admin.must<{ type: string; data: Record<string, string> }>(
    'GET',
    urlPath`/api/v1/namespaces/${development.namespace}/secrets/${sessionObjectName(sid)}`,
  );
  console.log(`  Secret twofold-${sid}, type ${secret.type}`);
  for (const [key, value] of Object.entries(secret.data)) {
    console.log(
      `  ${key.slice(0, 8).padEnd(8)}  ${cut(Buffer.from(value, 'base64').toString().replaceAll('\n', ' '), 64)}`,
    );
  }
}

function readAudit(file: string): readonly Record<string, unknown>[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
} // written by platform/audit.ts

function summary(record: Record<string, unknown> | undefined, keys: readonly string[]): string {
  return keys
    .flatMap((key) => (record?.[key] === undefined ? [] : [`${key} ${JSON.stringify(record[key])}`]))
    .join(', ');
}

async function showZones(stack: Stack, alice: Person): Promise<void> {
  heading('what each zone saw');
  const logs = join(stack.dir, 'logs');
  const { items } = await alice.must<{ items: readonly Record<string, unknown>[] }>('GET', '/api/v1/audit');
  console.log(
    `  1 console     db-password while it sealed it; aws-key never. Its audit: ${items
      .map(({ action }) => String(action))
      .reverse()
      .join(', ')}`,
  );
  const admission = readAudit(join(logs, 'webhook.audit')).at(-1);
  console.log(
    `  2 webhook     inner tokens in transit, no key. Its audit: ${summary(admission, ['action', 'outcome', 'secrets'])}`,
  );
  const [asked, released] = readAudit(join(logs, 'keyservice.audit')).slice(-2);
  console.log(
    `  3 keyservice  the outer layer of what the ticket lists. Its audit: ${summary(asked, ['operation', 'outcome', 'count'])}; ${summary(released, ['outcome'])}`,
  );
  console.log('  4 session     the keys of these two secrets and their plaintext, nothing else');
}

/** Both values, in every form in which they might be stored somewhere. */
function searchForPlaintext(stack: Stack): void {
  const needles = [Buffer.from(password), awsKey].flatMap((value) => [
    value,
    ...(['base64', 'base64url', 'hex'] as const).map((encoding) =>
      Buffer.from(value.toString(encoding).replace(/=+$/, '')),
    ),
  ]);
  const files = readdirSync(stack.dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.startsWith(join(stack.dir, 'pod')))
    .map((entry) => join(entry.parentPath, entry.name));
  const found = files.filter((file) => needles.some((needle) => readFileSync(file).includes(needle)));
  console.log(
    `\n  searched database, logs, audit trails and everything else on disk (${files.length} files) for both values: ${found.length} occurrences`,
  );
  if (found.length > 0) throw new Error(`plaintext in ${found.join(', ')}`);
}

async function demonstrate(stack: Stack): Promise<void> {
  const ca = readFileSync(stack.caFile, 'utf8');
  const bearer = stack.bearers['alice'] ?? '';
  const alice = createPerson({ url: stack.urls.console, ca, bearer });
  const launcher = createPerson({ url: stack.kubernetes.url, ca, bearer });
  const admin = createPerson({
    url: stack.kubernetes.url,
    ca,
    bearer: readFileSync(stack.tokens.admin, 'utf8'),
  });
  const pod = await startSession(alice, launcher);
  const cleanUp = await runSession(stack, pod);
  try {
    await showAtRest(stack, admin, pod);
    await showZones(stack, alice);
    searchForPlaintext(stack);
  } finally {
    cleanUp();
    for (const person of [alice, launcher, admin]) person.close();
  }
}

const dir = mkdtempSync(join(tmpdir(), 'twofold-demo-'));
try {
  say('bundling the services');
  await build();
  const stack = await startStack({ dir, people: ['alice'], say });
  try {
    await demonstrate(stack);
  } finally {
    await stack.stop();
  }
  say('finished; everything has been stopped. Next: make dev, or read scripts/demo.ts');
} finally {
  rmSync(dir, { recursive: true, force: true });
}
