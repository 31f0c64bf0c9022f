/**
 * The request part of an AdmissionReview (admission.k8s.io/v1), as webhooks and policies see it.
 * Development tool, no zone.
 */

import { randomUUID } from 'node:crypto';

import type { UserInfo } from '../access/identity.ts';
import type { ApiObject, JsonObject } from '../objects/object.ts';
import type { Resource } from '../objects/resource.ts';

type Kind = { group: string; version: string; kind: string };
type ResourceName = { group: string; version: string; resource: string };

export type AdmissionRequest = {
  uid: string;
  kind: Kind;
  resource: ResourceName;
  subResource?: string;
  requestKind: Kind;
  requestResource: ResourceName;
  requestSubResource?: string;
  name?: string;
  namespace?: string;
  operation: 'CREATE' | 'UPDATE';
  userInfo: UserInfo;
  object: ApiObject;
  oldObject: ApiObject | null;
  dryRun: boolean;
  options: JsonObject;
};

/** What is about to be stored (or answered), before it is. */
export type Attempt = {
  operation: 'CREATE' | 'UPDATE';
  resource: Resource;
  subresource?: string;
  namespace?: string;
  /** Empty where the name is still to be generated. */
  name: string;
  object: ApiObject;
  oldObject?: ApiObject;
  user: UserInfo;
  dryRun: boolean;
  options: JsonObject;
};

export function admissionRequest(attempt: Attempt): AdmissionRequest {
  const { resource, subresource, object } = attempt;
  // `serviceaccounts/token` carries a TokenRequest: the kind is that of what is sent.
  const [group = '', version = resource.version] = object.apiVersion.includes('/')
    ? object.apiVersion.split('/')
    : ['', object.apiVersion];
  const kind = { group, version, kind: object.kind };
  const named = { group: resource.group, version: resource.version, resource: resource.plural };
  return {
    uid: randomUUID(),
    kind,
    resource: named,
    ...(subresource === undefined ? {} : { subResource: subresource }),
    requestKind: kind,
    requestResource: named,
    ...(subresource === undefined ? {} : { requestSubResource: subresource }),
    ...(attempt.name === '' ? {} : { name: attempt.name }),
    ...(attempt.namespace === undefined ? {} : { namespace: attempt.namespace }),
    operation: attempt.operation,
    userInfo: attempt.user,
    object,
    oldObject: attempt.oldObject ?? null,
    dryRun: attempt.dryRun,
    options: attempt.options,
  };
}
