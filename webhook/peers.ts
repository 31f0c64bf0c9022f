/** The webhook's side of `resolve` and `unwrap`: typed calls, and refusals passed on with their next step. Zone 2. */
import { setTimeout as wait } from 'node:timers/promises';
import { annotations, ticketText } from '#envelope/annotations.ts';
import { isJsonObject, parseJson, type JsonObject } from '#envelope/json.ts';
import { MAX_INTERNAL_BODY_BYTES, MAX_VALUE_BYTES } from '#envelope/limits.ts';
import { parseSessionId } from '#envelope/names.ts';
import type { Place } from '#envelope/place.ts';
import { ok } from '#envelope/result.ts';
import type { Clock } from '#platform/clock.ts';
import { HttpsError, type HttpsAnswer, type HttpsClient } from '#platform/https-client.ts';
import { parseProblem } from '#platform/problem.ts';
import type { Outcome, Resolved, ResolvedSecret, Unwrapped } from './admit.ts';
import type { Plan } from './plan.ts';
import { refuse, type Refusal } from './refusals.ts';

type Peer = 'console' | 'keyservice';

interface PeerOptions {
  readonly client: Pick<HttpsClient, 'call'>;
  readonly url: string;
  /** Of deadlines: a clock that nobody sets. */
  readonly monotonic: Clock;
}

function unavailable(peer: Peer, why: string): Refusal {
  const next = 'try again; if it persists, tell the cluster’s operator';
  return refuse(`${peer}_unavailable`, `Twofold’s ${peer} did not answer (${why}); ${next}`);
}

const PAUSE_MS = 200;
/** Reserved for the rest of the admission. */
const RESERVE_MS = 2_000;
/** Nothing was listening, so the call reached nobody. */
const NOT_LISTENING: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH']);

function reachedNobody({ cause }: HttpsError): boolean {
  return cause instanceof Error && 'code' in cause && NOT_LISTENING.has(cause.code);
}

/** A peer with one replica, such as a console on SQLite, is away for seconds during an update: the call waits for it. */
async function waitForPeer(
  ask: () => Promise<HttpsAnswer>,
  { monotonic }: PeerOptions,
  deadline: number,
): Promise<HttpsAnswer> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const passing = error instanceof HttpsError && reachedNobody(error);
      if (!passing || monotonic() + PAUSE_MS > deadline - RESERVE_MS) throw error;
      await wait(PAUSE_MS);
    }
  }
}

/** Which annotation a peer's refusal is about, by the beginning of its code. */
function annotationOf(code: string): { annotation?: string } {
  if (code === 'secret_not_env_safe') return { annotation: annotations.variables.key };
  if (/^(secret|name|tokens|grant)_/.test(code)) return { annotation: annotations.files.key };
  return code.startsWith('ticket_') ? { annotation: annotations.ticket.key } : {};
}

/** The command its owner runs next, for the refusals that the owner can fix. */
function commandOf(code: string): string | undefined {
  if (code === 'secret_unknown') return 'twofold secrets list';
  if (code === 'secret_expired') return 'twofold secrets replace NAME';
  return code.startsWith('ticket_') || code === 'name_not_in_ticket'
    ? 'twofold annotate FILE | kubectl apply -f -'
    : undefined;
}

/** A problem document is the peer's own refusal; anything else except 200 means that it does not work. */
function refusalOf(peer: Peer, { status, body }: HttpsAnswer): Refusal {
  const problem = parseProblem(body);
  if (!problem) return unavailable(peer, `status ${status}`);
  const { code, detail } = problem;
  const command = commandOf(code);
  return {
    code,
    status: status >= 500 ? 503 : status === 429 ? 429 : 403,
    message: detail.replace(/\.$/, '') + (command === undefined ? '' : `: ${command}`),
    ...annotationOf(code),
  };
}

async function callPeer<T>(
  peer: Peer,
  options: PeerOptions,
  request: { readonly path: string; readonly body: object; readonly deadline: number },
  parse: (value: JsonObject) => T | undefined,
): Promise<Outcome<T>> {
  const { client, url, monotonic } = options;
  // Coarse, so that Node keeps few lists of timers.
  const timeLeft = (): number => Math.floor((request.deadline - monotonic()) / 100) * 100;
  if (timeLeft() <= 0)
    return { ok: false, refusal: unavailable(peer, 'the deadline of this admission has passed') };
  const ask = (): Promise<HttpsAnswer> =>
    client.call({
      method: 'POST',
      url: url + request.path,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request.body),
      timeoutMs: timeLeft(),
      maxResponseBytes: MAX_INTERNAL_BODY_BYTES,
    });
  try {
    const answer = await waitForPeer(ask, options, request.deadline);
    if (answer.status !== 200) return { ok: false, refusal: refusalOf(peer, answer) };
    const said = parseJson(answer.body.toString('utf8'));
    if (said === undefined) return { ok: false, refusal: unavailable(peer, 'not JSON') };
    const value = isJsonObject(said) ? parse(said) : undefined;
    return value === undefined
      ? { ok: false, refusal: unavailable(peer, 'its answer does not match the request') }
      : ok(value);
  } catch (error) {
    if (!(error instanceof HttpsError)) throw error;
    return { ok: false, refusal: unavailable(peer, error.message) };
  }
}

