/**
 * Resolve: from a pod that asks for secrets to their envelopes and an open session. Zone 1; design §6 step 2. The
 * webhook asks; in a dry run nothing is written but the audit record of whoever was named as the user.
 */
import { ticketText } from '#envelope/annotations.ts';
import { MAX_TOKENS_BYTES } from '#envelope/limits.ts';
import { tokenLength } from '#envelope/inner/layout.ts';
import type { OwnerId, SecretId, SecretName, SessionId } from '#envelope/names.ts';
import { parsePodPattern, type PodIdentity, type PodPattern } from '#envelope/pod.ts';
import { ok } from '#envelope/result.ts';
import { recordRefusal, type AuditSubject } from './audit.ts';
import type { Ids } from './ids.ts';
import type { LauncherClaim, Launchers } from './launchers.ts';
import { refuse, type Outcome } from './outcome.ts';
import type { Quotas } from './quotas.ts';
import { refusingBrokenRecords } from './record-error.ts';
import { isRepeated, type StartLimits } from './start-limits.ts';
import type { Database, SecretRow, SessionRow, SessionSecret, TicketRow } from './stores.ts';
import type { PodRequest, TicketCheck } from './ticket-check.ts';
import { checkSelection, type Tickets } from './tickets.ts';

interface ResolveRequest extends PodRequest {
  readonly dryRun: boolean;
  /** Those of `names` that are to be environment variables. */
  readonly variables: readonly SecretName[];
  readonly ticket?: string | undefined;
  readonly launcher?: LauncherClaim | undefined;
}

type Resolved =
  | {
      readonly dryRun: false;
      readonly sid: SessionId;
      /** The given one, or the one minted for a trusted launcher. */
      readonly ticket: string;
      readonly secrets: readonly { id: SecretId; name: SecretName; size: number; envelope: string }[];
    }
  | { readonly dryRun: true; readonly secrets: readonly { name: SecretName; size: number }[] };

export interface Resolve {
  resolve(request: ResolveRequest): Promise<Outcome<Resolved>>;
}

interface Ports {
  readonly database: Database;
  readonly ticketCheck: TicketCheck;
  readonly tickets: Pick<Tickets, 'mint'>;
  readonly launchers: Launchers;
  readonly ids: Pick<Ids, 'session'>;
  readonly clock: () => number;
  readonly limits: Omit<StartLimits, 'claim'>;
  readonly quotas: Pick<Quotas, 'session'>;
}

interface ResolveConfig {
  /** Time for the first claim. */
  readonly firstClaimSeconds: number;
}

/** Who the pod is for: shown by a ticket, or by a trusted launcher’s word. */
type Identity =
  | { readonly by: 'ticket'; readonly ownerId: OwnerId; readonly text: string; readonly row: TicketRow }
  | { readonly by: 'launcher'; readonly ownerId: OwnerId; readonly username: string };

/** What is known of the asker by the time of a refusal, for the audit. */
interface Trace {
  ownerId?: OwnerId;
  jti?: string;
}

/** A minted ticket lives just long enough for `unwrap`, and starts one session. */
const MINTED_TICKET_SECONDS = 60;

/** A pod that has no name yet is at least of its `generateName`. */
function patternOf({ name, generateName }: PodIdentity): PodPattern | undefined {
  return parsePodPattern(name ?? (generateName === undefined ? undefined : `${generateName}*`));
}

function checkVariables(variables: readonly SecretName[], rows: readonly SecretRow[]): Outcome<void> {
  const unsafe = rows.find(({ name, envSafe }) => !envSafe && variables.includes(name));
  return unsafe === undefined
    ? ok(undefined)
    : refuse(
        'secret_not_env_safe',
        `The secret ${unsafe.name} holds bytes that an environment variable cannot; select it as a file instead.`,
      );
}

function checkSize(rows: readonly SecretRow[]): Outcome<void> {
  const bytes = rows.reduce((sum, { size }) => sum + tokenLength(size), 0);
  return bytes <= MAX_TOKENS_BYTES
    ? ok(undefined)
    : refuse(
        'tokens_too_large',
        `The selected secrets take ${bytes} bytes sealed, and a session holds ${MAX_TOKENS_BYTES}; select fewer or smaller ones.`,
      );
}

