/** HTTP: bytes to a typed request and back, and who may call what. Zone 3; docs/design.md#api. */
import { isJsonObject, parseJson, type JsonObject } from '#envelope/json.ts';
import { MAX_NAMES } from '#envelope/limits.ts';
import { parseSessionId, type SessionId } from '#envelope/names.ts';
import { parsePlace, PLACE_RULE, type Place } from '#envelope/place.ts';
import { ok } from '#envelope/result.ts';
import type { BodyProblem } from '#platform/body-gate.ts';
import type { HttpReply, HttpRequest } from '#platform/https-server.ts';
import { problemReply } from '#platform/problem.ts';
import type { AuditedOperation, Records } from './records.ts';
import { refusals, refuse, type Outcome, type Refusal, type RefusalCode } from './refusals.ts';
import type { Rewrap } from './rewrap.ts';
import type { Unwrap } from './unwrap.ts';

export interface HttpPorts {
  readonly unwrap: Unwrap;
  readonly rewrap: Rewrap;
  readonly records: Records;
  /** Called for every request to an operation once it is answered. */
  readonly onAnswer: (operation: AuditedOperation, client: string, outcome: 'ok' | RefusalCode) => void;
}

/** Common names of client certificates, by operation. */
type AllowedClients = Readonly<Record<AuditedOperation, readonly string[]>>;

const RETRY_SECONDS = '1';

/** A problem document; with Retry-After where trying again is the next step. */
export function refusalReply(refusal: Refusal): HttpReply {
  const kind = refusals[refusal.code];
  const reply = problemReply(kind, refusal);
  return kind.status === 503 ? { ...reply, headers: { 'retry-after': RETRY_SECONDS } } : reply;
}

/** Of all calls in progress: twelve of the largest. */
export const MAX_BODIES_BYTES = 24 * 1024 * 1024;

/** The answer to a body that was not read, or not to its end. */
export function refuseBody(what: BodyProblem, limitBytes: number): HttpReply {
  if (what === 'too_large')
    return refusalReply(
      refuse('body_too_large', `at most ${limitBytes} bytes; ask for fewer secrets per call`).refusal,
    );
  if (what === 'broken_off')
    return refusalReply(refuse('body_malformed', 'the body ended too early; send it again').refusal);
  const detail = 'other calls use all the memory reserved for bodies; try again';
  return refusalReply(refuse('overloaded', detail).refusal);
}

function parseObject(body: Buffer, members: readonly string[]): Outcome<JsonObject> {
  const form = `send a JSON object with exactly ${members.join(', ')}`;
  const value = parseJson(body.toString('utf8'));
  if (value === undefined) return refuse('body_malformed', `the body is not JSON; ${form}`);
  if (!isJsonObject(value)) return refuse('body_malformed', `the body is not an object; ${form}`);
  const keys = Object.keys(value);
  if (keys.length !== members.length || !members.every((member) => Object.hasOwn(value, member)))
    return refuse('body_malformed', `the body has other members; ${form}`);
  return ok(value);
}

function isTexts(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= MAX_NAMES &&
    value.every((item) => typeof item === 'string')
  );
}

const envelopesForm = `envelopes must be a list of 1 to ${MAX_NAMES} texts; send fewer per call, and none that is empty`;

const placeForm = `place must have ns, sa, by, name?, generateName? of the review and nothing else: ${PLACE_RULE}`;

interface UnwrapBody {
  readonly ticket: string;
  readonly sid: SessionId;
  readonly place: Place;
  readonly envelopes: readonly string[];
}

function parseUnwrapBody(body: Buffer): Outcome<UnwrapBody> {
  const object = parseObject(body, ['ticket', 'sid', 'place', 'envelopes']);
  if (!object.ok) return object;
  const { ticket, sid, place, envelopes } = object.value;
  const session = parseSessionId(sid);
  const where = parsePlace(place);
  if (typeof ticket !== 'string') return refuse('body_malformed', 'ticket must be a text');
  if (!session)
    return refuse('body_malformed', 'sid must be 32 lower-case hex digits, as the console chose them');
  if (!where) return refuse('body_malformed', placeForm);
  if (!isTexts(envelopes)) return refuse('body_malformed', envelopesForm);
  return ok({ ticket, sid: session, place: where, envelopes });
}

/** There is no member for a key: the newest configured one is always used. */
function parseRewrapBody(body: Buffer): Outcome<{ readonly envelopes: readonly string[] }> {
  const object = parseObject(body, ['envelopes']);
  if (!object.ok) return object;
  const { envelopes } = object.value;
  return isTexts(envelopes) ? ok({ envelopes }) : refuse('body_malformed', envelopesForm);
}

const operations: Readonly<Record<string, AuditedOperation>> = {
  '/v1/unwrap': 'unwrap',
  '/v1/rewrap': 'rewrap',
};

function isJson(contentType: string): boolean {
  return /^application\/json\s*(;|$)/i.test(contentType);
}

/** Answers every request; its body is read once path, method, client and type have been checked. */
export function createHttp(
  { unwrap, rewrap, records, onAnswer }: HttpPorts,
  allowed: AllowedClients,
): (request: HttpRequest) => Promise<HttpReply> {
  const admit = (operation: AuditedOperation, { client, contentType }: HttpRequest): Refusal | undefined => {
    if (client === undefined || !allowed[operation].includes(client)) {
      return refuse(
        'client_not_allowed',
        `${operation} is for ${allowed[operation].join(', ')}; use that client's certificate`,
      ).refusal;
    }
    return isJson(contentType)
      ? undefined
      : refuse('content_type', 'send content-type: application/json').refusal;
  };

  const run = async (
    operation: AuditedOperation,
    client: string,
    request: HttpRequest,
  ): Promise<Outcome<object>> => {
    const notAdmitted = admit(operation, request);
    const refused = async (refusal: Refusal): Promise<Outcome<object>> => ({
      ok: false,
      refusal: await records.refused({ operation, client }, refusal),
    });
    if (notAdmitted) return refused(notAdmitted);
    if (operation === 'unwrap') {
      const body = parseUnwrapBody(await request.body());
      return body.ok ? unwrap({ client, ...body.value }) : refused(body.refusal);
    }
    const body = parseRewrapBody(await request.body());
    return body.ok ? rewrap({ client, ...body.value }) : refused(body.refusal);
  };

  return async (request) => {
    const operation = Object.hasOwn(operations, request.path) ? operations[request.path] : undefined;
    if (!operation) {
      return refusalReply(refuse('not_found', 'ask for /v1/unwrap or /v1/rewrap').refusal);
    }
    if (request.method !== 'POST') {
      const reply = refusalReply(refuse('method_not_allowed', `send a POST to ${request.path}`).refusal);
      return { ...reply, headers: { allow: 'POST' } };
    }
    const client = request.client ?? '';
    const outcome = await run(operation, client, request);
    onAnswer(operation, client, outcome.ok ? 'ok' : outcome.refusal.code);
    return outcome.ok ? { status: 200, body: JSON.stringify(outcome.value) } : refusalReply(outcome.refusal);
  };
}
