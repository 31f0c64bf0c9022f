/**
 * What the webhook's peers and the API server answer to the webhook, the API server and the console to the others: over HTTPS
 * to the real clients, whatever they say.
 */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseSecretId, parseSecretName } from '#envelope/names.ts';
import { listenOn } from '#platform/listen.ts';
import { createHttpsClient } from '#platform/https-client.ts';
import { createKubernetesApi, type KubernetesApi } from '#platform/kubernetes.ts';
import { createLog } from '#platform/log.ts';
import { createMetrics } from '#platform/metrics.ts';
import { createCluster } from '../../console/cluster.ts';
import { refusals as consoleRefusals } from '../../console/refusals.ts';
import { refusals as keyserviceRefusals } from '../../keyservice/refusals.ts';
import { claimKeys } from '../../injector-image/claim.ts';
import type { Config } from '../../injector-image/config.ts';
import { Failure, terminationMessage } from '../../injector-image/outcome.ts';
import type { Session } from '../../injector-image/session.ts';
import { createAdmit, type Admit } from '../../webhook/admit.ts';
import { createMutate } from '../../webhook/http.ts';
import { createConsoleClient, createKeyserviceClient } from '../../webhook/peers.ts';
import { refusals } from '../../webhook/refusals.ts';
import { createSessions } from '../../webhook/sessions.ts';
import { testCertificates } from '../certificates.ts';
import { testFolder } from '../folder.ts';
import { GOLDEN_SID, goldenConfig, readReview, reviewRequest } from '../reviews.ts';
import { demand, type Subject } from './harness.ts';
import type { Json } from './mutate.ts';
import type { Random } from './random.ts';
import { HIDDEN, isMembers, textOf } from './members.ts';
import { bodies } from './services.ts';

/** What is answered to a call whose path ends so. */
type Answers = ReadonlyMap<string, { readonly status: number; readonly body: string }>;

interface Peers {
  readonly url: string;
  readonly ca: string;
  readonly dir: string;
  readonly mutate: ReturnType<typeof createMutate>;
  readonly said: string[];
  readonly api: KubernetesApi;
  answers: Answers;
  close(): void;
}

