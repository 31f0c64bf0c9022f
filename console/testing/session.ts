/** A session as webhook, keyservice and API server would create it: resolve, grant, admitted pod, token. */
import { randomUUID } from 'node:crypto';
import type { Grant } from '#envelope/grant.ts';
import { GRANT_ISSUER, signGrant } from '#envelope/grant.ts';
import { parseOwnerId, parseSecretId, parseSecretName, parseSessionId } from '#envelope/names.ts';
import { parsePlace, type Place } from '#envelope/place.ts';
import { ed25519Signer } from '#envelope/node-cipher.ts';
import { parseEnvelope } from '#envelope/outer/layout.ts';
import { sessionAudience } from '#envelope/annotations.ts';
import { callJson, type ApiClient, type Reply } from './api-client.ts';
import { newUser, type TestConsole } from './console.ts';
import { podPath, type TestPod } from './kubernetes.ts';

export const NAMESPACE = 'sessions';

interface ResolvedSecret {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  readonly envelope: string;
}

export interface ResolvedSession {
  readonly sid: string;
  readonly ticket: string;
  readonly secrets: readonly ResolvedSecret[];
  /** Of the pod that it was opened for. */
  readonly place: Place;
}

export type ResolveBody = Readonly<Record<string, unknown>>;

/** The webhook's request, with some members changed. */
export function resolveBody(body: ResolveBody): ResolveBody {
  return {
    dryRun: false,
    namespace: NAMESPACE,
    serviceAccount: 'default',
    pod: { generateName: 'nb-' },
    names: ['a'],
    variables: [],
    ...body,
  };
}

export function resolve(running: TestConsole, body: ResolveBody): Promise<Reply> {
  return callJson(
    running.webhook,
    { method: 'POST', url: `${running.urlOf('resolve')}/internal/v1/resolve` },
    { body: resolveBody(body) },
  );
}

/** A ticket of this client for these secrets. Throws if it is refused. */
export async function ticketFor(
  client: ApiClient,
  body: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const { status, json, text } = await client.call('post', '/tickets', {
    body: { namespace: NAMESPACE, secrets: ['a'], ...body },
  });
  if (status !== 201) throw new Error(text);
  return json.ticket;
}

/** The session that resolve opens. Throws if it is refused. */
export async function openSession(running: TestConsole, body: ResolveBody): Promise<ResolvedSession> {
  const { status, json, text } = await resolve(running, body);
  if (status !== 200) throw new Error(text);
  const { namespace, serviceAccount, pod, launcher } = resolveBody(body);
  const by = (launcher as { username: string } | undefined)?.username ?? 'alice';
  const place = parsePlace({ ns: namespace, sa: serviceAccount, by, ...(pod as object) });
  return { ...json, place: must(place) };
}

/** The session of a user whom no other test has, for the secrets `a` and `b`. */
export async function openNewSession(
  running: TestConsole,
): Promise<{ readonly alice: ApiClient; readonly ticket: string; readonly session: ResolvedSession }> {
  const alice = await running.as(newUser());
  const names = ['a', 'b'];
  for (const name of names)
    await alice.call('post', '/secrets', { body: { name, value: `value of ${name}` } });
  const ticket = await ticketFor(alice, { secrets: names });
  return { alice, ticket, session: await openSession(running, { ticket, names }) };
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a test made something that does not parse');
  return value;
}

/** The payload of a JWS, unverified. */
export function payloadOf(jws: string): Record<string, unknown> {
  // Claims are compared one by one where they are used.
  return JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<
    string,
    unknown
  >;
}

/** The claims of the grant that the keyservice would sign for this session. */
export function grantClaims({ sid, ticket, secrets, place }: ResolvedSession): Grant {
  const { aud, jti, pod, sub } = payloadOf(ticket);
  return {
    iss: GRANT_ISSUER,
    aud: String(aud),
    jti: String(jti),
    sub: must(parseOwnerId(sub)),
    place,
    ...(typeof pod === 'string' ? { pod: pod as never } : {}),
    sid: must(parseSessionId(sid)),
    secrets: secrets.map(({ id, name, envelope }) => ({
      own: parseEnvelope(envelope).header.ownerId,
      id: must(parseSecretId(id)),
      ver: parseEnvelope(envelope).header.version,
      nam: must(parseSecretName(name)),
    })),
    exp: Math.floor(Date.now() / 1000) + 86_400,
  };
}

export function grantFor(
  running: TestConsole,
  session: ResolvedSession,
  changed: Partial<Grant> = {},
): Promise<string> {
  return signGrant(ed25519Signer(running.keys.grant.privateJwk), { ...grantClaims(session), ...changed });
}

export interface AdmitOptions {
  readonly name?: string;
  readonly namespace?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly serviceAccount?: string;
  readonly audience?: string;
  /** The token is bound to this uid instead of the pod's. */
  readonly tokenUid?: string;
  readonly unbound?: boolean;
}

interface Admitted {
  readonly pod: TestPod;
  readonly token: string;
}

/** Admits the pod of a session to the cluster, as the API server stores it, with its own token. */
export function admit(running: TestConsole, session: ResolvedSession, options: AdmitOptions = {}): Admitted {
  const { name = 'nb-0', namespace = NAMESPACE, serviceAccount = 'default' } = options;
  const uid = randomUUID();
  const annotations = options.annotations ?? {
    'twofold.dev/secrets': session.secrets.map((secret) => secret.name).join(','),
    'twofold.dev/ticket': session.ticket,
  };
  const labels = options.labels ?? { 'twofold.dev/session': session.sid };
  const pod = { metadata: { name, namespace, uid, labels, annotations } };
  running.kubernetes.pods.set(podPath(namespace, name), pod);
  const token = `token-${randomUUID()}`;
  running.kubernetes.tokens.set(token, {
    audiences: [options.audience ?? sessionAudience(session.sid)],
    username: `system:serviceaccount:${namespace}:${serviceAccount}`,
    ...(options.unbound ? {} : { pod: { name, uid: options.tokenUid ?? uid } }),
  });
  return { pod, token };
}

export function claim(
  running: TestConsole,
  { grant, token }: { readonly grant: unknown; readonly token: string | undefined },
): Promise<Reply> {
  return callJson(
    running.client,
    { method: 'POST', url: `${running.urlOf('claim')}/internal/v1/claim` },
    { body: { grant }, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } },
  );
}

/** Admits a pod and claims for it. */
export async function admitAndClaim(
  running: TestConsole,
  session: ResolvedSession,
  options: AdmitOptions = {},
): Promise<Reply> {
  return claim(running, {
    grant: await grantFor(running, session),
    token: admit(running, session, options).token,
  });
}
