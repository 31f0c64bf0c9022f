/** What a review's sender and the webhook's peers can send. */
import { annotations } from '#envelope/annotations.ts';
import { hardenedOptions } from '#platform/harden-server.ts';
import { createLog } from '#platform/log.ts';
import { createMetrics } from '#platform/metrics.ts';
import { parseProblem } from '#platform/problem.ts';
import { additionsOf, payloadBytes } from '../../webhook/additions.ts';
import { createMutate, timeoutOf } from '../../webhook/http.ts';
import { meshWarnings } from '../../webhook/neighbours.ts';
import { patchOf } from '../../webhook/patch.ts';
import { createConsoleClient, createKeyserviceClient } from '../../webhook/peers.ts';
import { planSession, type Plan } from '../../webhook/plan.ts';
import { parsePod } from '../../webhook/pod.ts';
import { parseQuantity } from '../../webhook/quantity.ts';
import { initResources } from '../../webhook/resources.ts';
import { encodeReview, parseReview } from '../../webhook/review.ts';
import { admitWith, readReview, reviewRequest } from '../reviews.ts';
import { json } from './envelope.ts';
import type { Subject } from './harness.ts';
import { steps, text, type Step } from './subject.ts';

type Json = Record<string, unknown>;

interface DraftContainer {
  readonly name: string;
  readonly restartPolicy?: string;
  readonly resources?: Json;
  readonly env?: Json[];
  readonly volumeMounts?: { readonly name: string; mountPath: string }[];
  readonly args?: string[];
}

interface Draft {
  readonly annotations: Record<string, string>;
  readonly labels: Record<string, string>;
  readonly containers: DraftContainer[];
  readonly initContainers: DraftContainer[];
  readonly volumes: Json[];
  name: string;
  generateName: string;
  /** Further lists of metadata, spec and dnsConfig. */
  readonly lists: Readonly<Record<'metadata' | 'spec' | 'dns', Record<string, unknown[]>>>;
  /** The innermost object of one that nests. */
  deepest: Json;
}

function draft(): Draft {
  const deepest: Json = {};
  return {
    name: 'p',
    generateName: '',
    lists: {
      metadata: { managedFields: [{ fieldsV1: deepest }] },
      spec: {},
      dns: { searches: ['svc.cluster.local', 'cluster.local'] },
    },
    deepest,
    annotations: { [annotations.ticket.key]: 'x' },
    labels: {},
    containers: [
      {
        name: 'm',
        resources: { limits: { cpu: '1', memory: '1Gi' } },
        env: [],
        volumeMounts: [],
        args: [],
      },
    ],
    initContainers: [],
    volumes: [],
  };
}

const resources = { limits: { cpu: 1, memory: 1 } };
function append(draftOf: Draft, key: string, entry: string): void {
  const before = draftOf.annotations[key];
  draftOf.annotations[key] = before === undefined ? entry : `${before},${entry}`;
}
function push({ lists }: Draft, where: keyof Draft['lists'], list: string, item: unknown): void {
  (lists[where][list] ??= []).push(item);
}
function lengthen(draftOf: Draft, key: string, entry: string): void {
  draftOf.annotations[key] = (draftOf.annotations[key] ?? '') + entry;
}
function lastOf({ containers }: Draft): DraftContainer | undefined {
  return containers.at(-1);
}