async function startPeers(): Promise<Peers> {
  const certificates = await testCertificates();
  const tls = certificates.leaf('console');
  let answers: Answers = new Map();
  const server = createServer(tls, (message, response) => {
    message.resume();
    message.on('end', () => {
      const path = message.url ?? '';
      const known = [...answers].find(([end]) => path.endsWith(end))?.[1] ?? {
        status: 404,
        body: '{"reason":"NotFound"}',
      };
      response.writeHead(known.status, { 'content-type': 'application/json' }).end(known.body);
    });
  });
  await listenOn(server, '127.0.0.1', 0);
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const dir = testFolder('peers');
  writeFileSync(join(dir, 'token'), 'token');
  writeFileSync(join(dir, 'ca.crt'), tls.ca);
  const said: string[] = [];
  const log = createLog({ service: 'webhook', level: 'debug', write: (line) => said.push(line) });
  const kubernetes = {
    kubernetesUrl: url,
    kubernetesTokenFile: join(dir, 'token'),
    kubernetesCaFile: join(dir, 'ca.crt'),
  };
  const api = createKubernetesApi(kubernetes, { log });
  const client = createHttpsClient({ ca: tls.ca });
  // An hour later each time: nothing that was answered once is known the next time.
  let now = 0;
  const clock = (): number => now;
  const admit: Admit = (request, deadline) => {
    now += 3_600_000;
    const sessions = createSessions({ api, clock, monotonic: clock }, { graceSeconds: 60 });
    const ports = {
      claimCa: () => 'ca',
      ...createConsoleClient({ client, url, monotonic: clock }),
      ...createKeyserviceClient({ client, url, monotonic: clock }),
      ...sessions,
    };
    return createAdmit(ports, { ...goldenConfig, envEnabled: true })(request, now + deadline);
  };
  const mutate = createMutate(
    {
      admit,
      audit: { append: () => Promise.resolve(), close: () => Promise.resolve() },
      clock: () => 0,
      monotonic: () => 0,
      log,
      metrics: createMetrics(),
    },
    undefined,
  );
  return {
    url,
    ca: tls.ca,
    dir,
    mutate,
    said,
    api,
    get answers() {
      return answers;
    },
    set answers(next: Answers) {
      answers = next;
    },
    close: () => {
      client.close();
      api.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

let peers: Promise<Peers> | undefined;
function thePeers(): Promise<Peers> {
  return (peers ??= startPeers());
}

export async function closePeers(): Promise<void> {
  (await peers)?.close();
  peers = undefined;
}

const secrets = [
  { id: 'id-a', name: 'db-password', size: 24, envelope: 'a.b.c.d.e' },
  { id: 'id-b', name: 'aws-key', size: 3_000, envelope: 'a.b.c.d.e' },
];
const problem = {
  type: 'urn:x',
  title: 't',
  status: 403,
  code: 'ticket_expired',
  detail: 'The ticket has expired.',
};

const made: Readonly<Record<string, (random: Random) => string>> = {
  '/resolve': bodies([{ sid: GOLDEN_SID, ticket: 'a.ticket.here', secrets }, problem] as Json[], [
    'db-password',
    'aws-key',
    'a.ticket.here',
    '-1',
    '1.5',
  ]),
  '/v1/unwrap': bodies(
    [
      { grant: 'a.grant', tokens: secrets.map(({ id, name }) => ({ id, name, token: 'gAAA' })) },
      problem,
    ] as Json[],
    ['id-a', 'id-b', 'db-password'],
  ),
  '/leases': bodies(
    [
      { kind: 'Lease', metadata: { name: 'x', uid: 'u' } },
      { kind: 'Status', reason: 'Forbidden', message: 'no' },
    ] as Json[],
    ['uid'],
  ),
  '/secrets': bodies([{ kind: 'Secret', metadata: { name: 'x' } }, { reason: 'AlreadyExists' }] as Json[], [
    'uid',
  ]),
  '/serviceaccounts/default': bodies(
    [
      { metadata: { annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' } } },
      { metadata: {} },
    ] as Json[],
    ['true', 'false'],
  ),
  '/version': bodies([{ major: '1', minor: '35+', gitVersion: 'v1.35.0' }] as Json[], ['1', '35', '+']),
};
const good: Readonly<Record<string, string>> = {
  '/resolve': JSON.stringify({ sid: GOLDEN_SID, ticket: 'a.ticket.here', secrets }),
  '/v1/unwrap': JSON.stringify({
    grant: 'a.grant',
    tokens: secrets.map(({ id, name }) => ({ id, name, token: 'gAAA' })),
  }),
  '/leases': '{"metadata":{"uid":"u"}}',
  '/secrets': '{}',
  '/serviceaccounts/default': '{}',
  '/version': '{"major":"1","minor":"35","gitVersion":"v1.35.0"}',
};
const created: ReadonlySet<string> = new Set(['/leases', '/secrets']);

/** Answers by path: mostly one of them is changed. */
function answersOf(random: Random): Json {
  const paths = Object.keys(good);
  const changed = random.pick(paths);
  return {
    env: random.chance(0.3),
    dryRun: random.chance(0.2),
    answers: Object.fromEntries(
      paths.map((path) => {
        const isChanged = path === changed || random.chance(0.05);
        const status =
          isChanged && random.chance(0.25)
            ? random.pick([200, 201, 204, 400, 403, 404, 409, 429, 500, 503])
            : created.has(path)
              ? 201
              : 200;
        return [path, { status, body: isChanged ? made[path]!(random) : (good[path] ?? '') }];
      }),
    ),
  };
}

function reviewText(env: boolean, dryRun: boolean): string {
  const review = JSON.parse(readReview('kubespawner-ticket').toString()) as {
    request: { dryRun: boolean; object: { metadata: { annotations: Record<string, string> } } };
  };
  review.request.dryRun = dryRun;
  if (env) review.request.object.metadata.annotations['twofold.dev/env'] = 'PGPASSWORD=db-password';
  return JSON.stringify(review);
}
const reviews = [false, true].map((env) => [false, true].map((dryRun) => reviewText(env, dryRun)));

function answersIn(input: Json): Answers {
  const answers = isMembers(input) && isMembers(input['answers']) ? input['answers'] : {};
  return new Map(
    Object.entries(answers).map(([path, answer]) => {
      const { status, body } = isMembers(answer) ? answer : {};
      return [
        path,
        {
          status: typeof status === 'number' && status >= 200 && status <= 599 ? status : 200,
          body: typeof body === 'string' ? body : '',
        },
      ];
    }),
  );
}

const CODES: ReadonlySet<string> = new Set([
  ...Object.keys(refusals),
  ...Object.keys(consoleRefusals),
  ...Object.keys(keyserviceRefusals),
]);
const STABLE = /^[a-z][a-z0-9_]{0,63}$/;

interface Response {
  readonly uid: string;
  readonly allowed: boolean;
  readonly patch?: string;
  readonly status?: {
    readonly code: number;
    readonly message: string;
    readonly details: { readonly causes: readonly { readonly reason: string; readonly message: string }[] };
  };
}

async function admitAmong(input: Json): Promise<void> {
  const on = await thePeers();
  on.said.length = 0;
  on.answers = answersIn(input);
  const { env, dryRun } = isMembers(input) ? input : {};
  const text = reviews[Number(env === true)]![Number(dryRun === true)]!;
  const reply = await on.mutate(reviewRequest(text));
  demand(reply.status === 200, 'status', () => `${reply.status} ${String(reply.body)}`);
  const { response } = JSON.parse(String(reply.body)) as { response: Response };
  if (response.allowed) {
    const patch = Buffer.from(response.patch ?? '', 'base64').toString();
    demand(/"twofold-[0-9a-f]{32}"/.test(patch), 'sid', () => patch);
    const limits = [...patch.matchAll(/"sizeLimit":"([^"]*)"/g)].map(([, limit]) => limit);
    demand(limits.length > 0 && limits.every((limit) => /^[1-9]\d{0,8}$/.test(limit ?? '')), 'size', () =>
      limits.join(),
    );
    return;
  }
  const { code, message, details } = response.status!;
  demand([403, 429, 503].includes(code) && message !== '' && !HIDDEN.test(message), 'refusal', () =>
    JSON.stringify(response),
  );
  demand(details.causes.length > 0, 'causes', () => JSON.stringify(response));
  for (const { reason, message: why } of details.causes) {
    // A peer's code is its own word, and one word; ours are of the table.
    demand(CODES.has(reason) || STABLE.test(reason), 'code', () => JSON.stringify(response));
    demand(reason !== 'internal' || message.includes('mistake') || text.includes(why), 'crash', () =>
      on.said.join(''),
    );
  }
}

const objects = bodies(
  [
    {
      status: {
        authenticated: true,
        audiences: ['a'],
        user: { username: 'u', extra: { 'authentication.kubernetes.io/pod-name': ['p'] } },
      },
    },
    { metadata: { uid: 'u', labels: { a: 'b' }, annotations: { c: 'd' } } },
    {
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: { namespaceSelector: {} },
        variables: [{ name: 'launchers', expression: "r'''a\nb'''" }],
        policyName: 'x',
        validationActions: ['Deny'],
      },
    },
  ] as Json[],
  ["r'''", "'''", '\n', 'Deny', 'launchers'],
);

async function readCluster(input: Json): Promise<void> {
  const on = await thePeers();
  // Every path ends so.
  on.answers = new Map([['', { status: 200, body: textOf(input) }]]);
  const cluster = createCluster(on.api);
  await cluster.reviewToken('t', 'a');
  await cluster.getPod('n', 'p');
  await cluster.readGuardPolicy('x');
}

const id = parseSecretId('0192f0c1-2b3c-7d4e-8f50-123456789abc')!;
const claimed = { keys: [{ id, key: 'A'.repeat(43) }] };
const claims = bodies([claimed, problem, { keys: [] }] as Json[], [id, 'A', '=', 'grant_expired']);

/** Not 429 and 5xx, which mean that it is asked again. */
const FINAL = [200, 200, 200, 201, 400, 401, 403, 404, 413];

async function claimWith(input: Json): Promise<void> {
  const on = await thePeers();
  const { status, body } = isMembers(input) ? input : {};
  on.answers = new Map([
    ['/claim', { status: FINAL.find((each) => each === status) ?? 200, body: textOf(body) }],
  ]);
  const config = { claimUrl: `${on.url}/claim`, claimSeconds: 5, dirs: { token: on.dir } } as Config; // all that it uses
  const session: Session = {
    grant: 'g',
    ca: on.ca,
    idOf: new Map([[parseSecretName('a')!, id]]),
    token: () => '',
  };
  try {
    const keys = await claimKeys(config, session);
    demand(keys.size === 1 && keys.get(id)?.length === 32, 'keys', () => textOf(body));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    demand(
      error.kind === 'refused' || error.kind === 'expired',
      'kind',
      () => `${error.kind}: ${error.message}`,
    );
    demand(!HIDDEN.test(terminationMessage(error)), 'message', () => terminationMessage(error));
  }
}

export const peerSubjects: readonly Subject[] = [
  {
    name: 'answers of peers and API server to the webhook',
    covers: ['platform/problem.ts parseProblem'],
    slice: 150,
    make: answersOf,
    run: admitAmong,
  },
  {
    name: 'answers of the API server to the console',
    covers: [],
    slice: 150,
    make: objects,
    run: readCluster,
  },
  {
    name: 'answers of the console to the init container',
    covers: [],
    // Each with a connection of its own.
    slice: 30,
    make: (random) => ({ status: random.pick(FINAL), body: claims(random) }),
    run: claimWith,
  },
];
