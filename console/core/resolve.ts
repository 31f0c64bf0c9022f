/**
 * Resolve: from a pod that asks for secrets to their envelopes and an open session. Zone 1;
 * docs/design.md#resolve. The webhook calls it; a dry run writes nothing but its audit record.
 */
import { MAX_TOKENS_BYTES } from '#envelope/limits.ts';
import { tokenLength } from '#envelope/inner/layout.ts';
import type { OwnerId, SecretId, SecretName, SessionId } from '#envelope/names.ts';
import { parsePodPattern, type PodIdentity, type PodPattern } from '#envelope/pod.ts';
import { ok } from '#envelope/result.ts';
import type { AuditSubject } from './audit.ts';
import type { Ids } from './ids.ts';
import type { Launchers } from './launchers.ts';
import type { Namespaces } from './namespaces.ts';
import { refuse, type Outcome } from './outcome.ts';
import type { FindPodOwner, PodOwner, PodWithOwner } from './pod-owner.ts';
import type { Quotas } from './quotas.ts';
import { refusingBrokenRecords } from './record-error.ts';
import { isRepeated, type StartLimits } from './start-limits.ts';
import type { Database, SecretRow, SessionRow, SessionSecret, TicketRow } from './stores.ts';
import { isSpent } from './ticket-check.ts';
import type { MintTicket } from './ticket-minting.ts';
import { checkSelection } from './tickets.ts';
import type { Trace, UseCase } from './use-case.ts';

interface ResolveRequest extends PodWithOwner {
  readonly dryRun: boolean;
  /** Those of `names` that become environment variables. */
  readonly variables: readonly SecretName[];
}

type Resolved =
  | {
      readonly dryRun: false;
      readonly sid: SessionId;
      /** The ticket presented, or the one minted for a trusted launcher. */
      readonly ticket: string;
      readonly secrets: readonly { id: SecretId; name: SecretName; size: number; envelope: string }[];
    }
  | { readonly dryRun: true; readonly secrets: readonly { name: SecretName; size: number }[] };

export type Resolve = UseCase<ResolveRequest, Resolved>;

interface Ports {
  readonly database: Database;
  readonly findPodOwner: FindPodOwner;
  readonly namespaces: Pick<Namespaces, 'mayHaveSessions'>;
  readonly mintTicket: MintTicket;
  readonly launchers: Pick<Launchers, 'assertionOf'>;
  readonly ids: Pick<Ids, 'session'>;
  readonly clock: () => number;
  readonly limits: Omit<StartLimits, 'claim' | 'mayAskIn'>;
  readonly quotas: Pick<Quotas, 'session'>;
}

interface ResolveConfig {
  /** Time limit for the first claim. */
  readonly firstClaimSeconds: number;
}

/** A minted ticket lives just long enough for `unwrap`, and starts one session. */
const MINTED_TICKET_SECONDS = 60;

/** A pod that has no name yet has at least its `generateName`. */
function patternOf({ name, generateName }: PodIdentity): PodPattern | undefined {
  return parsePodPattern(name ?? (generateName === undefined ? undefined : `${generateName}*`));
}

function checkVariables(variables: readonly SecretName[], rows: readonly SecretRow[]): Outcome<void> {
  const unsafe = rows.find(({ name, envSafe }) => !envSafe && variables.includes(name));
  return unsafe === undefined
    ? ok(undefined)
    : refuse(
        'secret_not_env_safe',
        `The secret ${unsafe.name} contains bytes that an environment variable cannot; select it as a file instead.`,
      );
}

function checkSize(rows: readonly SecretRow[]): Outcome<void> {
  const bytes = rows.reduce((sum, { size }) => sum + tokenLength(size), 0);
  return bytes <= MAX_TOKENS_BYTES
    ? ok(undefined)
    : refuse(
        'tokens_too_large',
        `The selected secrets take ${bytes} bytes sealed, and a session holds at most ${MAX_TOKENS_BYTES}; select fewer or smaller ones.`,
      );
}

/** What the session stores of a secret: everything that its key is derived from. */
function sessionSecretOf({ ownerId, id, name, version, gen, salt }: SecretRow): SessionSecret {
  return {
    ownerId,
    id,
    name,
    version,
    gen,
    salt,
  };
}

