/**
 * Where the time goes from create to first file, for one traced pod: times from the API server's audit log, the
 * keyservice's audit records and the file itself. Draws docs/create-to-first-file.svg. Only the local cluster keeps
 * such a log (docs/cluster.md).
 */
import { existsSync, openSync, readSync, fstatSync, closeSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { connect, sidOf, type Cluster } from '../../test/e2e/cluster/connection.ts';
import { eventually } from '../../test/eventually.ts';
import { kubectlOutput } from '../../test/e2e/cluster/kubectl.ts';
import { pod, uniqueName } from '../../test/e2e/sessions/pods.ts';
import type { Bench } from '../figure.ts';
import { drawSpans, type Span } from './spans.ts';

const log = fileURLToPath(new URL('../../.cluster/audit/audit.log', import.meta.url));
const picture = fileURLToPath(new URL('../../docs/create-to-first-file.svg', import.meta.url));

/** audit.k8s.io/v1 Event, the part that is read. */
interface AuditEvent {
  readonly stage: string;
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly resource: string; readonly subresource?: string; readonly name?: string };
  readonly requestObject?: { readonly spec?: { readonly audiences?: readonly string[] } };
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
}

/** What the API server has recorded since the log had this size. */
function eventsSince(from: number): readonly AuditEvent[] {
  const file = openSync(log, 'r');
  try {
    const bytes = Buffer.alloc(fstatSync(file).size - from);
    readSync(file, bytes, 0, bytes.length, from);
    const lines = bytes.toString('utf8').split('\n').slice(0, -1);
    return lines
      .map((line) => JSON.parse(line) as AuditEvent)
      .filter(({ stage }) => stage === 'ResponseComplete'); // the API server's own format
  } finally {
    closeSync(file);
  }
}

function interval({
  requestReceivedTimestamp: from,
  stageTimestamp: to,
}: AuditEvent): readonly [number, number] {
  return [Date.parse(from), Date.parse(to)];
}

/** Times of the keyservice's two records of one session: before opening, and the outcome. */
async function unwrapOf(sid: string): Promise<readonly [number, number]> {
  const selector = 'app.kubernetes.io/name=keyservice';
  const text = await kubectlOutput([
    'logs',
    '--namespace',
    'twofold-keyservice',
    '--selector',
    selector,
    '--tail=-1',
  ]);
  const at = text
    .split('\n')
    .filter((line) => line.includes(sid))
    .map((line) => Date.parse((JSON.parse(line) as { time?: string }).time ?? '')) // one of our own records
    .filter((time) => !Number.isNaN(time))
    .sort((a, b) => a - b);
  return [at[0] ?? NaN, at.at(-1) ?? NaN];
}

/** When a file was last written, to the millisecond. */
async function writtenAt(cluster: Cluster, name: string, file: string): Promise<number> {
  const text = await cluster.exec(name, ['stat', '-c', '%y', file]);
  return Date.parse(
    text
      .trim()
      .replace(' ', 'T')
      .replace(/(\.\d{3})\d*/, '$1')
      .replace(' ', ''),
  );
}

function spansOf(
  events: readonly AuditEvent[],
  name: string,
  sid: string,
  times: { readonly unwrap: readonly [number, number]; readonly file: number },
): readonly Span[] {
  const find = (what: string, test: (event: AuditEvent) => boolean): readonly [number, number] => {
    const event = events.find(test);
    if (!event) throw new Error(`the audit log has no ${what}`);
    return interval(event);
  };
  const session = `twofold-${sid}`;
  const isWebhook = ({ user }: AuditEvent): boolean => user.username.endsWith(':webhook');
  const created = find(
    'pod',
    ({ verb, objectRef: ref }) =>
      verb === 'create' && ref?.resource === 'pods' && ref.name === name && ref.subresource === undefined,
  );
  const lease = find(
    'Lease',
    (event) =>
      isWebhook(event) &&
      event.verb === 'create' &&
      event.objectRef?.resource === 'leases' &&
      event.objectRef.name === session,
  );
  const secret = find(
    'Secret',
    (event) =>
      isWebhook(event) &&
      event.verb === 'create' &&
      event.objectRef?.resource === 'secrets' &&
      event.objectRef.name === session,
  );
  const bound = find('binding', ({ objectRef: ref }) => ref?.subresource === 'binding' && ref.name === name);
  const review = find(
    'token review',
    ({ objectRef: ref, requestObject }) =>
      ref?.resource === 'tokenreviews' && requestObject?.spec?.audiences?.[0] === `twofold:${sid}`,
  );
  const looked = find(
    'look at the pod',
    ({ verb, objectRef: ref, user }) =>
      verb === 'get' && ref?.resource === 'pods' && ref.name === name && user.username.endsWith(':console'),
  );
  const start = created[0];
  const span = (who: string, what: string, [from, to]: readonly [number, number]): Span => ({
    who,
    what,
    from: from - start,
    to: Math.max(to, from) - start,
  });
  return [
    span('API server', 'create the pod', created),
    span('keyservice', 'unwrap', times.unwrap),
    span('webhook', 'create the Lease', lease),
    span('webhook', 'create the Secret', secret),
    span('scheduler', 'bind', [created[1], bound[1]]),
    span('kubelet', 'sandbox, volumes, start of the init container', [bound[1], review[0]]),
    span('console', 'claim', [review[0], looked[1]]),
    span('init container', 'open and write', [looked[1], times.file]),
  ];
}

export const drawTrace: Bench = async (say) => {
  if (!existsSync(log)) {
    say('no trace: this cluster’s audit log is not available');
    return [];
  }
  say('tracing one pod from create to first file');
  const cluster = connect();
  const erin = cluster.person('erin');
  const names = Array.from({ length: 10 }, (_, at) => `bench-${at}`);
  for (const name of names) await cluster.keep(erin, name, 'x'.repeat(40));
  const { annotations } = await erin.ticket({ namespace: cluster.sessions, secrets: names });
  erin.close();
  const name = uniqueName('trace');
  const from = statSync(log).size;
  await cluster.create(pod({ name, annotations }));
  const admitted = await cluster.ready(name);
  const file = await writtenAt(cluster, name, '/secrets/bench-0');
  const sid = sidOf(admitted);
  const times = { unwrap: await unwrapOf(sid), file };
  await cluster.remove('pod', name);
  // The log is written in the background.
  const spans = await eventually('the audit log covers this pod', () =>
    Promise.resolve()
      .then(() => spansOf(eventsSince(from), name, sid, times))
      .catch(() => undefined),
  );
  const title = `From create to first file: one pod, ten secrets, ${new Date().toISOString().slice(0, 10)}`;
  writeFileSync(picture, drawSpans(title, spans));
  const end = Math.max(...spans.map(({ to }) => to));
  const figure = (what: string, value: number) => ({ bench: 'cluster', what, value, unit: 'ms' });
  return [
    figure('traced pod: create to first file', end),
    ...spans.map(({ who, what, from: began, to }) => figure(`traced pod: ${who}, ${what}`, to - began)),
  ];
};
