/** Who may request tokens for Twofold, and write sessions' Secrets. No zone. */
import type { KubernetesObject } from '../kubernetes-object.ts';
import { SID } from '../session-pod.ts';
import { WEBHOOK, type AdmissionRequest, type GuardCase } from './case.ts';

/** A request for a token of this account. */
export function tokenRequest(
  account: { namespace: string; name: string },
  userInfo: AdmissionRequest['userInfo'],
  audiences: readonly string[],
): AdmissionRequest {
  const object = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { audiences, expirationSeconds: 600 },
  };
  const resource = { group: '', version: 'v1', resource: 'serviceaccounts' };
  return { operation: 'CREATE', resource, subResource: 'token', ...account, userInfo, object };
}

function token(
  title: string,
  username: string,
  groups: string[],
  audiences: string[],
  denied?: 'twofold-token',
): GuardCase {
  const account = { namespace: 'sessions', name: 'default' };
  const request = tokenRequest(account, { username, groups }, audiences);
  return { title, request, ...(denied && { denied, says: /request another audience/ }) };
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
  secret('a user writes her own Secret', 'alice', { type: 'Opaque' }),
  secret('a user writes a Secret without a type', 'alice', {}),
];
