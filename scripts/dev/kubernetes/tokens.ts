/** Bearers of service accounts, bound to a pod or not, and of users: made, reviewed, verified. Development tool, no zone. */
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { errors, jwtVerify, SignJWT, type JWTPayload } from 'jose';
import { objectAt, pods, stringAt, stringsAt } from './objects.ts';
import { type JsonObject } from '#envelope/json.ts';
import { notFound } from './status.ts';
import type { Store } from './store.ts';

export interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

type Verdict =
  | { readonly user: UserInfo; readonly audiences: readonly string[]; readonly error?: undefined }
  | { readonly error: string };

interface Tokens {
  mint(username: string, groups: readonly string[], seconds: number): Promise<string>;
  /** For `serviceaccounts/NAME/token`: the request with its status. Throws where the bound pod does not exist. */
  request(account: Account, request: JsonObject): Promise<JsonObject>;
  /** For `tokenreviews`: the review with its status. */
  review(review: JsonObject): Promise<JsonObject>;
  verify(token: string, audiences: readonly string[]): Promise<Verdict>;
}

interface Account {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

const ISSUER = 'https://kubernetes.default.svc.cluster.local';
const DEFAULT_SECONDS = 3600;
const EXTRA = 'authentication.kubernetes.io';

function userOf(payload: JWTPayload): UserInfo {
  const { sub: username = '', jti = '' } = payload;
  const claims = objectAt(payload, 'kubernetes.io');
  if (claims['serviceaccount'] === undefined)
    return { username, groups: [...stringsAt(payload, 'groups'), 'system:authenticated'] };
  const [pod, namespace] = [objectAt(claims, 'pod'), stringAt(claims, 'namespace') ?? ''];
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
  const [podName, podUid] = [stringAt(pod, 'name') ?? '', stringAt(pod, 'uid')];
  const extra = {
    [`${EXTRA}/credential-id`]: [`JTI=${jti}`],
    ...(podUid && { [`${EXTRA}/pod-name`]: [podName], [`${EXTRA}/pod-uid`]: [podUid] }),
  };
  return { username, uid: stringAt(objectAt(claims, 'serviceaccount'), 'uid') ?? '', groups, extra };
}

export function createTokens(store: Store): Tokens {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');

  const sign = (claims: JWTPayload, audiences: readonly string[], seconds: number): Promise<string> =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA' })
      .setIssuer(ISSUER)
      .setAudience([...audiences])
      .setIssuedAt()
      .setExpirationTime(`${seconds} s`)
      .setJti(randomUUID())
      .sign(privateKey);

  /** The pod to bind a token to. */
  const boundPod = (namespace: string, spec: JsonObject): JsonObject | undefined => {
    if (spec['boundObjectRef'] === undefined) return undefined;
    const name = stringAt(objectAt(spec, 'boundObjectRef'), 'name') ?? '';
    const pod = store.get(pods, namespace, name);
    if (pod === undefined) throw notFound(pods, name);
    return { name, uid: pod.metadata.uid ?? '' };
  };

  const verify: Tokens['verify'] = async (token, wanted) => {
    try {
      const { payload } = await jwtVerify(token, publicKey, {
        issuer: ISSUER,
        algorithms: ['EdDSA'],
        requiredClaims: ['sub', 'exp'],
      });
      const audiences = [payload.aud ?? []].flat().filter((audience) => wanted.includes(audience));
      if (audiences.length === 0) return { error: 'token audiences are invalid for the target audiences' };
      const claims = objectAt(payload, 'kubernetes.io');
      const pod = objectAt(claims, 'pod');
      const bound = store.get(pods, stringAt(claims, 'namespace'), stringAt(pod, 'name') ?? '');
      if (pod['uid'] !== bound?.metadata.uid) return { error: 'service account token has been invalidated' };
      return { user: userOf(payload), audiences };
    } catch (error) {
      if (error instanceof errors.JOSEError) return { error: 'invalid bearer token' };
      throw error;
    }
  };

  return {
    verify: (token, audiences) => verify(token, audiences.length === 0 ? [ISSUER] : audiences),
    mint: (username, groups, seconds) => {
      const [, , namespace, name] = username.startsWith('system:serviceaccount:') ? username.split(':') : [];
      const claims = name === undefined ? {} : { 'kubernetes.io': { namespace, serviceaccount: { name } } };
      return sign({ sub: username, groups: [...groups], ...claims }, [ISSUER], seconds);
    },
    request: async ({ namespace, name, uid }, request) => {
      const spec = objectAt(request, 'spec');
      const pod = boundPod(namespace, spec);
      const audiences = stringsAt(spec, 'audiences');
      const seconds = Number(spec['expirationSeconds'] ?? DEFAULT_SECONDS);
      const claims = { namespace, serviceaccount: { name, uid }, ...(pod === undefined ? {} : { pod }) };
      const subject = { sub: `system:serviceaccount:${namespace}:${name}`, 'kubernetes.io': claims };
      const token = await sign(subject, audiences.length === 0 ? [ISSUER] : audiences, seconds);
      const expirationTimestamp = new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+/, '');
      return {
        ...request,
        spec: { ...spec, audiences, expirationSeconds: seconds },
        status: { token, expirationTimestamp },
      };
    },
    review: async (review) => {
      const spec = objectAt(review, 'spec');
      const asked = stringsAt(spec, 'audiences');
      const verdict = await verify(stringAt(spec, 'token') ?? '', asked.length === 0 ? [ISSUER] : asked);
      // `authenticated: false` is left out, as Go's omitempty does.
      const status =
        verdict.error === undefined
          ? { authenticated: true, user: verdict.user, audiences: verdict.audiences }
          : { user: {}, error: `[invalid bearer token, ${verdict.error}]` };
      return { ...review, status };
    },
  };
}