const podSteps: Readonly<Record<string, Step<Draft>>> = {
  container: ({ containers }, at) =>
    containers.push({ name: `c${at}`, resources, env: [], volumeMounts: [] }),
  plainContainer: ({ containers }, at) => containers.push({ name: `c${at}` }),
  burstable: ({ containers }, at) =>
    containers.push({ name: `c${at}`, resources: { requests: { cpu: '1e9' } } }),
  init: ({ initContainers }, at) => initContainers.push({ name: `i${at}`, resources }),
  sidecar: ({ initContainers }, at) =>
    initContainers.push({ name: `i${at}`, restartPolicy: 'Always', resources }),
  variable: (pod, at) => lastOf(pod)?.env?.push({ name: `V${at}`, value: '' }),
  mount: (pod, at) => lastOf(pod)?.volumeMounts?.push({ name: 'v', mountPath: `/mnt/${at}` }),
  volume: ({ volumes }, at) => volumes.push({ name: `v${at}`, secret: { secretName: `s${at}` } }),
  reservedVolume: ({ volumes }, at) => volumes.push({ name: `twofold-${at}` }),
  source: ({ volumes }, at) =>
    volumes.push({
      name: `p${at}`,
      projected: { sources: [{ serviceAccountToken: { audience: `twofold${at}` } }] },
    }),
  fileSegment: (pod) => lengthen(pod, annotations.files.key, '/a'),
  pathSegment: (pod) => lengthen(pod, annotations.mountPath.key, '/a'),
  ticketSpace: (pod) => lengthen(pod, annotations.ticket.key, ' '),
  mountSegment: (pod) => {
    const mount = lastOf(pod)?.volumeMounts?.at(-1);
    if (mount) mount.mountPath += '/a';
  },
  name: (pod) => (pod.name += 'a.'),
  generateName: (pod) => (pod.generateName += 'a-'),
  managedField: (pod, at) =>
    push(pod, 'metadata', 'managedFields', {
      manager: `m${at}`,
      fieldsV1: { 'f:metadata': { [`f:l${at}`]: {} } },
    }),
  deeperField: (pod) => {
    const deeper: Json = {};
    pod.deepest['f:x'] = deeper;
    pod.deepest = deeper;
  },
  ownerReference: (pod, at) => push(pod, 'metadata', 'ownerReferences', { kind: 'Job', uid: `u${at}` }),
  finalizer: (pod, at) => push(pod, 'metadata', 'finalizers', `example.org/${at}`),
  toleration: (pod, at) => push(pod, 'spec', 'tolerations', { key: `k${at}` }),
  searchDomain: (pod, at) => push(pod, 'dns', 'searches', `svc.${at}`),
  hostAlias: (pod, at) => push(pod, 'spec', 'hostAliases', { ip: '192.0.2.1', hostnames: [`h${at}`] }),
  pullSecret: (pod, at) => push(pod, 'spec', 'imagePullSecrets', { name: `s${at}` }),
  argument: (pod, at) => lastOf(pod)?.args?.push(`--a=${at}`),
  label: ({ labels }, at) => (labels[`l${at}`] = 'x'),
  annotation: (pod, at) => (pod.annotations[`a${at}`] = 'x'),
  unknownAnnotation: (pod, at) => (pod.annotations[`twofold.dev/a${at}`] = 'x'),
  file: (pod, at) => append(pod, annotations.files.key, `s${at}`),
  deepFile: (pod, at) => append(pod, annotations.files.key, `s=${'a/'.repeat(300)}${at}`),
  selectVariable: (pod, at) => append(pod, annotations.variables.key, `V${at}=s`),
  selectTakenVariable: (pod, at) => {
    append(pod, annotations.variables.key, `V${at}=s`);
    lastOf(pod)?.env?.push({ name: `V${at}`, value: '' });
  },
  chooseLast: (pod) => append(pod, annotations.containers.key, lastOf(pod)?.name ?? ''),
  chooseInit: (pod) => append(pod, annotations.containers.key, pod.initContainers.at(-1)?.name ?? 'm'),
  chooseUnknown: (pod, at) => append(pod, annotations.containers.key, `u${at}`),
  chooseAll: (pod) => (pod.annotations[annotations.containers.key] = '*'),
  mountPath: (pod, at) => (pod.annotations[annotations.mountPath.key] = `/mnt/${at}`),
  skipped: (pod, at) => {
    append(pod, 'azure.workload.identity/skip-containers', `;c${at}`);
    append(pod, 'eks.amazonaws.com/skip-containers', `\nc${at}`);
  },
  meshed: (pod, at) => {
    pod.containers.push({ name: 'istio-proxy' }, { name: 'linkerd-proxy' });
    append(pod, 'config.linkerd.io/skip-outbound-ports', `${at}-1`);
  },
  mode: (pod) => (pod.annotations[annotations.fileMode.key] = '0400'),
};
function step(name: keyof typeof podSteps): Step<Draft> {
  return podSteps[name]!;
}

function podOf(draftOf: Draft): Json {
  const { name, generateName, annotations: texts, labels, lists } = draftOf;
  const { containers, initContainers, volumes } = draftOf;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, generateName, annotations: texts, labels, ...lists.metadata },
    spec: { containers, initContainers, volumes, dnsPolicy: 'None', dnsConfig: lists.dns, ...lists.spec },
  };
}

const rendering = {
  image: 'i',
  pullPolicy: 'Always',
  pullSecrets: ['r'],
  claimUrl: 'https://claim.example',
  seccompProfile: 'RuntimeDefault',
} as const;
const config = { namespaces: ['*'], envEnabled: true, launchers: [], ...rendering };

