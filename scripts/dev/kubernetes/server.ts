/** The stand-in for an API server; the README here says what it is and is not. Development tool, no zone. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { apiVersionOf, resources, serviceAccounts, tokenReviews } from './objects.ts';
import { isJsonObject } from '#envelope/json.ts';
import type { ApiObject } from './objects.ts';
import { createPeople, type OidcConfig } from './oidc.ts';
import { createOperations, type Answer, type Call } from './operations.ts';
import { badRequest, internalError, notOffered, StatusError, unauthorized } from './status.ts';
import { createStore } from './store.ts';
import { createTokens, type UserInfo } from './tokens.ts';
import { createWebhooks } from './webhook.ts';

export interface StandInConfig {
  /** One of its choice where absent. */
  readonly port?: number;
  /** PEM: the server's leaf, and the one that it presents to webhooks. */
  readonly tls: { readonly cert: string; readonly key: string };
  readonly webhookClient: { readonly cert: string; readonly key: string };
  readonly oidc?: OidcConfig;
  /** Accepts callers without credentials too. */
  readonly anonymous?: boolean;
}

export interface StandIn {
  readonly url: string;
  /** A bearer for a service account (`system:serviceaccount:NS:NAME`) or any named user. */
  token(username: string, groups?: readonly string[]): Promise<string>;
  /** Adds or replaces; unknown kinds are left out. */
  apply(documents: readonly unknown[]): void;
  close(): Promise<void>;
}

const TOKEN_SECONDS = 7 * 24 * 3600;
/** Above the 90 s that Go's client keeps idle connections. */
const KEEP_ALIVE_MS = 95_000;
const VERSION = { major: '1', minor: '35', gitVersion: 'v1.35.4+twofold-stand-in' };

/** `/api/v1/…` or `/apis/GROUP/v1/…`, in a namespace or not. */
const PATH = /^\/(?:api|apis\/([^/]+))\/v1(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/;

type Target = Omit<Call, 'contentType' | 'body' | 'user'>;

function targetOf({ method = 'GET', url = '/' }: IncomingMessage): Target {
  const { pathname, searchParams: query } = new URL(url, 'https://localhost');
  const [, group = '', namespace, plural, name, subresource] = (PATH.exec(pathname) ?? []).map(
    (part: string | undefined) => part && decodeURIComponent(part),
  );
  const resource = resources.find((one) => one.group === group && one.plural === plural);
  if (resource === undefined) throw notOffered(pathname);
  return { method, resource, namespace, name, subresource, query };
}

function assemble(config: StandInConfig) {
  const store = createStore();
  const webhooks = createWebhooks(store, config.webhookClient);
  const operations = createOperations(store, webhooks);
  const tokens = createTokens(store);
  const people = config.oidc && createPeople(config.oidc);

  const authenticate = async ({ headers }: IncomingMessage): Promise<UserInfo> => {
    if (headers['impersonate-user'] !== undefined)
      throw badRequest('the stand-in does not support impersonation');
    const [, token] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
    if (token === undefined && headers.authorization === undefined && config.anonymous)
      return { username: 'system:anonymous', groups: ['system:unauthenticated'] };
    if (token === undefined) throw unauthorized();
    const verdict = await tokens.verify(token, []);
    const user = verdict.error === undefined ? verdict.user : await people?.authenticate(token);
    if (user === undefined) throw unauthorized();
    return user;
  };

  const run = async (call: Call): Promise<Answer> => {
    const { resource, namespace = '', name = '', subresource, body } = call;
    const sent = isJsonObject(body) ? body : {};
    if (resource === tokenReviews) return { code: 201, body: await tokens.review(sent) };
    if (resource !== serviceAccounts || subresource !== 'token') return await operations.run(call);
    const uid = operations.account(namespace, name).metadata.uid ?? '';
    return { code: 201, body: await tokens.request({ namespace, name, uid }, sent) };
  };

  const answer = async (request: IncomingMessage): Promise<Answer> => {
    if (request.url === '/version') return { code: 200, body: VERSION };
    const user = await authenticate(request);
    const target = targetOf(request);
    const [contentType = ''] = (request.headers['content-type'] ?? 'application/json').split(';');
    const empty = request.method === 'GET' || request.headers['content-length'] === undefined;
    const body = empty && !('transfer-encoding' in request.headers) ? undefined : await json(request);
    return await run({ ...target, contentType, body, user });
  };

  const apply = (documents: readonly unknown[]): void => {
    for (const document of documents.filter(isJsonObject)) {
      const object = document as ApiObject; // a manifest has these members
      const resource = resources.find(
        (one) => one.kind === object.kind && apiVersionOf(one) === object.apiVersion,
      );
      if (resource === undefined) continue;
      const { name = '', namespace } = object.metadata;
      const known = store.get(resource, namespace, name);
      if (known === undefined) store.insert(resource, object);
      else store.replace(resource, object, undefined);
    }
  };
  const close = (): void => {
    store.close();
    webhooks.close();
    people?.close();
  };
  return { answer, tokens, apply, close };
}

function send(response: ServerResponse, { code, body }: Answer): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Resolves once it listens. */
export async function startStandIn(config: StandInConfig): Promise<StandIn> {
  const { answer, tokens, apply, close } = assemble(config);
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      send(response, await answer(request));
    } catch (error) {
      if (!(error instanceof StatusError)) console.error('stand-in for an API server:', error);
      const { code, body } = error instanceof StatusError ? error : internalError('unexpected error');
      send(response, { code, body });
      request.resume();
    }
  };
  const server = createServer(config.tls, (request, response) => void respond(request, response));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.listen(config.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a TCP server that listens has one
  return {
    url: `https://127.0.0.1:${port}`,
    token: (username, groups = []) => tokens.mint(username, groups, TOKEN_SECONDS),
    apply,
    close: async () => {
      close();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