export function createResolve(ports: Ports, config: ResolveConfig): Resolve {
  const { database, launchers, clock, limits } = ports;

  const select = async (request: ResolveRequest, owner: PodOwner): Promise<Outcome<readonly SecretRow[]>> => {
    const { names, namespace, variables } = request;
    const { ownerId } = owner;
    // Misses of one launcher or ticket do not keep others from the owner's secrets.
    const asker = owner.by === 'ticket' ? owner.row.jti : owner.username;
    const limited = limits.mayAskAbout(ownerId, asker);
    if (limited) return limited;
    const selection = checkSelection(names, await database.secrets.find(ownerId, names), clock());
    if (!selection.ok) {
      if (selection.refusal.code === 'secret_unknown') {
        limits.missedAbout(ownerId, asker);
        if (request.ticket === undefined) limits.missedIn(namespace);
      }
      return selection;
    }
    const safe = checkVariables(variables, selection.value);
    if (!safe.ok) return safe;
    const size = checkSize(selection.value);
    return size.ok ? selection : size;
  };

  const mint = (request: ResolveRequest, { ownerId, username }: { ownerId: OwnerId; username: string }) =>
    ports.mintTicket({
      ownerId,
      ns: request.namespace,
      sa: request.serviceAccount,
      secrets: request.names,
      pod: patternOf(request.pod),
      uses: 1,
      ttlSeconds: MINTED_TICKET_SECONDS,
      launcher: username,
    });

  const sessionOf = (request: ResolveRequest, row: TicketRow, rows: readonly SecretRow[]): SessionRow => {
    const { namespace, serviceAccount, ticket, launcher, pod } = request;
    const now = clock();
    return {
      sid: ports.ids.session(),
      jti: row.jti,
      ownerId: row.ownerId,
      ns: namespace,
      sa: serviceAccount,
      secrets: rows.map(sessionSecretOf),
      ticketHash: row.hash,
      ticketOnPod: ticket !== undefined,
      launcher: launcher && launchers.assertionOf(namespace, launcher),
      openedAt: now,
      exp: now + config.firstClaimSeconds * 1000,
      pod: pod.name,
      podUid: undefined,
      firstClaimAt: undefined,
      lastClaimAt: undefined,
      claims: 0,
    };
  };

  const open = async (
    request: ResolveRequest,
    owner: PodOwner,
    rows: readonly SecretRow[],
  ): Promise<Outcome<Resolved>> => {
    const { text, row } = owner.by === 'ticket' ? owner : await mint(request, owner);
    const session = sessionOf(request, row, rows);
    return await database.write(async (stores) => {
      const { tickets, sessions, audit } = stores;
      const { ownerId } = row;
      const asked = { ownerId, now: session.openedAt, versions: rows.length, spent: isSpent(row) };
      const room = await ports.quotas.session(stores, asked);
      if (!room.ok) return room;
      if (owner.by === 'launcher') await tickets.insert(row);
      await sessions.insert(session);
      const secretIds = rows.map(({ id }) => id);
      const subject = {
        ...subjectOf(request),
        ownerId,
        secretIds,
        sid: session.sid,
        jti: row.jti,
      };
      await audit.append({ ...subject, at: session.openedAt, action: 'resolve', outcome: 'done' });
      const secrets = rows.map(({ id, name, size, envelope }) => ({ id, name, size, envelope }));
      return ok({ dryRun: false, sid: session.sid, ticket: text, secrets });
    });
  };

  /** In this order: the namespace, the owner, the secrets, and only then a session. */
  const resolve = async (request: ResolveRequest, trace: Trace): Promise<Outcome<Resolved>> => {
    const enabled = await ports.namespaces.mayHaveSessions(request.namespace);
    if (!enabled.ok) return enabled;
    const owner = await ports.findPodOwner(request, trace);
    if (!owner.ok) return owner;
    const selection = await select(request, owner.value);
    if (!selection.ok) return selection;
    if (request.dryRun) {
      return ok({ dryRun: true, secrets: selection.value.map(({ name, size }) => ({ name, size })) });
    }
    return await open(request, owner.value, selection.value);
  };

  /** Like `resolve`, but without the reason after too many refusals of this namespace. */
  const limited = async (request: ResolveRequest, trace: Trace): Promise<Outcome<Resolved>> => {
    const busy = limits.resolve(request.namespace);
    if (busy) return busy;
    const outcome = await refusingBrokenRecords(() => resolve(request, trace));
    if (outcome.ok || outcome.refusal.code === 'rate_limited') return outcome;
    return limits.refused(request.namespace) ?? outcome;
  };

  /** A dry run is recorded too: asking about other users must not go unseen. */
  const recorded = async (request: ResolveRequest, trace: Trace): Promise<Outcome<Resolved>> => {
    const outcome = await limited(request, trace);
    if (outcome.ok && request.dryRun) {
      await database.audit.append({ ...trace, at: clock(), action: 'resolve', outcome: 'done' });
    }
    return outcome;
  };

  return {
    action: 'resolve',
    subject: subjectOf,
    act: recorded,
    // A dry run that names no user asks about nobody.
    isRecorded: (refused, _trace, { dryRun, ticket, launcher }) =>
      !isRepeated(refused) && (!dryRun || ticket !== undefined || launcher !== undefined),
  };
}

function subjectOf({ launcher, names, namespace, pod, dryRun }: ResolveRequest): AuditSubject {
  return {
    actor: launcher?.username ?? 'webhook',
    asserted: launcher?.user,
    dryRun,
    names,
    ns: namespace,
    pod: pod.name ?? pod.generateName,
  };
}
