/** Who may speak for users, ask for tokens, and write sessions' Secrets. No zone. */
import type { KubernetesObject } from '../../scripts/dev/admission-policy/request.ts';
import { podCreation } from '../guard.ts';
import { plainPod, sessionPod, SID, type Pod } from '../session-pod.ts';
import { changed, HUB, USER_KEY, WEBHOOK, type GuardCase } from './case.ts';
import { update } from './updates.ts';

/** The same pod for the launcher's annotation: who creates it where. */
function launched(
  title: string,
  username: string,
  namespace: string,
  denied?: 'twofold-launcher',
): GuardCase {
  const pod = changed(sessionPod(), (p) => {
    p.metadata.annotations[USER_KEY] = 'alice';
    p.metadata.namespace = namespace;
  });
  const request = podCreation(pod, { username, namespace });
  return denied ? { title, denied, says: /trusted launcher/, request } : { title, request };
}

const launchedPod = (): Pod => changed(sessionPod(), (pod) => (pod.metadata.annotations[USER_KEY] = 'alice'));

export const launcherCases: readonly GuardCase[] = [
  launched('the launcher starts a session for the user it names', HUB, 'sessions'),
  launched("a user names another in the launcher's namespace", 'alice', 'sessions', 'twofold-launcher'),
  launched('an administrator does', 'admin', 'sessions', 'twofold-launcher'),
  launched(
    'a controller does',
    'system:serviceaccount:kube-system:replicaset-controller',
    'sessions',
    'twofold-launcher',
  ),
  launched("one launcher does in another's namespace", HUB, 'other', 'twofold-launcher'),
  launched('a user writes that annotation where no launcher is trusted', 'alice', 'third'),
  {
    title: 'a user writes that annotation on a pod that is no session',
    request: podCreation(changed(plainPod(), (pod) => (pod.metadata.annotations[USER_KEY] = 'bob'))),
  },
  update(
    'the name of the user is changed afterwards',
    launchedPod(),
    (pod) => (pod.metadata.annotations[USER_KEY] = 'bob'),
    'twofold-launcher',
    /cannot be changed/,
  ),
  update(
    'the name of a user is added afterwards',
    sessionPod(),
    (pod) => (pod.metadata.annotations[USER_KEY] = 'bob'),
    'twofold-launcher',
  ),
  update(
    'it is added through the status',
    sessionPod(),
    (pod) => (pod.metadata.annotations[USER_KEY] = 'bob'),
    'twofold-launcher',
    /cannot be changed/,
    'status',
  ),
  update(
    'it is taken away',
    launchedPod(),
    (pod) => Reflect.deleteProperty(pod.metadata.annotations, USER_KEY),
    'twofold-launcher',
  ),
];

function token(
  title: string,
  username: string,
  groups: string[],
  audiences: string[],
  denied?: 'twofold-token',
): GuardCase {
  const object = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { audiences, expirationSeconds: 600 },
  };
  const resource = { group: '', version: 'v1', resource: 'serviceaccounts' };
  const request = {
    operation: 'CREATE',
    resource,
    subResource: 'token',
    namespace: 'sessions',
    name: 'default',
    userInfo: { username, groups },
    object,
  };
  return { title, request, ...(denied && { denied, says: /another audience/ }) };
}

export const tokenCases: readonly GuardCase[] = [
  token(
    "the kubelet asks for a session's token",
    'system:node:node1',
    ['system:nodes', 'system:authenticated'],
    [`twofold:${SID}`],
  ),
  token(
    "an administrator asks for a session's token",
    'admin',
    ['system:masters', 'system:authenticated'],
    [`twofold:${SID}`],
    'twofold-token',
  ),
  token(
    'a service account does',
    'system:serviceaccount:sessions:default',
    ['system:serviceaccounts', 'system:authenticated'],
    [`twofold:${SID}`],
    'twofold-token',
  ),
  token(
    'ours is hidden among other audiences',
    'admin',
    ['system:masters'],
    ['vault', 'twofold'],
    'twofold-token',
  ),
  token('an administrator asks for another audience', 'admin', ['system:masters'], ['vault']),
  token('an administrator asks for the default audience', 'admin', ['system:masters'], []),
];

function secret(
  title: string,
  username: string,
  fields: Record<string, unknown>,
  denied?: 'twofold-writer',
): GuardCase {
  const { name = 'twofold-notes', annotations = {}, ...rest } = fields;
  const object = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'sessions', annotations },
    ...rest,
  } as KubernetesObject;
  const resource = { group: '', version: 'v1', resource: 'secrets' };
  const request = {
    operation: 'CREATE',
    resource,
    namespace: 'sessions',
    name: String(name),
    userInfo: { username, groups: ['system:authenticated'] },
    object,
  };
  return { title, request, ...(denied && { denied }) };
}

const sessionSecret = { name: `twofold-${SID}`, type: 'twofold.dev/session', immutable: true };

export const secretCases: readonly GuardCase[] = [
  secret("the webhook writes a session's Secret", WEBHOOK, sessionSecret),
  secret('the webhook writes another type', WEBHOOK, { ...sessionSecret, type: 'Opaque' }, 'twofold-writer'),
  secret(
    'the webhook writes a service account token',
    WEBHOOK,
    {
      name: 'a',
      type: 'kubernetes.io/service-account-token',
      annotations: { 'kubernetes.io/service-account.name': 'default' },
    },
    'twofold-writer',
  ),
  secret(
    'the webhook writes our type under another name',
    WEBHOOK,
    { ...sessionSecret, name: 'console-tls' },
    'twofold-writer',
  ),
  secret(
    'the webhook writes one that can be changed',
    WEBHOOK,
    { ...sessionSecret, immutable: false },
    'twofold-writer',
  ),
  secret('a user writes our type', 'alice', { ...sessionSecret, name: 'mine' }, 'twofold-writer'),
  secret(
    "a user writes a session's name",
    'alice',
    { name: `twofold-${SID}`, type: 'Opaque' },
    'twofold-writer',
  ),
  secret("an administrator writes a session's name", 'admin', { name: `twofold-${SID}` }, 'twofold-writer'),
  secret('a user writes a Secret of her own', 'alice', { type: 'Opaque' }),
  secret('a user writes a Secret without a type', 'alice', {}),
];
