/**
 * Admission of whatever a review holds: the real handler of `/mutate`, with a console, keyservice and API server in memory
 * that know every secret.
 */
import jsonPatch from 'fast-json-patch';
import { createLog } from '#platform/log.ts';
import { createMetrics } from '#platform/metrics.ts';
import type { AdmitPorts } from '../../webhook/admit.ts';
import { createMutate } from '../../webhook/http.ts';
import type { Operation } from '../../webhook/patch.ts';
import { refusals } from '../../webhook/refusals.ts';
import { admitWith, goldenPorts, reviewRequest } from '../reviews.ts';
import { annotationsOf, checkAdmittedPod, PREFIX } from './admitted-pod.ts';
import { demand, type Subject } from './harness.ts';
import { HIDDEN, isMembers, listOf, membersOf, textOf, type Members } from './members.ts';
import { copy } from './mutate.ts';
import { reviewOf } from './review-corpus.ts';

/** In no answer, log line or audit record. */
const CANARY = 'c4n4ry';
const ports: Partial<AdmitPorts> = {
  claimCa: () => 'the root certificate\n',
  resolve: async (plan, deadline) => {
    const resolved = await goldenPorts.resolve(plan, deadline);
    if (!resolved.ok) return resolved;
    const secrets = resolved.value.secrets.map((secret) => ({ ...secret, envelope: `${CANARY}.envelope` }));
    return {
      ok: true,
      value: { ...resolved.value, ticket: plan.ticket ?? `${CANARY}.minted.ticket`, secrets },
    };
  },
  unwrap: ({ secrets }) =>
    Promise.resolve({
      ok: true,
      value: {
        tokens: secrets.map(({ id }) => ({ id, token: `gAAA${CANARY}` })),
        grant: `${CANARY}.grant`,
      },
    }),
};

const said: string[] = [];
const settings = [
  { envEnabled: true },
  { envEnabled: false },
  { envEnabled: true, namespaces: ['fx-jupyter', 'fixtures'] },
];
const handlers = settings.map((change) =>
  createMutate(
    {
      admit: admitWith(change, ports),
      audit: {
        append: (record) => {
          said.push(JSON.stringify(record));
          return Promise.resolve();
        },
        close: () => Promise.resolve(),
      },
      clock: () => 0,
      monotonic: () => 0,
      log: createLog({ service: 'webhook', level: 'debug', write: (line) => said.push(line) }),
      metrics: createMetrics(),
    },
    undefined,
  ),
);

interface Reply {
  readonly status: number;
  readonly body: string;
}

async function ask(text: string, setting: number): Promise<Reply> {
  const { status, body } = await handlers[setting]!(reviewRequest(text));
  return { status, body: String(body) };
}

// What a person reads in a terminal.
const MOST_REFUSAL_BYTES = 256 * 1024;

function checkRefusal(status: Members, body: string): void {
  const { code, message, details } = status;
  demand(
    status['status'] === 'Failure' && code === 403,
    'refusal',
    () => `status ${textOf(code)}: ${textOf(message)}`,
  );
  demand(typeof message === 'string' && message !== '' && !HIDDEN.test(message), 'message', () =>
    JSON.stringify(message),
  );
  const causes = listOf(membersOf(details)['causes']);
  demand(causes.length > 0, 'causes', () => 'a refusal without a code');
  for (const { reason } of causes) {
    const stable = typeof reason === 'string' && Object.hasOwn(refusals, reason) && reason !== 'internal';
    demand(stable, 'code', () => `${textOf(reason)}: ${textOf(message)} ${said.join('')}`);
  }
  demand(body.length <= MOST_REFUSAL_BYTES, 'long', () => `a refusal of ${body.length} bytes`);
}

function createsPod(request: Members): boolean {
  const resource = membersOf(request['resource']);
  const isPod = resource['group'] === '' && resource['version'] === 'v1' && resource['resource'] === 'pods';
  return request['operation'] === 'CREATE' && isPod && !request['subResource'];
}