/** Everything that a review passes through, from its bytes to the answer's. */
const mutate = createMutate(
  {
    admit: admitWith(config),
    audit: {
      append: (record) => Promise.resolve(void JSON.stringify(record)),
      close: () => Promise.resolve(),
    },
    clock: () => 0,
    monotonic: () => 0,
    log: createLog({ service: 'webhook', level: 'debug', write: () => undefined }),
    metrics: createMetrics(),
  },
  undefined,
);
const podReview = JSON.parse(readReview('plain-pod-alice').toString()) as { request: object }; // a captured review
function reviewOf(object: Json): string {
  return JSON.stringify({ ...podReview, request: { ...podReview.request, object } });
}

const zeros = { sid: '0'.repeat(32), grantSha256: '', caSha256: '' };

function admit(object: unknown): unknown {
  const pod = parsePod(object);
  const planned = planSession(pod, { namespace: 'n', username: 'u', boundPodUid: undefined }, config);
  if (!planned.ok) return encodeReview('u', { allowed: false, refusals: planned.refusals });
  const { plan } = planned;
  const sizes = new Map(plan.names.map((name) => [name as string, 10]));
  const resources = initResources(pod, payloadBytes(plan, sizes)) ?? { requests: {}, limits: {} };
  const additions = additionsOf(plan, { ...zeros, sizes, resources }, rendering);
  const patch = patchOf(pod, additions);
  const warnings = [...plan.warnings, ...meshWarnings(pod, rendering.claimUrl)];
  return encodeReview('u', { allowed: true, patch, warnings });
}

function clientOf(body: string) {
  return {
    call: () => Promise.resolve({ status: 200, headers: {}, body: Buffer.from(body) }),
    close: () => undefined,
  };
}
function optionsOf(body: string) {
  return { client: clientOf(body), url: 'https://peer.example', monotonic: () => 0 };
}
const names = Array.from({ length: 256 }, (_, at) => `s${at}`);
// The request uses only these members of a plan.
const place = { ns: 'n', sa: 's', name: 'p', by: 'u' };
const plan = { place, names, variables: [] } as unknown as Plan;
const resolved = {
  sid: '',
  ticket: '',
  secrets: names.map((name) => ({ id: name, name, size: 1, envelope: '' })),
};

export const webhookSubjects: readonly Subject[] = [
  steps({
    covers: [
      'webhook/pod.ts parsePod',
      'webhook/plan.ts planSession',
      'webhook/annotations.ts readAnnotations',
      'webhook/annotations.ts chooseContainers',
      'webhook/neighbours.ts skipAnnotations',
      'webhook/neighbours.ts meshWarnings',
      'envelope/annotation-values.ts parseAnnotations',
    ],
    tokens: Object.values(podSteps),
    starts: [[step('file')], [step('file'), step('chooseAll')], [step('selectVariable'), step('chooseAll')]],
    most: 16_384,
    draft,
    run: (pod: Draft) => admit(podOf(pod)),
  }),
  steps({
    covers: ['webhook/http.ts createMutate'],
    tokens: Object.values(podSteps),
    starts: [
      [step('file'), step('chooseAll')],
      [step('file'), step('generateName')],
      [step('file'), step('mount')],
    ],
    most: 16_384,
    draft,
    run: (pod: Draft) => mutate(reviewRequest(reviewOf(podOf(pod)))),
  }),
  text({
    covers: ['webhook/review.ts parseReview'],
    tokens: json,
    starts: [['{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u","object":']],
    run: (body) => parseReview(Buffer.from(body)),
  }),
  text({
    covers: ['webhook/quantity.ts parseQuantity'],
    tokens: ['0', '1', '9', '.', '-', '+', 'e', 'E', 'Ki', 'm', ' '],
    starts: [
      ['1', '.'],
      ['1', 'e'],
    ],
    run: parseQuantity,
  }),
  text({
    covers: ['platform/problem.ts parseProblem'],
    tokens: [...json, '{"name":"s0","size":1,"id":"s0","envelope":"","token":""},'],
    starts: [['{"sid":"","ticket":"","grant":"","secrets":['], ['{"grant":"","tokens":['], ['{"code":"']],
    run: async (body) => {
      parseProblem(Buffer.from(body));
      await createConsoleClient(optionsOf(body)).resolve(plan, 1e6);
      await createKeyserviceClient(optionsOf(body)).unwrap(resolved, place, 1e6);
    },
  }),
  text({
    covers: [],
    tokens: ['timeout', '=', '&', '10s', '%', '%25', '+', 'é'],
    // What a request line can hold. Far above it, Node's own URLSearchParams is sometimes quadratic.
    most: Math.floor(hardenedOptions.maxHeaderSize / 'timeout'.length),
    run: (query) => timeoutOf(new URLSearchParams(query)),
  }),
];
