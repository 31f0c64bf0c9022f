/**
 * The development API server: answers the Kubernetes calls that Twofold's zones and launchers make, in memory, with
 * the real server's status codes, checks and RBAC. Development tool, no zone; for the flow see §6 of the design.
 */

import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';

import { createAuthentication, readClientCertificate } from './access/authentication.ts';
import { builtInRoles } from './access/built-in-roles.ts';
import { parseServiceAccountUser } from './access/identity.ts';
import { createOidcAuthenticator, type OidcConfig } from './access/oidc.ts';
import { createAuthorizer } from './access/rbac.ts';
import { createTokens } from './access/service-account-token.ts';
import { createAdmission } from './admission/admission.ts';
import { createMutatingWebhooks } from './admission/mutating-webhook.ts';
import { createWebhookCaller, type ClientLeaf } from './admission/webhook-call.ts';
import { createApi, type Incoming, type Outgoing } from './api.ts';
import { mediaType, readBody } from './body.ts';
import { collectGarbage } from './deletion.ts';
import { applyDocuments } from './manifests.ts';
import { createImplicit } from './objects/service-account.ts';
import { createOperations } from './operations.ts';
import { internalError, StatusError } from './status.ts';
import { createStore } from './store.ts';

export type ApiServerConfig = {
  host: string;
  port: number;
  /** PEM: the server's leaf. */
  tls: { cert: string; key: string };
  /** PEM: roots of client certificates. */
  clientCa: string;
  /** Shown to webhooks that ask for a certificate. */
  webhookClient?: ClientLeaf;
  oidc?: OidcConfig;
  /** Documents to start with; kinds that this server does not know are left out. */
  manifests: readonly unknown[];
  /** What callers without credentials may do: nothing unless given. */
  anonymousRole?: 'edit';
  now?: () => Date;
};

export type ApiServer = {
  url: string;
  /** A bearer for a service account (`system:serviceaccount:NS:NAME`) or any named user. */
  token(username: string, groups?: string[], seconds?: number): Promise<string>;
  /** Adds or replaces documents, as an administrator's `kubectl apply` without admission. */
  apply(documents: readonly unknown[]): void;
  close(): Promise<void>;
};

const garbageDelayMs = 10;
const tokenSeconds = 7 * 24 * 3600;
/** Above the 90 s that Go's client keeps idle connections. */
const keepAliveMs = 95_000;

function send(response: ServerResponse, { code, body, warnings }: Outgoing): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.statusCode = code;
  response.setHeader('content-type', typeof body === 'string' ? 'text/plain' : 'application/json');
  if (warnings.length > 0) {
    const quoted = warnings.map(
      (text) => `299 - "${text.replace(/["\\]/g, '\\$&').replace(/[^\x20-\x7e]/g, '?')}"`,
    );
    response.setHeader('warning', quoted);
  }
  response.end(text);
}

function incomingOf(request: IncomingMessage): Incoming {
  const { socket } = request;
  return {
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    headers: request.headers,
    certificate: socket instanceof TLSSocket ? readClientCertificate(socket) : undefined,
    contentType: mediaType(request),
    readBody: () => readBody(request),
  };
}

function assemble(config: ApiServerConfig) {
  const now = config.now ?? (() => new Date());
  const store = createStore();
  const implicit = createImplicit(store, now);
  const tokens = createTokens({ store, implicit, now });
  const authorizer = createAuthorizer(store);
  const oidc = config.oidc === undefined ? undefined : createOidcAuthenticator(config.oidc);
  const caller = createWebhookCaller(config.webhookClient);
  const webhooks = createMutatingWebhooks({ store, implicit, caller });
  const admission = createAdmission({ store, implicit, webhooks });
  const operations = createOperations({ store, implicit, admission, now });
  const authentication = createAuthentication({ tokens, authorizer, oidc });
  const api = createApi({ authentication, authorizer, admission, operations, tokens, store });
  const garbage = collectGarbage(store, { delayMs: garbageDelayMs, now });
  const apply = (documents: readonly unknown[]) => applyDocuments({ store, implicit, now }, documents);
  const close = () => {
    garbage.stop();
    caller.close();
    oidc?.close();
  };
  return { api, tokens, apply, close };
}

/** Resolves once it listens. Rejects when the port is taken or a manifest is malformed. */
export async function startApiServer(config: ApiServerConfig): Promise<ApiServer> {
  const { api, tokens, apply, close } = assemble(config);
  apply([...builtInRoles(config.anonymousRole), ...config.manifests]);

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      send(response, await api.answer(incomingOf(request)));
    } catch (error) {
      const { status } = error instanceof StatusError ? error : internalError('unexpected error');
      if (!(error instanceof StatusError)) console.error('development API server:', error);
      // The rest of a body that is not wanted would stand before the next request.
      if (!request.complete) response.setHeader('connection', 'close');
      send(response, { code: status.code, body: status, warnings: [] });
      request.resume();
    }
  }

  const server = createServer(
    { ...config.tls, ca: config.clientCa, requestCert: true, rejectUnauthorized: false },
    (request, response) => void respond(request, response),
  );
  server.keepAliveTimeout = keepAliveMs;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.port, config.host, resolve);
  });
  const { port } = server.address() as AddressInfo; // a TCP server that listens has an address and a port

  return {
    url: `https://${config.host}:${port}`,
    apply,

    async token(username, groups = [], seconds = tokenSeconds) {
      const account = parseServiceAccountUser(username);
      if (account === undefined) return tokens.mintUser(username, groups, seconds);
      const minted = await tokens.mintServiceAccount({ ...account, audiences: [tokens.issuer], seconds });
      return minted.token;
    },

    async close() {
      close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
