/**
 * What a person's launcher or client does, for demo and drills: the console's API through its generated client, and any
 * other call by hand. Development tool, zone 0.
 */
import { createHttpsClient, type HttpsAnswer } from '#platform/https-client.ts';
import { createApi, dataOf, type Schemas } from '../../cli/api/client.ts';
import { createFetch } from '../../cli/api/fetch.ts';
import { seal } from '../../cli/sealing.ts';

export interface ApiAnswer {
  readonly status: number;
  readonly headers: HttpsAnswer['headers'];
  /** JSON, of whatever shape; the caller knows which. */
  readonly body: unknown;
}

interface PersonOptions {
  readonly url: string;
  readonly ca: string;
  readonly bearer?: string;
}

export function createPerson({ url, ca, bearer }: PersonOptions) {
  const client = createHttpsClient({ ca });
  const api = createApi({ url, fetch: createFetch(client), bearer: () => Promise.resolve(bearer) });
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
      method,
      url: url + path,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      timeoutMs: 30_000,
      maxResponseBytes: 16 * 1024 * 1024,
    });
    const text = answer.body.toString('utf8');
    return {
      status: answer.status,
      headers: answer.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  };
  /** Like `call`, but rejects unless the status is a success. The caller asserts the type. */
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
    store: async (name: string, value: string | Uint8Array): Promise<Schemas['Secret']> => {
      const content =
        typeof value === 'string' ? { value } : { valueBase64: Buffer.from(value).toString('base64') };
      return dataOf(await api.POST('/api/v1/secrets', { body: { name, ...content } }));
    },
    /** The value never leaves this process. */
    storeSealed: async (name: string, value: Uint8Array): Promise<Schemas['Secret']> => {
      const path = { name };
      const offer = dataOf(await api.POST('/api/v1/secrets/{name}/sealing', { params: { path } }));
      const sealed = await seal({ name, offer, nowMs: Date.now() }, value);
      return dataOf(await api.POST('/api/v1/secrets', { body: { name, ...sealed } }));
    },
    ticket: async (
      options: Omit<Schemas['TicketRequest'], 'secrets'> & { readonly secrets: readonly string[] },
    ): Promise<Schemas['IssuedTicket']> =>
      dataOf(await api.POST('/api/v1/tickets', { body: { ...options, secrets: [...options.secrets] } })),
    close: () => client.close(),
  };
}

export type Person = ReturnType<typeof createPerson>;
