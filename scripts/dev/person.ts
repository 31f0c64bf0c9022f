/** What a person's launcher or client does over the public API, for demo and drills. Development tool, zone 0. */
import { decodeBase64url } from '#envelope/base64url.ts';
import { sealInner } from '#envelope/inner/seal.ts';
import { nodeCipher, rsaRecipient } from '#envelope/node-cipher.ts';
import { parseOwnerId, parseSecretId, parseSecretName } from '#envelope/names.ts';
import { sealOuter } from '#envelope/outer/seal.ts';
import { createHttpsClient, type HttpsAnswer } from '#platform/https-client.ts';

export interface ApiAnswer {
  readonly status: number;
  readonly headers: HttpsAnswer['headers'];
  /** JSON, of whatever shape; the caller knows which. */
  readonly body: unknown;
}

export interface PersonOptions {
  readonly url: string;
  readonly ca: string;
  readonly bearer?: string;
}

/** What `POST /secrets/{name}/sealing` answers. */
interface Sealing {
  readonly ownerId: string;
  readonly secretId: string;
  readonly version: number;
  readonly gen: number;
  readonly salt: string;
  readonly innerKey: string;
  readonly publicKey: Readonly<Record<string, unknown>>;
}

const known = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new Error(`the console answered something that is no ${what}`);
  return value;
};

/** Both layers, sealed here: the console never sees `plaintext`. */
const sealBoth = async (name: string, sealing: Sealing, plaintext: Uint8Array): Promise<string> => {
  const header = {
    ownerId: known(parseOwnerId(sealing.ownerId), 'owner id'),
    secretId: known(parseSecretId(sealing.secretId), 'secret id'),
    name: known(parseSecretName(name), 'name'),
    ...{ version: sealing.version, gen: sealing.gen, salt: decodeBase64url(sealing.salt, 'salt') },
  };
  const key = decodeBase64url(sealing.innerKey, 'inner key');
  const nowSeconds = Math.floor(Date.now() / 1000);
  const token = await sealInner(nodeCipher, { key, plaintext, nowSeconds });
  return await sealOuter(nodeCipher, rsaRecipient(sealing.publicKey), header, token);
};

export const createPerson = ({ url, ca, bearer }: PersonOptions) => {
  const client = createHttpsClient({ ca });
  const call = async (
    method: string,
    path: string,
    body?: unknown,
    extra: Readonly<Record<string, string>> = {},
  ): Promise<ApiAnswer> => {
    const headers = {
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...extra,
    };
    const answer = await client.call({
      ...{ method, url: url + path, headers, body: body === undefined ? undefined : JSON.stringify(body) },
      ...{ timeoutMs: 30_000, maxResponseBytes: 16 * 1024 * 1024 },
    });
    const text = answer.body.toString('utf8');
    return {
      status: answer.status,
      headers: answer.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  };
  /** As `call`, but rejects unless the status is one of success. The type is the caller's word. */
  const must = async <T>(
    method: string,
    path: string,
    body?: unknown,
    extra?: Readonly<Record<string, string>>,
  ): Promise<T> => {
    const answer = await call(method, path, body, extra);
    if (answer.status >= 300)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as T;
  };
  return {
    call,
    must,
    /** The value travels to the console, which seals both layers and forgets it. */
    store: (name: string, value: string | Uint8Array): Promise<unknown> =>
      must('POST', '/api/v1/secrets', {
        name,
        ...(typeof value === 'string' ? { value } : { valueBase64: Buffer.from(value).toString('base64') }),
      }),
    /** The value never leaves this process. */
    storeSealed: async (name: string, value: Uint8Array): Promise<unknown> => {
      const sealing = await must<Sealing>('POST', `/api/v1/secrets/${name}/sealing`, {});
      const envelope = await sealBoth(name, sealing, value);
      return await must('POST', '/api/v1/secrets', { name, envelope, size: value.length, envSafe: false });
    },
    ticket: (wish: {
      readonly namespace: string;
      readonly secrets: readonly string[];
      readonly serviceAccount?: string;
      readonly pod?: string;
      readonly uses?: number;
      readonly ttlSeconds?: number;
    }): Promise<{
      readonly ticket: string;
      readonly jti: string;
      readonly annotations: Readonly<Record<string, string>>;
    }> => must('POST', '/api/v1/tickets', { serviceAccount: 'default', ...wish }),
    close: () => client.close(),
  };
};

export type Person = ReturnType<typeof createPerson>;
