/**
 * A small Kubernetes API over HTTPS for the tests: TokenReviews, pods and the guard, with the real API's status codes.
 * It accepts only the console's token.
 */
import { createServer } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { listenOn } from '#platform/listen.ts';
import type { TlsMaterial } from '#platform/tls-files.ts';
import { GUARD_POLICIES } from '../core/guard.ts';

export interface TestPod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** What a service-account token represents. */
interface TestToken {
  readonly audiences: readonly string[];
  readonly username: string;
  readonly pod?: { readonly name: string; readonly uid: string };
}

export interface TestKubernetes {
  readonly url: string;
  readonly token: string;
  readonly pods: Map<string, TestPod>;
  /** By path. */
  readonly namespaces: Map<string, object>;
  readonly tokens: Map<string, TestToken>;
  /** Policies and bindings by path. */
  readonly guard: Map<string, object>;
  /** While set, every request is answered with this status. */
  failWith: number | undefined;
  close(): Promise<void>;
}

const GUARD_GROUP = '/apis/admissionregistration.k8s.io/v1';

export function podPath(namespace: string, name: string): string {
  return `/api/v1/namespaces/${namespace}/pods/${name}`;
}

/** The guard as installed and as the API server returns it, with these lines of launchers. */
export function wholeGuard(launchers: readonly string[] = []): Map<string, object> {
  const everything = { namespaceSelector: {}, objectSelector: {}, matchPolicy: 'Equivalent' };
  const variables = [{ name: 'launchers', expression: `r'''${launchers.join('\n')}'''` }];
  return new Map(
    GUARD_POLICIES.flatMap((name): [string, object][] => [
      [
        `${GUARD_GROUP}/validatingadmissionpolicies/${name}`,
        { spec: { failurePolicy: 'Fail', matchConstraints: everything, variables } },
      ],
      [
        `${GUARD_GROUP}/validatingadmissionpolicybindings/${name}`,
        { spec: { policyName: name, validationActions: ['Deny'] } },
      ],
    ]),
  );
}

async function read(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer); // no encoding is set
  return Buffer.concat(chunks).toString('utf8');
}

function review(tokens: ReadonlyMap<string, TestToken>, body: string): object {
  // Sent by the console, as in cluster.ts.
  const { spec } = JSON.parse(body) as { spec: { token: string; audiences: string[] } };
  const token = tokens.get(spec.token);
  const audiences = spec.audiences.filter((audience) => token?.audiences.includes(audience));
  if (!token || audiences.length === 0) return { status: { user: {}, error: 'token is not valid' } };
  const { username, pod } = token;
  const extra = pod && {
    'authentication.kubernetes.io/pod-name': [pod.name],
    'authentication.kubernetes.io/pod-uid': [pod.uid],
  };
  return { status: { authenticated: true, audiences, user: { username, ...(extra && { extra }) } } };
}

export async function startKubernetes(tls: TlsMaterial): Promise<TestKubernetes> {
  const state = {
    url: '',
    token: 'the console’s own token'.replaceAll(/[^a-z]/g, ''),
    pods: new Map<string, TestPod>(),
    namespaces: new Map<string, object>(),
    tokens: new Map<string, TestToken>(),
    guard: wholeGuard(),
    failWith: undefined as number | undefined, // a literal's type would be undefined alone
  };
  const answer = async (message: IncomingMessage): Promise<[number, object]> => {
    const path = message.url ?? '';
    const body = await read(message);
    if (state.failWith !== undefined) return [state.failWith, { reason: 'InternalError' }];
    if (message.headers.authorization !== `Bearer ${state.token}`) return [401, { reason: 'Unauthorized' }];
    if (path === '/apis/authentication.k8s.io/v1/tokenreviews') return [201, review(state.tokens, body)];
    const found = state.pods.get(path) ?? state.namespaces.get(path) ?? state.guard.get(path);
    return found ? [200, found] : [404, { reason: 'NotFound' }];
  };
  const server = createServer(tls, (message, response) => {
    void answer(message).then(([status, object]) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(object));
    });
  });
  state.url = `https://127.0.0.1:${await listenOn(server, '127.0.0.1', 0)}`;
  return Object.assign(state, {
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}
