/**
 * Bearer tokens that the development API server mints and verifies: service accounts, bound to a pod or not,
 * and named users. JWTs signed with a key of this run. Development tool, no zone.
 */

import { generateKeyPairSync, randomUUID } from 'node:crypto';

import { errors, jwtVerify, SignJWT, type JWTPayload } from 'jose';

import { isJsonObject, objectAt, stringAt, stringsAt, type JsonObject } from '../objects/object.ts';
import { pods, secrets, type Resource } from '../objects/resource.ts';
import type { Implicit } from '../objects/service-account.ts';
import type { Store } from '../store.ts';
import { impliedGroups, serviceAccountUser, type UserInfo } from './identity.ts';

/** What a token is bound to: it ends when this object does. */
export type Bound = { kind: 'Pod' | 'Secret'; name: string; uid: string };

export type ServiceAccountGrant = {
  namespace: string;
  name: string;
  audiences: string[];
  seconds: number;
  bound?: Bound;
  nodeName?: string;
};

export type Verified = { user: UserInfo; audiences: string[] };
export type Verdict = { ok: true; verified: Verified } | { ok: false; error: string };

export type Tokens = {
  /** The audience of tokens for this API server itself. */
  readonly issuer: string;
  mintServiceAccount(grant: ServiceAccountGrant): Promise<{ token: string; expires: Date }>;
  mintUser(username: string, groups: string[], seconds: number): Promise<string>;
  /** Whether the text claims to be of this issuer, before any verification. */
  claimsIssuer(token: string): boolean;
  /** Checks signature, times, audience (one of those asked for) and what the token is bound to. */
  verify(token: string, audiences: readonly string[]): Promise<Verdict>;
};

const boundResources: Readonly<Record<Bound['kind'], Resource>> = { Pod: pods, Secret: secrets };
const podName = 'authentication.kubernetes.io/pod-name';
const podUid = 'authentication.kubernetes.io/pod-uid';
const nodeNameKey = 'authentication.kubernetes.io/node-name';
const credential = 'authentication.kubernetes.io/credential-id';

function refused(error: string): Verdict {
  return { ok: false, error };
}

function payloadOf(token: string): JsonObject {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    return isJsonObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

export function createTokens(ports: { store: Store; implicit: Implicit; now: () => Date }): Tokens {
  const issuer = 'https://kubernetes.default.svc.cluster.local';
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');

  function sign(claims: JWTPayload, audiences: string[], seconds: number): Promise<string> {
    const issued = Math.floor(ports.now().getTime() / 1000);
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA', kid: 'development' })
      .setIssuer(issuer)
      .setAudience(audiences)
      .setIssuedAt(issued)
      .setNotBefore(issued)
      .setExpirationTime(issued + seconds)
      .setJti(randomUUID())
      .sign(privateKey);
  }

  /** Why the binding of a token no longer holds, if it does not. */
  function staleBinding(namespace: string, claims: JsonObject): string | undefined {
    const account = objectAt(claims, 'serviceaccount');
    const current = ports.implicit.serviceAccount(namespace, stringAt(account, 'name') ?? '');
    if (current.metadata.uid !== account['uid']) return 'service account UID does not match';
    for (const [kind, resource] of Object.entries(boundResources)) {
      const bound = claims[kind.toLowerCase()];
      if (!isJsonObject(bound)) continue;
      const object = ports.store.get(resource, namespace, stringAt(bound, 'name') ?? '');
      if (object === undefined) return 'service account token has been invalidated';
      if (object.metadata.uid !== bound['uid']) return `${kind.toLowerCase()} UID does not match`;
    }
    return undefined;
  }

  function serviceAccountInfo(payload: JWTPayload, claims: JsonObject): UserInfo {
    const namespace = stringAt(claims, 'namespace') ?? '';
    const account = objectAt(claims, 'serviceaccount');
    const username = serviceAccountUser(namespace, stringAt(account, 'name') ?? '');
    const [pod, node] = [objectAt(claims, 'pod'), objectAt(claims, 'node')];
    const extra: Record<string, string[]> = { [credential]: [`JTI=${String(payload.jti)}`] };
    for (const [key, value] of [
      [podName, pod['name']],
      [podUid, pod['uid']],
      [nodeNameKey, node['name']],
    ] as const) {
      if (typeof value === 'string') extra[key] = [value];
    }
    return { username, uid: stringAt(account, 'uid') ?? '', groups: impliedGroups(username), extra };
  }

  function identify(payload: JWTPayload, audiences: string[]): Verdict {
    const claims = payload['kubernetes.io'];
    if (!isJsonObject(claims)) {
      const username = payload.sub ?? '';
      const groups = [...new Set([...stringsAt(payload, 'groups'), ...impliedGroups(username)])];
      return { ok: true, verified: { user: { username, groups }, audiences } };
    }
    const stale = staleBinding(stringAt(claims, 'namespace') ?? '', claims);
    if (stale !== undefined) return refused(stale);
    return { ok: true, verified: { user: serviceAccountInfo(payload, claims), audiences } };
  }

  return {
    issuer,

    async mintServiceAccount({ namespace, name, audiences, seconds, bound, nodeName }) {
      const account = ports.implicit.serviceAccount(namespace, name);
      const claims = {
        namespace,
        serviceaccount: { name, uid: account.metadata.uid },
        ...(bound === undefined ? {} : { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } }),
        ...(nodeName === undefined ? {} : { node: { name: nodeName } }),
      };
      const subject = { sub: serviceAccountUser(namespace, name), 'kubernetes.io': claims };
      const expires = new Date(Math.floor(ports.now().getTime() / 1000 + seconds) * 1000);
      return { token: await sign(subject, audiences, seconds), expires };
    },

    mintUser: (username, groups, seconds) => sign({ sub: username, groups }, [issuer], seconds),
    claimsIssuer: (token) => payloadOf(token)['iss'] === issuer,

    async verify(token, wanted) {
      try {
        const { payload } = await jwtVerify(token, publicKey, {
          issuer,
          algorithms: ['EdDSA'],
          currentDate: ports.now(),
          requiredClaims: ['sub', 'aud', 'exp', 'jti'],
        });
        const has = [payload.aud ?? []].flat();
        const audiences = wanted.filter((audience) => has.includes(audience));
        if (audiences.length === 0) {
          const listed = [has, wanted].map((list) => JSON.stringify(list));
          return refused(
            `token audiences ${listed[0] ?? ''} is invalid for the target audiences ${listed[1] ?? ''}`,
          );
        }
        return identify(payload, audiences);
      } catch (error) {
        if (!(error instanceof errors.JOSEError)) throw error;
        return refused(
          error.code === 'ERR_JWT_EXPIRED' ? 'service account token has expired' : 'invalid bearer token',
        );
      }
    },
  };
}
