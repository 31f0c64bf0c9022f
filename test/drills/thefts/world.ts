/**
 * What every thief knows and may do whatever they have stolen: addresses, roots, names of people and secrets, our code.
 * Every port is within reach: network policies are what a cluster adds.
 */
import { readFileSync } from 'node:fs';
import { createHttpsClient, type ClientTls } from '#platform/https-client.ts';
import type { Pod } from '../../../scripts/dev/kubernetes/objects.ts';
import { createPerson, type ApiAnswer, type Person } from '../../../scripts/dev/person.ts';
import { messageOf, nameOf, sessions, type Drill } from '../cluster.ts';

/** Who has stored what: `running` is in a running session, the others are only stored. */
export const stored = {
  alice: ['running', 'stored'],
  bob: ['running', 'stored'],
  /** Has not logged in for longer than a launcher's word holds. */
  carol: ['stored'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type User = keyof typeof stored;
/** Object.keys forgets which keys there are. */
export const users = Object.keys(stored) as readonly User[];

export const hub = {
  username: 'system:serviceaccount:hub:hub',
  namespace: 'hub-sessions',
  annotation: 'hub.example/user',
} as const;

interface Called {
  readonly status: number;
  /** JSON, of whatever shape; undefined where nobody answered. */
  readonly body: unknown;
  /** The refusal's code. */
  readonly code: string;
}

interface PodWish {
  readonly namespace: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly name?: string | undefined;
  readonly metadata?: object;
  readonly spec?: object;
}

export interface World {
  readonly urls: Drill['stack']['urls'];
  readonly cluster: string;
  readonly issuer: string;
  readonly ca: string;
  readonly namespaces: readonly string[];
  /** Posts JSON; never rejects. */
  post(
    url: string,
    tls: ClientTls,
    body: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Called>;
  atKubernetes(bearer: string): Person;
  atConsole(bearer: string): Person;
  /** A pod by this bearer: its files once it has run, or why there is none. */
  startPod(
    bearer: string,
    podRequest: PodWish,
  ): Promise<{ readonly files: readonly Buffer[]; readonly code: string }>;
  /** The token that a kubelet gives to a plain pod of this bearer's; undefined where there is none. */
  tokenInPod(bearer: string): Promise<string | undefined>;
  /** A login of one's own, which the console has never seen. */
  stranger(): { readonly sub: string; readonly bearer: string };
  /** Those who take this address for the console's: a session's init container, and a person who stores something. */
  comeBy(url: string): Promise<void>;
  /** The same act with the same copies comes to the same: it is done once. */
  once<T>(key: string, act: () => Promise<T>): Promise<T>;
}

/** The code in a refusal of ours, the policy of the guard that refused, or Kubernetes' own word. */
export function codeOf({ body, status }: Pick<ApiAnswer, 'body' | 'status'>): string {
  const { code, reason } = (body ?? {}) as { code?: unknown; reason?: unknown }; // of whoever answered
  if (typeof code === 'string') return code;
  const message = messageOf({ body, status, headers: {} });
  const [, policy] = /ValidatingAdmissionPolicy '(twofold-[a-z-]+)'/.exec(message) ?? [];
  const [, ours] = /\(([a-z]+(?:_[a-z]+)+)\)$/.exec(message) ?? [];
  return policy ?? ours ?? (typeof reason === 'string' ? reason : `status ${status}`);
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

async function post(
  url: string,
  tls: ClientTls,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Called> {
  const client = createHttpsClient(tls);
  try {
    const answer = await client.call({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      timeoutMs: 20_000,
      maxResponseBytes: 4_000_000,
    });
    const called = { status: answer.status, body: parse(answer.body) };
    return { ...called, code: codeOf(called) };
  } catch {
    return { status: 0, body: undefined, code: 'handshake_refused' };
  } finally {
    client.close();
  }
}

interface WorldOptions {
  readonly drill: Drill;
  readonly strangers: readonly string[];
  readonly passersBy: { readonly session: Pod; readonly user: User; readonly types: string };
}

export function createWorld({ drill, strangers, passersBy }: WorldOptions): World & { close(): void } {
  const { stack, ca } = drill;
  const people = new Map<string, Person>();
  const person = (url: string, roots: string, bearer: string): Person => {
    const key = `${url} ${bearer}`;
    const known = people.get(key) ?? createPerson({ url, ca: roots, bearer });
    people.set(key, known);
    return known;
  };
  const atKubernetes = (bearer: string): Person => person(stack.kubernetes.url, stack.kubernetes.ca, bearer);
  const kubelet = atKubernetes(readFileSync(stack.tokens.kubelet, 'utf8'));
  const create = (bearer: string, podRequest: PodWish): Promise<ApiAnswer> =>
    drill.createPod(podRequest.annotations, {
      by: atKubernetes(bearer),
      namespace: podRequest.namespace,
      metadata: { name: podRequest.name ?? nameOf('thief'), ...podRequest.metadata },
      ...(podRequest.spec === undefined ? {} : { spec: podRequest.spec }),
    });
  const acts = new Map<string, Promise<unknown>>();
  const fresh = [...strangers];
  return {
    urls: stack.urls,
    cluster: 'development',
    issuer: stack.urls.console,
    ca,
    namespaces: [sessions, hub.namespace],
    post,
    atKubernetes,
    atConsole: (bearer) => person(stack.urls.console, ca, bearer),
    startPod: async (bearer, podRequest) => {
      const answer = await create(bearer, podRequest);
      if (answer.status !== 201) return { files: [], code: codeOf(answer) };
      const ended = await drill.runPod(answer.body as Pod); // the API server's own
      return { files: Object.values(ended.files), code: `init container: exit ${ended.exitCode}` };
    },
    tokenInPod: async (bearer) => {
      const answer = await create(bearer, { namespace: sessions, annotations: {} });
      if (answer.status !== 201) return undefined;
      const { metadata } = answer.body as Pod; // the API server's own
      const { name = '', uid = '', namespace = '' } = metadata;
      await stack.kubernetes.schedule(namespace, name);
      const minted = await kubelet.must<{ status: { token: string } }>(
        'POST',
        `/api/v1/namespaces/${namespace}/serviceaccounts/default/token`,
        { spec: { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name, uid } } },
      );
      return minted.status.token;
    },
    stranger: () => {
      const sub = fresh.shift();
      if (sub === undefined) throw new Error('there are too few strangers');
      return { sub, bearer: stack.bearers[sub] ?? '' };
    },
    comeBy: async (url) => {
      const { session, user, types } = passersBy;
      const misled = JSON.stringify(session).replaceAll(stack.urls.consoleClaim, url);
      await drill.runPod(JSON.parse(misled) as Pod); // with another address, the same
      await person(url, ca, stack.bearers[user] ?? '').call('POST', '/api/v1/secrets', {
        name: nameOf('typed'),
        value: types,
      });
    },
    once: (key, act) => {
      const before = acts.get(key);
      // Whoever gives the same key does the same act.
      if (before) return before as ReturnType<typeof act>;
      const done = act();
      acts.set(key, done);
      return done;
    },
    close: () => {
      for (const each of people.values()) each.close();
    },
  };
}
