/**
 * `serviceaccounts/NAME/token`: mints a token, bound to a pod where asked, with the checks of the real API server
 * and of its NodeRestriction plugin. Development tool, no zone.
 */

import { asPod, objectAt, stringAt, stringsAt, type ApiObject, type JsonObject } from '../objects/object.ts';
import { pods, secrets, serviceAccounts } from '../objects/resource.ts';
import { badRequest, cause, conflict, forbidden, invalid, notFound, type Cause } from '../status.ts';
import type { Store } from '../store.ts';
import type { UserInfo } from './identity.ts';
import type { Bound, ServiceAccountGrant, Tokens } from './service-account-token.ts';

const minSeconds = 600;
const maxSeconds = 2 ** 32;
const defaultSeconds = 3600;

const tokenRequest = { group: 'authentication.k8s.io', plural: 'tokenrequests', kind: 'TokenRequest' };

type Asked = { namespace: string; name: string; request: ApiObject; user: UserInfo };

function expirationCauses(seconds: number): Cause[] {
  const field = 'spec.expirationSeconds';
  if (seconds < minSeconds) {
    return [cause.invalid(field, seconds, 'may not specify a duration less than 10 minutes')];
  }
  return seconds > maxSeconds
    ? [cause.invalid(field, seconds, 'may not specify a duration larger than 2^32 seconds')]
    : [];
}

function bind(
  store: Store,
  { namespace, name }: Asked,
  reference: JsonObject,
): Bound & { nodeName?: string } {
  const kind = stringAt(reference, 'kind');
  if (kind !== 'Pod' && kind !== 'Secret') {
    throw badRequest(
      `cannot bind token to object of type ${stringAt(reference, 'apiVersion') ?? ''}, Kind=${kind ?? ''}`,
    );
  }
  const resource = kind === 'Pod' ? pods : secrets;
  const target = stringAt(reference, 'name') ?? '';
  const object = store.get(resource, namespace, target);
  if (object === undefined) throw notFound(resource, target);
  const uid = object.metadata.uid ?? '';
  const asked = stringAt(reference, 'uid') ?? uid;
  if (asked !== uid) {
    throw conflict(
      resource,
      target,
      `the UID in the bound object reference (${asked}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  if (kind === 'Secret') return { kind, name: target, uid };
  const { serviceAccountName = 'default', nodeName } = asPod(object).spec;
  if (serviceAccountName !== name) {
    throw badRequest(
      `cannot bind token for serviceaccount "${name}" to pod running with different serviceaccount name.`,
    );
  }
  return { kind, name: target, uid, ...(nodeName === undefined ? {} : { nodeName }) };
}

/** A kubelet gets tokens for its pods alone, and for audiences that their volumes name. */
function restrictNode(
  store: Store,
  asked: Asked,
  bound: Bound | undefined,
  audiences: readonly string[],
): void {
  if (!asked.user.groups.includes('system:nodes')) return;
  if (bound?.kind !== 'Pod') {
    throw forbidden(serviceAccounts, asked.name, 'node requested token not bound to a pod');
  }
  const pod = store.get(pods, asked.namespace, bound.name);
  if (pod === undefined) throw notFound(pods, bound.name);
  const known = (asPod(pod).spec.volumes ?? [])
    .flatMap((volume) => volume.projected?.sources ?? [])
    .flatMap((source) =>
      source.serviceAccountToken === undefined ? [] : [source.serviceAccountToken.audience ?? ''],
    );
  const stranger = (audiences.length === 0 ? [''] : audiences).find((audience) => !known.includes(audience));
  if (stranger !== undefined) {
    throw forbidden(
      serviceAccounts,
      asked.name,
      `audience "${stranger}" not found in pod spec volume, ${asked.user.username} is not authorized to request tokens for this audience`,
    );
  }
}

/** Throws the refusals; otherwise what is to be minted. Pure: mints nothing. */
export function planToken(store: Store, tokens: Tokens, asked: Asked): ServiceAccountGrant {
  const spec = objectAt(asked.request, 'spec');
  const seconds =
    spec['expirationSeconds'] === undefined ? defaultSeconds : Number(spec['expirationSeconds']);
  const causes = expirationCauses(seconds);
  if (causes.length > 0) throw invalid(tokenRequest, '', causes);
  const reference = spec['boundObjectRef'];
  const target = reference === undefined ? undefined : bind(store, asked, objectAt(spec, 'boundObjectRef'));
  const audiences = stringsAt(spec, 'audiences');
  restrictNode(store, asked, target, audiences);
  return {
    namespace: asked.namespace,
    name: asked.name,
    audiences: audiences.length === 0 ? [tokens.issuer] : audiences,
    seconds,
    ...(target === undefined ? {} : { bound: { kind: target.kind, name: target.name, uid: target.uid } }),
    ...(target?.nodeName === undefined ? {} : { nodeName: target.nodeName }),
  };
}

/** The request with its status, as it is answered. */
export function answerToken(
  request: ApiObject,
  grant: ServiceAccountGrant,
  minted: { token: string; expires: Date },
): ApiObject {
  return {
    ...request,
    spec: { ...objectAt(request, 'spec'), audiences: grant.audiences, expirationSeconds: grant.seconds },
    status: { token: minted.token, expirationTimestamp: minted.expires.toISOString().replace(/\.\d+/, '') },
  };
}