/** The review's request as its sender wrote it, where the body is one. */
function requestIn(text: string): Members | undefined {
  let sent: unknown;
  try {
    sent = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isMembers(sent) || sent['kind'] !== 'AdmissionReview' || sent['apiVersion'] !== 'admission.k8s.io/v1')
    return undefined;
  const request = membersOf(sent['request']);
  return typeof request['uid'] === 'string' && request['uid'] !== '' ? request : undefined;
}

/** Every fourth: the second look costs as much as the first. */
function isLookedAtTwice(text: string): boolean {
  return text.length % 4 === 0;
}

async function checkAdmitted(
  sent: Members,
  request: Members,
  patch: readonly Operation[],
  setting: number,
): Promise<void> {
  const before = membersOf(request['object']);
  const after = membersOf(jsonPatch.applyPatch(copy(before), patch, true).newDocument);
  checkAdmittedPod(before, after);
  if (!isLookedAtTwice(JSON.stringify(before))) return;
  const again = await ask(JSON.stringify({ ...sent, request: { ...request, object: after } }), setting);
  demand(again.body.includes('"reserved_names"'), 'twice', () => again.body.slice(0, 500));
}

async function check(body: string, setting: number): Promise<void> {
  // As it is once it has been sent.
  const text = Buffer.from(body).toString();
  said.length = 0;
  const reply = await ask(text, setting);
  const heard = reply.body + said.join('\n');
  demand(!heard.includes(CANARY) || text.includes(CANARY), 'secret', () => heard.slice(0, 2_000));
  const request = requestIn(text);
  const answer = membersOf(JSON.parse(reply.body));
  if (!request) {
    demand(
      reply.status === 400 && answer['code'] === 'body_malformed',
      'status',
      () => `${reply.status} ${reply.body}`,
    );
    return;
  }
  demand(reply.status === 200, 'status', () => `${reply.status} ${reply.body}`);
  demand(
    answer['kind'] === 'AdmissionReview' && answer['apiVersion'] === 'admission.k8s.io/v1',
    'form',
    () => reply.body,
  );
  const response = membersOf(answer['response']);
  demand(
    response['uid'] === request['uid'],
    'uid',
    () => `${textOf(response['uid'])} for ${textOf(request['uid'])}`,
  );
  if (isLookedAtTwice(text))
    demand(
      (await ask(text, setting)).body === reply.body,
      'unstable',
      () => 'another answer the second time',
    );
  if (response['allowed'] === false) {
    checkRefusal(membersOf(response['status']), reply.body);
    return;
  }
  demand(response['allowed'] === true, 'form', () => reply.body);
  const warnings: readonly unknown[] = Array.isArray(response['warnings']) ? response['warnings'] : [];
  demand(
    warnings.every((each) => typeof each === 'string' && !HIDDEN.test(each)),
    'warning',
    () => warnings.join(),
  );
  const selected =
    createsPod(request) &&
    Object.keys(annotationsOf(request['object'])).some((key) => key.startsWith(PREFIX));
  demand('patch' in response === selected, 'unselected', () => (selected ? 'no patch' : 'patched'));
  if (!selected) return;
  demand(response['patchType'] === 'JSONPatch', 'form', () => reply.body);
  const patch = JSON.parse(Buffer.from(textOf(response['patch']), 'base64').toString()) as Operation[]; // applied with its checks on
  await checkAdmitted(membersOf(JSON.parse(text)), request, patch, setting);
}

/** `[setting, review or body]`. */
export const reviewSubject: Subject = {
  name: 'admission reviews',
  covers: [
    'webhook/review.ts parseReview',
    'webhook/pod.ts parsePod',
    'webhook/plan.ts planSession',
    'webhook/annotations.ts readAnnotations',
    'webhook/annotations.ts chooseContainers',
    'webhook/mount-path.ts readMountPath',
    'webhook/quantity.ts parseQuantity',
  ],
  inputs: 1_000_000,
  slice: 1_000,
  make: (random) => [random.chance(0.7) ? 0 : 1 + random.below(2), reviewOf(random)],
  run: async (input) => {
    const [setting, review] = Array.isArray(input) ? input : [];
    await check(
      typeof review === 'string' ? review : JSON.stringify(review ?? null),
      setting === 1 || setting === 2 ? setting : 0,
    );
  },
};
