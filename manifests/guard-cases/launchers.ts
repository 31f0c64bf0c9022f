/** Who may name the user, and who may get a token of the account that does. No zone. */
import type { KubernetesObject } from '../kubernetes-object.ts';
import {
  changed,
  HUB,
  HUB_ACCOUNT,
  HUB_POD,
  OUTSIDE,
  podCreation,
  USER_KEY,
  type GuardCase,
} from './case.ts';
import { plainPod, sessionPod, type Pod } from '../session-pod.ts';
import { tokenRequest } from './requests.ts';
import { update } from './updates.ts';

/** One pod with the launcher's annotation, created by this user in this namespace. */
function launched(
  title: string,
  username: string,
  namespace: string,
  { denied, boundPodUid }: { denied?: 'twofold-launcher'; boundPodUid?: string } = {},
): GuardCase {
  const pod = changed(sessionPod(), (p) => {
    p.metadata.annotations[USER_KEY] = 'alice';
    p.metadata.namespace = namespace;
  });
  const request = podCreation(pod, { username, namespace, boundPodUid });
  return denied ? { title, denied, says: /trusted launcher/, request } : { title, request };
}

function launchedPod(): Pod {
  return changed(sessionPod(), (pod) => (pod.metadata.annotations[USER_KEY] = 'alice'));
}

const denied = 'twofold-launcher';

export const launcherCases: readonly GuardCase[] = [
  launched('the launcher starts a session for the user it names', HUB, 'sessions', { boundPodUid: HUB_POD }),
  launched('a launcher outside the cluster does, whose credentials belong to no pod', OUTSIDE, 'sessions'),
  launched('somebody with a token of its account that is not bound to its pod does', HUB, 'sessions', {
    denied,
  }),
  launched('the same with an empty pod uid', HUB, 'sessions', { denied, boundPodUid: '' }),
  launched("a user names another in the launcher's namespace", 'alice', 'sessions', { denied }),
  launched('an administrator does', 'admin', 'sessions', { denied }),
  launched('a pod’s own account does', 'system:serviceaccount:sessions:default', 'sessions', {
    denied,
    boundPodUid: HUB_POD,
  }),
  launched('a controller does', 'system:serviceaccount:kube-system:replicaset-controller', 'sessions', {
    denied,
  }),
  launched("one launcher does in another's namespace", HUB, 'other', { denied, boundPodUid: HUB_POD }),
  launched('a user writes that annotation where no launcher is trusted', 'alice', 'third'),
  {
    title: 'a user writes that annotation on a pod that is not a session',
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

const NODE = { username: 'system:node:node1', groups: ['system:nodes', 'system:authenticated'] };
const ADMIN = { username: 'admin', groups: ['system:masters', 'system:authenticated'] };
const EDITOR = { username: 'alice', groups: ['system:authenticated'] };
const accountDenied = { denied: 'twofold-launcher-account', says: /speaks for every user/ } as const;

function ofSecret(
  operation: 'CREATE' | 'UPDATE',
  account: string,
  change: { namespace?: string; type?: string; before?: string } = {},
): GuardCase['request'] {
  const { namespace = HUB_ACCOUNT.namespace, type = 'kubernetes.io/service-account-token', before } = change;
  const named = (name: string): KubernetesObject => {
    const annotations = { 'kubernetes.io/service-account.name': name };
    const metadata = { name: 'a-token', namespace, annotations };
    return { apiVersion: 'v1', kind: 'Secret', metadata, type } as KubernetesObject; // with its type
  };
  return {
    operation,
    resource: { group: '', version: 'v1', resource: 'secrets' },
    namespace,
    name: 'a-token',
    userInfo: ADMIN,
    object: named(account),
    ...(before === undefined ? {} : { oldObject: named(before) }),
  };
}

export const launcherAccountCases: readonly GuardCase[] = [
  {
    title: 'the kubelet requests the token of the launcher’s pod',
    request: tokenRequest(HUB_ACCOUNT, NODE, []),
  },
  ...Object.entries({
    'an editor of its namespace': EDITOR,
    'an administrator': ADMIN,
    'the launcher itself': { username: HUB, groups: ['system:serviceaccounts'] },
    'the controller manager': {
      username: 'system:kube-controller-manager',
      groups: ['system:authenticated'],
    },
  }).flatMap(([who, userInfo]): GuardCase[] => [
    {
      title: `${who} requests a token of the launcher’s account`,
      request: tokenRequest(HUB_ACCOUNT, userInfo, []),
      ...accountDenied,
    },
    {
      title: `${who} requests one for another audience`,
      request: tokenRequest(HUB_ACCOUNT, userInfo, ['vault']),
      ...accountDenied,
    },
  ]),
  {
    title: 'an editor requests a token of another account in the launcher’s namespace',
    request: tokenRequest({ ...HUB_ACCOUNT, name: 'default' }, EDITOR, []),
  },
  {
    title: 'an editor requests a token of an account of the same name elsewhere',
    request: tokenRequest({ ...HUB_ACCOUNT, namespace: 'sessions' }, EDITOR, []),
  },
  {
    title: 'a Secret is created for a token of the launcher’s account',
    request: ofSecret('CREATE', HUB_ACCOUNT.name),
    ...accountDenied,
  },
  {
    title: 'a Secret for another account’s token is changed to the launcher’s',
    request: ofSecret('UPDATE', HUB_ACCOUNT.name, { before: 'default' }),
    ...accountDenied,
  },
  {
    title: 'Kubernetes annotates an existing Secret of the launcher’s account',
    request: ofSecret('UPDATE', HUB_ACCOUNT.name, { before: HUB_ACCOUNT.name }),
  },
  { title: 'a Secret is created for a token of another account', request: ofSecret('CREATE', 'default') },
  {
    title: 'a Secret is created for an account of the launcher’s name elsewhere',
    request: ofSecret('CREATE', HUB_ACCOUNT.name, { namespace: 'sessions' }),
  },
  {
    title: 'a Secret of another type carries the same annotation',
    request: ofSecret('CREATE', HUB_ACCOUNT.name, { type: 'Opaque' }),
  },
];
