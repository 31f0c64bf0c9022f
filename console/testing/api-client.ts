/**
 * A client of the public API that goes by the OpenAPI document alone: an answer, a status or a code that
 * the document does not list fails the test.
 */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { HttpsClient } from '#platform/https-client.ts';
import { API_PATH } from '../public/openapi.ts';

/** Members of any answer, problem or item; ajv has checked which are there against the document. */
export interface Body {
  readonly id: string;
  readonly name: string;
  readonly code: string;
  readonly detail: string;
  readonly items: readonly Body[];
  readonly sessions: readonly Body[];
  readonly secrets: readonly Body[];
  readonly keys: readonly Body[];
  readonly version: number;
  readonly size: number;
  readonly note: string | null;
  readonly gen: number;
  readonly claims: number;
  readonly envSafe: boolean;
  readonly used: number;
  readonly createdAt: string;
  readonly modifiedAt: string;
  readonly expiresAt: string;
  readonly revokedAt: string | null;
  readonly firstClaimAt: string | null;
  readonly lastUsedAt: string | null;
  readonly ownerId: string;
  readonly secretId: string;
  readonly salt: string;
  readonly innerKey: string;
  readonly publicKey: Readonly<Record<string, unknown>>;
  readonly ticket: string;
  readonly jti: string;
  readonly sid: string;
  readonly pod: string | null;
  readonly action: string;
  readonly outcome: string;
  readonly actor: string;
  readonly names: readonly string[] | null;
  readonly key: string;
  readonly envelope: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** An empty object without a body. */
  readonly json: Body;
  readonly text: string;
}

/** Status and code: all that most tests check of a refusal. */
export function refusal({ status, json }: Reply): [number, string] {
  return [status, json.code];
}

interface CallOptions {
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent unchanged. */
  readonly raw?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ApiClient {
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
}

interface Documented {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { responses: Readonly<Record<string, Answered>> }>>>
  >;
}

interface Answered {
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, unknown>>;
}

const TIMEOUT_MS = 15_000;
const ID = 'openapi';

/** Checks answers against one document. */
export interface AnswerCheck {
  check(method: string, path: string, reply: Reply): void;
}

function pointer(...steps: readonly string[]): string {
  return steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function matches(template: string, path: string): boolean {
  return new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path);
}

export function createAnswerCheck(document: object): AnswerCheck {
  const ajv = new Ajv2020({ strict: false, validateSchema: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema(document, ID);
  const compiled = new Map<string, ValidateFunction>();
  const { paths } = document as Documented; // so that ajv finds the schemas in it
  const validate = (at: string, value: unknown): void => {
    const check = compiled.get(at) ?? ajv.compile({ $ref: `${ID}#${encodeURI(at)}` });
    compiled.set(at, check);
    if (!check(value)) throw new Error(`not as documented at ${at}: ${ajv.errorsText(check.errors)}`);
  };
  const checkAnswer = (answered: Answered, at: readonly string[], reply: Reply): void => {
    const [type] = String(reply.headers['content-type'] ?? '').split(';');
    const types = Object.keys(answered.content ?? {});
    if (types.length === 0 && reply.text !== '') throw new Error('a body is not documented here');
    if (types.length > 0 && !types.includes(type ?? ''))
      throw new Error(`type ${type ?? ''} is not documented`);
    for (const header of Object.keys(answered.headers ?? {})) {
      if (reply.headers[header.toLowerCase()] === undefined)
        throw new Error(`the header ${header} is missing`);
    }
    if (types.length > 0) validate(pointer(...at, 'content', type ?? '', 'schema'), reply.json);
  };
  return {
    check: (method, path, reply) => {
      const template = Object.keys(paths).find((candidate) => matches(candidate, path));
      const operation = template === undefined ? undefined : paths[template]?.[method];
      if (template === undefined || !operation) {
        if (reply.status !== 404 && reply.status !== 405)
          throw new Error(`${method} ${path} is not documented`);
        validate(pointer('components', 'schemas', 'Problem'), reply.json);
        return;
      }
      const answered = operation.responses[String(reply.status)];
      if (!answered)
        throw new Error(`${method} ${path} answered ${reply.status}, which is not documented: ${reply.text}`);
      checkAnswer(answered, ['paths', template, method, 'responses', String(reply.status)], reply);
    },
  };
}

function bodyOf({ body, raw }: CallOptions): string | Buffer | undefined {
  return raw ?? (body === undefined ? undefined : JSON.stringify(body));
}

/** One HTTPS call, its body parsed. */
export async function callJson(
  client: HttpsClient,
  target: { readonly method: string; readonly url: string },
  options: CallOptions = {},
): Promise<Reply> {
  const body = bodyOf(options);
  const {
    status,
    headers,
    body: answer,
  } = await client.call({
    ...target,
    body,
    timeoutMs: TIMEOUT_MS,
    maxResponseBytes: 8 * 1024 * 1024,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers },
  });
  const text = answer.toString('utf8');
  // The common type of all answers: see there.
  return { status, headers, text, json: JSON.parse(text === '' ? '{}' : text) as Body };
}

export function createApiClient(
  client: HttpsClient,
  {
    url,
    bearer,
    check,
  }: { readonly url: string; readonly bearer: string | undefined; readonly check: AnswerCheck },
): ApiClient {
  return {
    call: async (method, path, options = {}) => {
      const [plain = ''] = path.split('?');
      const headers = {
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...options.headers,
      };
      const reply = await callJson(
        client,
        { method: method.toUpperCase(), url: url + API_PATH + path },
        { ...options, headers },
      );
      check.check(method, API_PATH + plain, reply);
      return reply;
    },
  };
}
