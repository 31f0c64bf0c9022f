/**
 * Finds out who a request comes from: bearer, client certificate, impersonation, nobody. Development tool, no zone.
 */

import type { IncomingHttpHeaders } from 'node:http';
import type { TLSSocket } from 'node:tls';

import { badRequest, forbidden, unauthorized } from '../status.ts';
import { anonymous, impliedGroups, parseServiceAccountUser, type UserInfo } from './identity.ts';
import type { OidcAuthenticator } from './oidc.ts';
import type { Authorizer } from './rbac.ts';
import type { Tokens } from './service-account-token.ts';

/** What a verified client certificate says; `untrusted` when one was shown that does not verify. */
export type ClientCertificate = { commonName: string; organizations: string[] } | 'untrusted' | undefined;

/** The development API server's own client leaf is the administrator's, too. */
const administrator = 'apiserver-webhook';

export function readClientCertificate(socket: TLSSocket): ClientCertificate {
  const { subject } = socket.getPeerCertificate() as { subject?: { CN?: string; O?: string | string[] } }; // empty without one
  if (subject === undefined) return undefined;
  if (!socket.authorized) return 'untrusted';
  return { commonName: subject.CN ?? '', organizations: [subject.O ?? []].flat() };
}

export type Authentication = {
  /** Throws 401 for credentials that do not hold, 403 for impersonation that is not allowed. */
  authenticate(headers: IncomingHttpHeaders, certificate: ClientCertificate): Promise<UserInfo>;
};

function bearerOf(headers: IncomingHttpHeaders): string | undefined {
  const match = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '');
  if (headers.authorization !== undefined && match === null) throw unauthorized();
  return match?.[1];
}

function certificateUser(certificate: ClientCertificate): UserInfo | undefined {
  if (certificate === 'untrusted') throw unauthorized();
  if (certificate === undefined) return undefined;
  const { commonName: username, organizations } = certificate;
  const groups = username === administrator ? ['system:masters', ...organizations] : organizations;
  return { username, groups: [...groups, 'system:authenticated'] };
}

type Impersonated = { username: string; groups: string[]; extra: Record<string, string[]> };

const extraPrefix = 'impersonate-extra-';

/** Headers that may come several times; Node joins them by a comma. */
const valuesOf = (header: string | string[] | undefined): string[] =>
  [header ?? []].flat().flatMap((value) => value.split(/, */));

function impersonated(headers: IncomingHttpHeaders): Impersonated | undefined {
  const username = headers['impersonate-user'];
  const groups = valuesOf(headers['impersonate-group']);
  const extra = Object.entries(headers)
    .filter(([name]) => name.startsWith(extraPrefix))
    .map(([name, value]) => [decodeURIComponent(name.slice(extraPrefix.length)), valuesOf(value)] as const);
  if (typeof username === 'string' && username !== '')
    return { username, groups, extra: Object.fromEntries(extra) };
  if (groups.length > 0) {
    throw badRequest('requested [{Group}] without impersonating a user');
  }
  if (extra.length > 0) throw badRequest('requested [{UserExtra}] without impersonating a user');
  return undefined;
}

type Target = { group?: string; resource: string; subresource?: string; namespace: string; name: string };

function targetsOf({ username, groups, extra }: Impersonated): Target[] {
  const account = parseServiceAccountUser(username);
  const group = 'authentication.k8s.io';
  return [
    account === undefined
      ? { resource: 'users', namespace: '', name: username }
      : { resource: 'serviceaccounts', ...account },
    ...groups.map((name) => ({ resource: 'groups', namespace: '', name })),
    ...Object.entries(extra).flatMap(([subresource, values]) =>
      values.map((name) => ({ group, resource: 'userextras', subresource, namespace: '', name })),
    ),
  ];
}

function checkImpersonation(authorizer: Authorizer, user: UserInfo, target: Impersonated): void {
  for (const { group = '', resource, subresource = '', namespace, name } of targetsOf(target)) {
    if (authorizer.allows(user, { verb: 'impersonate', group, resource, subresource, namespace, name }))
      continue;
    const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
    const full = subresource === '' ? resource : `${resource}/${subresource}`;
    throw forbidden(
      { group, plural: resource, kind: resource },
      name,
      `User "${user.username}" cannot impersonate resource "${full}" in API group "${group}" ${where}`,
    );
  }
}

export function createAuthentication(ports: {
  tokens: Tokens;
  authorizer: Authorizer;
  oidc: OidcAuthenticator | undefined;
}): Authentication {
  async function bearerUser(token: string): Promise<UserInfo> {
    if (ports.tokens.claimsIssuer(token)) {
      const verdict = await ports.tokens.verify(token, [ports.tokens.issuer]);
      if (!verdict.ok) throw unauthorized();
      return verdict.verified.user;
    }
    const user = await ports.oidc?.authenticate(token);
    if (user === undefined) throw unauthorized();
    return user;
  }

  return {
    async authenticate(headers, certificate) {
      const token = bearerOf(headers);
      const own = certificateUser(certificate);
      const user = own ?? (token === undefined ? anonymous : await bearerUser(token));
      const target = impersonated(headers);
      if (target === undefined) return user;
      checkImpersonation(ports.authorizer, user, target);
      const implied = target.groups.length === 0 ? impliedGroups(target.username) : ['system:authenticated'];
      const { username, extra } = target;
      const known = Object.keys(extra).length > 0 ? { extra } : {};
      return { username, groups: [...new Set([...target.groups, ...implied])], ...known };
    },
  };
}
