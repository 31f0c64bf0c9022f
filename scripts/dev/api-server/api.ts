/**
 * One API request after another: who, what, allowed?, then the answer. No sockets here. Development tool, no zone.
 */

import type { IncomingHttpHeaders } from 'node:http';

import type { Authentication, ClientCertificate } from './access/authentication.ts';
import type { UserInfo } from './access/identity.ts';
import type { Attributes, Authorizer } from './access/rbac.ts';
import { reviewAccess, reviewToken } from './access/reviews.ts';
import type { Tokens } from './access/service-account-token.ts';
import { answerToken, planToken } from './access/token-request.ts';
import type { Admission } from './admission/admission.ts';
import { discover } from './discovery.ts';
import { decode } from './objects/decode.ts';
import type { ApiObject } from './objects/object.ts';
import {
  accessReviews,
  apiVersionOf,
  selfAccessReviews,
  serviceAccounts,
  tokenReviews,
} from './objects/resource.ts';
import { shapes } from './objects/shapes.ts';
import type { Answer, Call, Operations } from './operations.ts';
import { inFormOf } from './partial-metadata.ts';
import { isDryRun, parseRequest, type ResourceRequest } from './request.ts';
import { forbidden, forbiddenPath, unknownPath } from './status.ts';
import type { Store } from './store.ts';

export type Incoming = {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  certificate: ClientCertificate;
  contentType: string;
  /** Called once the request is allowed: what is refused is never read. */
  readBody(): Promise<unknown>;
};

export type Outgoing = { code: number; body: object | string; warnings: string[] };

function attributesOf(request: ResourceRequest): Exclude<Attributes, { path: string }> {
  const named = /^metadata\.name==?([^,]+)$/.exec(request.query.get('fieldSelector') ?? '');
  return {
    verb: request.verb,
    group: request.resource.group,
    resource: request.resource.plural,
    subresource: request.subresource ?? '',
    namespace: request.namespace ?? '',
    name: request.name ?? (request.verb === 'list' ? (named?.[1] ?? '') : ''),
  };
}

export function createApi(ports: {
  authentication: Authentication;
  authorizer: Authorizer;
  admission: Admission;
  operations: Operations;
  tokens: Tokens;
  store: Store;
}): { answer(incoming: Incoming): Promise<Outgoing> } {
  const { authorizer, tokens, store } = ports;

  function authorize(user: UserInfo, request: ResourceRequest): void {
    const asked = attributesOf(request);
    if (authorizer.allows(user, asked)) return;
    const resource = asked.subresource === '' ? asked.resource : `${asked.resource}/${asked.subresource}`;
    const where = asked.namespace === '' ? 'at the cluster scope' : `in the namespace "${asked.namespace}"`;
    throw forbidden(
      request.resource,
      asked.name,
      `User "${user.username}" cannot ${asked.verb} resource "${resource}" in API group "${asked.group}" ${where}`,
    );
  }

  async function createToken(call: Call): Promise<Answer> {
    const { name = '', namespace = '', user } = call;
    const wanted = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      shape: shapes.tokenRequest,
    };
    const { object: request } = decode(call.body, wanted);
    const grant = planToken(store, tokens, { namespace, name, request, user });
    request.metadata = { ...request.metadata, name, namespace };
    const options = { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' };
    const dryRun = isDryRun(call.query.getAll('dryRun'), options.kind);
    ports.admission.validate(
      {
        operation: 'CREATE',
        resource: serviceAccounts,
        subresource: 'token',
        namespace,
        name,
        object: request,
        user,
        dryRun,
        options,
      },
      call.warnings,
    );
    return { code: 201, body: answerToken(request, grant, await tokens.mintServiceAccount(grant)) };
  }

  async function review(call: Call): Promise<Answer | undefined> {
    const { resource } = call;
    if (![tokenReviews, accessReviews, selfAccessReviews].includes(resource)) return undefined;
    const wanted = { apiVersion: apiVersionOf(resource), kind: resource.kind, shape: resource.shape };
    const { object } = decode(call.body, wanted);
    const reviewed: ApiObject =
      resource === tokenReviews
        ? await reviewToken(tokens, object)
        : reviewAccess(authorizer, object, resource === selfAccessReviews ? call.user : undefined);
    return { code: 201, body: reviewed };
  }

  async function run(call: Call): Promise<Answer> {
    if (call.subresource === 'token') return createToken(call);
    return (await review(call)) ?? ports.operations.run(call);
  }

  return {
    async answer(incoming) {
      const user = await ports.authentication.authenticate(incoming.headers, incoming.certificate);
      const request = parseRequest(incoming.method, incoming.url);
      if (request.at === 'path') {
        if (!authorizer.allows(user, request)) throw forbiddenPath(user.username, request.verb, request.path);
        const body = request.verb === 'get' ? discover(request.path) : undefined;
        if (body === undefined) throw unknownPath();
        return { code: 200, body, warnings: [] };
      }
      authorize(user, request);
      const warnings: string[] = [];
      const body = await incoming.readBody();
      const call = { ...request, user, body, contentType: incoming.contentType, warnings };
      const { code, body: answered } = await run(call);
      return { code, body: inFormOf(incoming.headers.accept, answered), warnings };
    },
  };
}
