/** Requests the derived keys from the console, with retries within a time limit. Zone 4; docs/design.md#claim. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { decodeBase64url } from '#envelope/base64url.ts';
import { INNER_KEY_BYTES } from '#envelope/inner/layout.ts';
import { isJsonObject, parseJson } from '#envelope/json.ts';
import { parseSecretId, type SecretId } from '#envelope/names.ts';
import { createHttpsClient, HttpsError, type HttpsAnswer, type HttpsClient } from '#platform/https-client.ts';
import type { Config } from './config.ts';
import { Failure, type FailureKind } from './outcome.ts';
import type { Session } from './session.ts';

export type Keys = ReadonlyMap<SecretId, Uint8Array>;

const ATTEMPT_MS = 10_000;
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5_000;
const MAX_ANSWER_BYTES = 128 * 1024;

/** Refusals of the console that mean "too late". */
const tooLate: ReadonlySet<string> = new Set([
  'grant_expired',
  'ticket_revoked',
  'secret_expired',
  'secret_deleted',
]);

function readToken(folder: string): string {
  try {
    return readFileSync(join(folder, 'token'), 'utf8').trim();
  } catch (error) {
    const next = 'the pod must be admitted by the webhook; create it again';
    throw new Failure('misconfigured', `there is no service-account token; ${next}`, error);
  }
}

function memberOf(value: unknown, member: string): unknown {
  return isJsonObject(value) ? value[member] : undefined;
}

/** Passes on the console's detail, which names the next step. */
function refusal({ status, body }: HttpsAnswer): Failure {
  const problem = parseJson(body.toString('utf8'));
  const code = memberOf(problem, 'code');
  const detail = memberOf(problem, 'detail');
  const said =
    typeof code === 'string' && typeof detail === 'string' ? `${detail} [${code}]` : `status ${status}`;
  const kind: FailureKind = typeof code === 'string' && tooLate.has(code) ? 'expired' : 'refused';
  return new Failure(kind, `the console refused the claim: ${said}`);
}

function parseKey(item: unknown): readonly [SecretId, Uint8Array] | undefined {
  const id = parseSecretId(memberOf(item, 'id'));
  const text = memberOf(item, 'key');
  if (!id || typeof text !== 'string') return undefined;
  const key = decodeBase64url(text, 'key');
  return key.length === INNER_KEY_BYTES ? [id, key] : undefined;
}

/** The keys of exactly the granted secrets; undefined for an answer of any other shape. */
function parseKeys(body: Buffer, { idOf }: Session): Keys | undefined {
  const items = memberOf(parseJson(body.toString('utf8')), 'keys');
  if (!Array.isArray(items)) return undefined;
  try {
    const keys = new Map(
      items.flatMap((item: unknown) => [parseKey(item)].filter((key) => key !== undefined)),
    );
    const wanted = [...idOf.values()];
    return keys.size === wanted.length && items.length === wanted.length && wanted.every((id) => keys.has(id))
      ? keys
      : undefined;
  } catch {
    return undefined;
  }
}

async function attempt(
  client: HttpsClient,
  config: Config,
  session: Session,
  timeoutMs: number,
): Promise<HttpsAnswer> {
  return await client.call({
    method: 'POST',
    url: config.claimUrl,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${readToken(config.dirs.token)}` },
    body: JSON.stringify({ grant: session.grant }),
    timeoutMs,
    maxResponseBytes: MAX_ANSWER_BYTES,
  });
}

/** Whether a retry may help: the console is busy or fails. */
function isPassing(status: number): boolean {
  return status === 429 || status >= 500;
}

/** Except that it has expired or is not valid yet, which may be a matter of clocks. */
const notTrusted =
  /^(ERR_TLS_|CERT_(?!HAS_EXPIRED|NOT_YET_VALID)|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_)/;

/** Why there was no answer; a certificate that the admitted roots do not vouch for has its own text. */
function reasonOf({ message, cause }: HttpsError): string {
  const code = memberOf(cause, 'code');
  return typeof code === 'string' && notTrusted.test(code)
    ? `its certificate is not one from the admitted root for this address (${code})`
    : message;
}

/** The wait that a busy console asks for (RFC 9110 §10.2.3); 0 where it does not say. */
function retryAfterMs({ headers }: HttpsAnswer): number {
  const said = headers['retry-after'];
  return typeof said === 'string' && /^\d{1,5}$/.test(said) ? Number(said) * 1000 : 0;
}

/** Callers refused together must not all return together: each waits longer by up to this share. */
const SPREAD = 0.5;

async function askUntil(
  client: HttpsClient,
  config: Config,
  session: Session,
  end: number,
): Promise<HttpsAnswer> {
  let why: string | undefined;
  for (let backoff = FIRST_WAIT_MS; ; backoff = Math.min(backoff * 2, LONGEST_WAIT_MS)) {
    let pause = backoff;
    try {
      const left = Math.max(end - performance.now(), 1);
      const answer = await attempt(client, config, session, Math.min(ATTEMPT_MS, left));
      if (!isPassing(answer.status)) return answer;
      const asked = retryAfterMs(answer) * (1 + Math.random() * SPREAD);
      // However long it asks for, leave time for one more try.
      pause = Math.max(backoff, Math.min(asked, left - ATTEMPT_MS));
      why = `it answered with status ${answer.status}`;
    } catch (error) {
      if (!(error instanceof HttpsError)) throw error;
      // The last try has little time; the reason of an earlier failure says more.
      if (error.code !== 'timeout' || why === undefined) why = reasonOf(error);
    }
    if (performance.now() + pause >= end) {
      const next =
        'the pod tries again by itself unless its restartPolicy is Never; if it keeps failing, tell the cluster’s operator';
      throw new Failure(
        'unreachable',
        `the console did not return the keys within ${config.claimSeconds} s: ${why}; ${next}`,
      );
    }
    await wait(pause);
  }
}

/** The derived keys, which the caller wipes. Throws a Failure `refused`, `expired` or `unreachable`. */
export async function claimKeys(config: Config, session: Session): Promise<Keys> {
  const client = createHttpsClient({ ca: session.ca }, { maxSockets: 1 });
  try {
    const answer = await askUntil(client, config, session, performance.now() + config.claimSeconds * 1000);
    if (answer.status !== 200) throw refusal(answer);
    const keys = parseKeys(answer.body, session);
    answer.body.fill(0);
    if (!keys)
      throw new Failure(
        'refused',
        'the console answered with keys other than the grant’s; tell the cluster’s operator',
      );
    return keys;
  } finally {
    client.close();
  }
}
