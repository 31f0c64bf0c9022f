/**
 * Claim: the init container of an admitted pod gets the derived keys of its session's secrets, and nothing else. Zone
 * 1; docs/design.md#claim, whose order the function `check` follows.
 */
import { sessionAudience } from '#envelope/annotations.ts';
import type { Verifier } from '#envelope/cipher.ts';
import { verifyGrant, type Grant } from '#envelope/grant.ts';
import type { JwsRefusal } from '#envelope/jws.ts';
import { CLOCK_LEEWAY_SECONDS } from '#envelope/limits.ts';
import { ok } from '#envelope/result.ts';
import type { RefusalCode } from '../refusals.ts';
import type { AuditSubject } from './audit.ts';
import { checkGrantedPod, checkTokenOwner } from './claiming-pod.ts';
import type { AdmittedPod, Cluster, TokenOwner } from './cluster.ts';
import { refuse, type Outcome } from './outcome.ts';
import type { SessionKey, SessionKeys } from './session-keys.ts';
import type { Database, SecretRow, SessionRow, SessionSecret, Stores } from './stores.ts';
import { isRepeated, type StartLimits } from './start-limits.ts';
import { checkTicketOf } from './ticket-check.ts';
import type { Trace, UseCase } from './use-case.ts';

interface ClaimRequest {
  readonly grant: string;
  /** Service-account token; undefined if none was sent. */
  readonly token: string | undefined;
}

/** The caller wipes the keys. */
export type Claim = UseCase<ClaimRequest, readonly SessionKey[]>;

interface Ports {
  readonly database: Database;
  readonly sessionKeys: SessionKeys;
  readonly cluster: Cluster;
  readonly checkPod: (pod: AdmittedPod, session: SessionRow, podUid: string) => Outcome<void>;
  readonly clock: () => number;
  readonly grantVerifiers: ReadonlyMap<string, Verifier>;
  readonly onUnavailable: (reason: string) => void;
  readonly limits: Pick<StartLimits, 'claim'>;
}

interface ClaimConfig {
  /** The cluster. */
  readonly audience: string;
}

/** A caller that has passed every check except the last. */
interface Claimant {
  readonly grant: Grant;
  readonly session: SessionRow;
  readonly secrets: readonly SessionSecret[];
  readonly pod: { readonly name: string; readonly uid: string };
}

const reasons: Readonly<Record<JwsRefusal, RefusalCode>> = {
  malformed: 'grant_malformed',
  unknown_key: 'grant_unknown_key',
  not_authentic: 'grant_not_authentic',
  wrong_issuer: 'grant_not_authentic',
  wrong_audience: 'grant_wrong_audience',
  not_yet_valid: 'grant_malformed',
  expired: 'grant_malformed',
};
const grantDetail =
  'The grant in the session’s Secret is not one that this console accepts; start the session again.';
const again = 'start the session again';

/** The session's secrets that the grant names, if grant and session agree in everything. */
function compare(grant: Grant, session: SessionRow): Outcome<readonly SessionSecret[]> {
  const same =
    session.jti === grant.jti &&
    session.ownerId === grant.sub &&
    session.ns === grant.place.ns &&
    session.sa === grant.place.sa;
  const secrets = grant.secrets.flatMap(({ own, id, ver, nam }) =>
    session.secrets.filter(
      (secret) => secret.ownerId === own && secret.id === id && secret.version === ver && secret.name === nam,
    ),
  );
  return same && secrets.length === grant.secrets.length
    ? ok(secrets)
    : refuse(
        'session_differs',
        `The grant is for another ticket, owner, place or selection than its session; ${again}.`,
      );
}

/** Refuses if a granted secret is gone or has expired. */
function checkSecrets(
  secrets: readonly SessionSecret[],
  rows: readonly Pick<SecretRow, 'id' | 'expiresAt'>[],
  now: number,
): Outcome<void> {
  for (const { id, name } of secrets) {
    const row = rows.find((candidate) => candidate.id === id);
    if (!row)
      return refuse('secret_deleted', `The secret ${name} has been deleted; leave it out and ${again}.`);
    if (row.expiresAt !== undefined && row.expiresAt <= now) {
      return refuse(
        'secret_expired',
        `The secret ${name} has expired; give it a later expiry or replace it, and ${again}.`,
      );
    }
  }
  return ok(undefined);
}

function revoked(jti: string): Outcome<never> {
  return refuse('ticket_revoked', `The ticket with jti ${jti} has been revoked; get a new one and ${again}.`);
}

