/** What a review's sender and the webhook's peers can send. */
import { annotations } from '#envelope/annotations.ts';
import { hardenedOptions } from '#platform/harden-server.ts';
import { parseProblem } from '#platform/problem.ts';
import { additionsOf, payloadBytes } from '../../webhook/additions.ts';
import { timeoutOf } from '../../webhook/http.ts';
import { patchOf } from '../../webhook/patch.ts';
import { createConsoleClient, createKeyserviceClient } from '../../webhook/peers.ts';
import { planSession, type Plan } from '../../webhook/plan.ts';
import { parsePod } from '../../webhook/pod.ts';
import { parseQuantity } from '../../webhook/quantity.ts';
import { effectiveRequest, missingMemory, qosClass } from '../../webhook/resources.ts';
import { encodeReview, parseReview } from '../../webhook/review.ts';
import { json } from './envelope.ts';
import type { Subject } from './harness.ts';
import { steps, text, type Step } from './subject.ts';

type Json = Record<string, unknown>;

interface DraftContainer {
  readonly name: string;
  readonly restartPolicy?: string;
  readonly resources?: Json;
  readonly env?: Json[];
  readonly volumeMounts?: Json[];
}

interface Draft {
  readonly annotations: Record<string, string>;
  readonly labels: Record<string, string>;
  readonly containers: DraftContainer[];
  readonly initContainers: DraftContainer[];
  readonly volumes: Json[];
}

function draft(): Draft {
  return {
    annotations: { [annotations.ticket.key]: 'x' },
    labels: {},
    containers: [
      { name: 'm', resources: { limits: { cpu: '1', memory: '1Gi' } }, env: [], volumeMounts: [] },
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
  mode: (pod) => (pod.annotations[annotations.fileMode.key] = '0400'),
};
function step(name: keyof typeof podSteps): Step<Draft> {
  return podSteps[name]!;
}

function podOf({ annotations: texts, labels, ...spec }: Draft): Json {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', annotations: texts, labels },
    spec,
  };
}

const config = { namespaces: ['*'], envEnabled: true, launchers: [] };
const rendering = { image: 'i', pullPolicy: 'Always', claimUrl: 'https://claim.example' };
const zeros = { sid: '0'.repeat(32), grantSha256: '', caSha256: '' };

function admit(object: unknown): unknown {
  const pod = parsePod(object);
  for (const resource of ['cpu', 'memory']) effectiveRequest(pod, resource);
  qosClass(pod);
  const planned = planSession(pod, { namespace: 'n', username: 'u', boundPodUid: undefined }, config);
  if (!planned.ok) return encodeReview('u', { allowed: false, refusals: planned.refusals });
  const { plan } = planned;
  const sizes = new Map(plan.names.map((name) => [name as string, 10]));
  missingMemory(pod, plan.resources, payloadBytes(plan, sizes));
  const additions = additionsOf(plan, { ...zeros, sizes }, rendering);
  const patch = patchOf(pod, additions);
  return encodeReview('u', { allowed: true, patch, warnings: plan.warnings });
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
      'envelope/annotation-values.ts parseAnnotations',
    ],
    tokens: Object.values(podSteps),
    starts: [[step('file')], [step('file'), step('chooseAll')], [step('selectVariable'), step('chooseAll')]],
    most: 16_384,
    draft,
    run: (pod: Draft) => admit(podOf(pod)),
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