/** What the session keeps of a secret: all that its key is derived from. */
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
  const { database, ticketCheck, launchers, clock, limits } = ports;

  const identifyByTicket = async (
    annotation: string,
    request: ResolveRequest,
    trace: Trace,
  ): Promise<Outcome<Identity>> => {
    const text = ticketText(annotation);
    const ticket = await ticketCheck.verify(text);
    if (!ticket.ok) return ticket;
    const { jti, sub } = ticket.value;
    Object.assign(trace, { ownerId: sub, jti });
    const row = await ticketCheck.check({ jti, text }, request);
    if (!row.ok) return row;
    const { namespace, launcher } = request;
    const { ownerId } = row.value;
    const meant = launcher ? await launchers.mayMean(namespace, launcher, ownerId) : ok(undefined);
    return meant.ok ? ok({ by: 'ticket', ownerId, text, row: row.value }) : meant;
  };

  const identify = async (request: ResolveRequest, trace: Trace): Promise<Outcome<Identity>> => {
    const { namespace, ticket, launcher } = request;
    if (ticket !== undefined) return await identifyByTicket(ticket, request, trace);
    if (launcher === undefined) {
      return refuse(
        'no_identity',
        'The pod has no twofold.dev/ticket, and no trusted launcher created it; put a ticket on it.',
      );
    }
    const limited = limits.mayAskIn(namespace);
    if (limited) return limited;
    const owner = await launchers.ownerOf(namespace, launcher);
    if (!owner.ok) {
      if (owner.refusal.code === 'launcher_user_unknown') limits.missedIn(namespace);
      return owner;
    }
    Object.assign(trace, { ownerId: owner.value });
    return ok({ by: 'launcher', ownerId: owner.value, username: launcher.username });
  };

  const select = async (
    request: ResolveRequest,
    identity: Identity,
  ): Promise<Outcome<readonly SecretRow[]>> => {
    const { names, namespace, variables } = request;
    const { ownerId } = identity;
    // Whoever asks in vain keeps no other launcher, and no ticket, from the owner's secrets.
    const asker = identity.by === 'ticket' ? identity.row.jti : identity.username;
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
    ports.tickets.mint({
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
      launcher: launcher && launchers.wordOf(namespace, launcher),
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
    identity: Identity,
    rows: readonly SecretRow[],
  ): Promise<Outcome<Resolved>> => {
    const { text, row } = identity.by === 'ticket' ? identity : await mint(request, identity);
    const session = sessionOf(request, row, rows);
    return await database.write(async (stores) => {
      const { tickets, sessions, audit } = stores;
      const asked = { ownerId: row.ownerId, now: session.openedAt, versions: rows.length };
      const room = await ports.quotas.session(stores, asked);
      if (!room.ok) return room;
      if (identity.by === 'launcher') await tickets.insert(row);
      await sessions.insert(session);
      const secretIds = rows.map(({ id }) => id);
      const subject = {
        ...subjectOf(request),
        ownerId: row.ownerId,
        secretIds,
        sid: session.sid,
        jti: row.jti,
      };
      await audit.append({ ...subject, at: session.openedAt, action: 'resolve', outcome: 'done' });
      const secrets = rows.map(({ id, name, size, envelope }) => ({ id, name, size, envelope }));
      return ok({ dryRun: false, sid: session.sid, ticket: text, secrets });
    });
  };

  /** In this order: who, which secrets, and only then a session. */
  const resolve = async (request: ResolveRequest, trace: Trace): Promise<Outcome<Resolved>> => {
    const identity = await identify(request, trace);
    if (!identity.ok) return identity;
    const selection = await select(request, identity.value);
    if (!selection.ok) return selection;
    if (request.dryRun) {
      return ok({ dryRun: true, secrets: selection.value.map(({ name, size }) => ({ name, size })) });
    }
    return await open(request, identity.value, selection.value);
  };

  /** As `resolve`; after too many refusals of this namespace without the reason. */
  const limited = async (request: ResolveRequest, trace: Trace): Promise<Outcome<Resolved>> => {
    const busy = limits.resolve(request.namespace);
    if (busy) return busy;
    const outcome = await refusingBrokenRecords(() => resolve(request, trace));
    if (outcome.ok || outcome.refusal.code === 'rate_limited') return outcome;
    return limits.refused(request.namespace) ?? outcome;
  };

  /** A dry run is recorded where it names a user: who may ask about others must not do so unseen. */
  const record = async (request: ResolveRequest, trace: Trace, outcome: Outcome<Resolved>): Promise<void> => {
    const { dryRun, ticket, launcher } = request;
    const subject = { ...subjectOf(request), ...trace, dryRun };
    if (!outcome.ok) {
      const names = ticket !== undefined || launcher !== undefined;
      if (isRepeated(outcome) || (dryRun && !names)) return;
      await recordRefusal({ audit: database.audit, clock }, 'resolve', subject, outcome);
    } else if (dryRun) {
      await database.audit.append({ ...subject, at: clock(), action: 'resolve', outcome: 'done' });
    }
  };

  return {
    resolve: async (request) => {
      const trace: Trace = {};
      const outcome = await limited(request, trace);
      await record(request, trace, outcome);
      return outcome;
    },
  };
}

function subjectOf({ launcher, names, namespace, pod }: ResolveRequest): AuditSubject {
  return {
    actor: launcher?.username ?? 'webhook',
    asserted: launcher?.user,
    names,
    ns: namespace,
    pod: pod.name ?? pod.generateName,
  };
}