export function createClaim(ports: Ports, { audience }: ClaimConfig): Claim {
  const { database, cluster, clock } = ports;

  const unavailable = (reason: string): Outcome<never> => {
    ports.onUnavailable(reason);
    return refuse('kubernetes_unavailable', 'The Kubernetes API did not answer the console; try again.');
  };

  const reviewToken = async (
    token: string | undefined,
    session: SessionRow,
  ): Promise<Outcome<TokenOwner>> => {
    const expected = sessionAudience(session.sid);
    const result = token === undefined ? { answer: undefined } : await cluster.reviewToken(token, expected);
    if ('unavailable' in result) return unavailable(result.unavailable);
    return result.answer
      ? ok(result.answer)
      : refuse('token_rejected', `The token is not a valid service-account token for audience ${expected}.`);
  };

  const getPod = async (namespace: string, name: string): Promise<Outcome<AdmittedPod>> => {
    const result = await cluster.getPod(namespace, name);
    if ('unavailable' in result) return unavailable(result.unavailable);
    return result.answer
      ? ok(result.answer)
      : refuse('pod_not_found', `There is no pod ${name} in namespace ${namespace}; ${again}.`);
  };

  /** Grant → session → ticket and secrets → token → pod as admitted. Everything learnt goes into `trace`. */
  const check = async ({ grant: text, token }: ClaimRequest, trace: Trace): Promise<Outcome<Claimant>> => {
    const verified = await verifyGrant(text, { verifiers: ports.grantVerifiers, audience });
    if (!verified.ok) return refuse(reasons[verified.refusal], grantDetail);
    const grant = verified.value;
    Object.assign(trace, traceOf(grant));
    const limited = ports.limits.claim({ ns: grant.place.ns, sid: grant.sid });
    if (limited) return limited;
    const session = await database.sessions.find(grant.sid);
    if (!session) return refuse('session_unknown', `There is no session ${grant.sid}; ${again}.`);
    const secrets = compare(grant, session);
    if (!secrets.ok) return secrets;
    const ticket = await database.tickets.find(session.jti);
    if (!ticket || ticket.revokedAt !== undefined) return revoked(session.jti);
    const issued = checkTicketOf(session, ticket);
    if (!issued.ok) return issued;
    const names = secrets.value.map(({ name }) => name);
    const stored = await database.secrets.find(session.ownerId, names);
    const present = checkSecrets(secrets.value, stored, clock());
    if (!present.ok) return present;
    const tokenOwner = await reviewToken(token, session);
    if (!tokenOwner.ok) return tokenOwner;
    Object.assign(trace, { actor: tokenOwner.value.username, podUid: tokenOwner.value.podUid });
    // The row was written by the console; the grant only copies it.
    const pod = checkTokenOwner(tokenOwner.value, session, [ticket.pod, grant.pod]);
    if (!pod.ok) return pod;
    const granted = checkGrantedPod(grant, pod.value.name);
    if (!granted.ok) return granted;
    trace.pod = pod.value.name;
    const admitted = await getPod(session.ns, pod.value.name);
    if (!admitted.ok) return admitted;
    const same = ports.checkPod(admitted.value, session, pod.value.uid);
    return same.ok ? ok({ grant, session, secrets: secrets.value, pod: pod.value }) : same;
  };

  /** A first claim binds the session to the pod and counts a use; only the first has a time limit. */
  const bindFirst = async (
    { sessions, tickets }: Stores,
    { grant, session, pod }: Claimant,
    now: number,
  ): Promise<Outcome<boolean>> => {
    const end = Math.min(grant.exp * 1000, session.exp) + CLOCK_LEEWAY_SECONDS * 1000;
    if (now >= end && session.podUid === undefined) {
      return refuse('grant_expired', `The time for the session’s first claim is over; ${again}.`);
    }
    if (!(await sessions.bind(session.sid, pod, now))) return ok(false);
    return (await tickets.use(session.jti))
      ? ok(true)
      : refuse('uses_exceeded', 'The ticket’s uses are spent; get a new ticket.');
  };

  /** One transaction: revocation and deletion cannot fall between this check and the record. */
  const bind = (claimant: Claimant, trace: Trace): Promise<Outcome<void>> =>
    database.write(async (stores) => {
      const { session, secrets, pod } = claimant;
      const now = clock();
      if (!(await stores.tickets.lockLive(session.jti))) return revoked(session.jti);
      const first = await bindFirst(stores, claimant, now);
      if (!first.ok) return first;
      if (!first.value && !(await stores.sessions.claimAgain(session.sid, pod.uid, now))) {
        return refuse('session_bound_to_another_pod', `Another pod has claimed this session; ${again}.`);
      }
      const ids = secrets.map(({ id }) => id);
      const present = checkSecrets(secrets, await stores.secrets.lock(ids), now);
      if (!present.ok) return present;
      await stores.secrets.markUsed(ids, now);
      await stores.audit.append({ ...trace, at: now, action: 'claim', outcome: 'done' });
      return ok(undefined);
    });

  const claim = async (request: ClaimRequest, trace: Trace): Promise<Outcome<readonly SessionKey[]>> => {
    const claimant = await check(request, trace);
    if (!claimant.ok) return claimant;
    const bound = await bind(claimant.value, trace);
    if (!bound.ok) return bound;
    return await ports.sessionKeys.derive(claimant.value.secrets);
  };

  return {
    action: 'claim',
    subject: () => ({ actor: 'init container' }),
    act: claim,
    // Without an authentic grant the owner is unknown: that is for the log, not for an owner's records.
    isRecorded: (refused, { ownerId }) => ownerId !== undefined && !isRepeated(refused),
  };
}

function traceOf({ sub, sid, jti, place: { ns }, secrets }: Grant): Partial<AuditSubject> {
  return {
    ownerId: sub,
    sid,
    jti,
    ns,
    names: secrets.map(({ nam }) => nam),
    secretIds: secrets.map(({ id }) => id),
  };
}