/** Every item as parsed, or undefined when one has the wrong shape. */
function listOf<T>(value: unknown, parse: (item: JsonObject) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const items = value.flatMap((item: unknown) => (isJsonObject(item) ? (parse(item) ?? []) : []));
  return items.length === value.length ? items : undefined;
}

function parseSize({ name, size }: JsonObject): { name: string; size: number } | undefined {
  const isSize = Number.isSafeInteger(size) && Number(size) > 0 && Number(size) <= MAX_VALUE_BYTES;
  return typeof name === 'string' && isSize ? { name, size: Number(size) } : undefined;
}

function parseSecret(item: JsonObject): ResolvedSecret | undefined {
  const sized = parseSize(item);
  const { id, envelope } = item;
  return sized && typeof id === 'string' && typeof envelope === 'string'
    ? { ...sized, id, envelope }
    : undefined;
}

interface OpenedSecret {
  readonly id: string;
  readonly name: string;
  readonly token: string;
}

function parseToken({ id, name, token }: JsonObject): OpenedSecret | undefined {
  return typeof id === 'string' && typeof name === 'string' && typeof token === 'string'
    ? { id, name, token }
    : undefined;
}

/** All that was asked for, each once, and nothing else. */
function complete<T extends { readonly name: string }>(
  names: readonly string[],
  items: readonly T[] | undefined,
): readonly T[] | undefined {
  const answered = new Set(items?.map(({ name }) => name));
  return items?.length === names.length && names.every((name) => answered.has(name)) ? items : undefined;
}

const RESOLVE = '/internal/v1/resolve';

function question(plan: Plan, dryRun: boolean): object {
  return {
    dryRun,
    namespace: plan.place.ns,
    serviceAccount: plan.place.sa,
    pod: { name: plan.place.name, generateName: plan.place.generateName },
    names: plan.names,
    variables: [...new Set(plan.variables.map(({ name }) => name))],
    ticket: plan.ticket,
    launcher: plan.launcher,
  };
}

/** The presented one if there is one: another would be somebody else's consent. */
function isTicketOf({ ticket: presented }: Plan, ticket: unknown): ticket is string {
  return (
    typeof ticket === 'string' && (presented === undefined || ticketText(presented) === ticketText(ticket))
  );
}

export function createConsoleClient(options: PeerOptions) {
  return {
    /** Opens a session row. */
    resolve: (plan: Plan, deadline: number): Promise<Outcome<Resolved>> =>
      callPeer(
        'console',
        options,
        { path: RESOLVE, body: question(plan, false), deadline },
        ({ sid: text, ticket, secrets }) => {
          const sid = parseSessionId(text);
          const all = complete(plan.names, listOf(secrets, parseSecret));
          return sid && isTicketOf(plan, ticket) && all ? { sid, ticket, secrets: all } : undefined;
        },
      ),
    /** Opens no session. */
    dryRunSizes: (plan: Plan, deadline: number): Promise<Outcome<ReadonlyMap<string, number>>> =>
      callPeer('console', options, { path: RESOLVE, body: question(plan, true), deadline }, ({ secrets }) => {
        const all = complete(plan.names, listOf(secrets, parseSize));
        return all && new Map(all.map(({ name, size }) => [name, size]));
      }),
  };
}

export function createKeyserviceClient(options: PeerOptions) {
  return {
    /** `place` is the review's, whatever the console answered. */
    unwrap: (
      { ticket, sid, secrets }: Resolved,
      place: Place,
      deadline: number,
    ): Promise<Outcome<Unwrapped>> => {
      const body = { ticket, sid, place, envelopes: secrets.map(({ envelope }) => envelope) };
      return callPeer(
        'keyservice',
        options,
        { path: '/v1/unwrap', body, deadline },
        ({ tokens: items, grant }) => {
          const tokens = listOf(items, parseToken);
          // Checks the console's answer against the envelope's own name, which the keyservice has verified.
          const all =
            tokens?.length === secrets.length &&
            secrets.every(({ id, name }) => tokens.some((each) => each.id === id && each.name === name));
          return tokens && all && typeof grant === 'string' ? { tokens, grant } : undefined;
        },
      );
    },
  };
}
