/**
 * TokenReview, SubjectAccessReview and SelfSubjectAccessReview: answered, never stored. Development tool, no zone.
 */

import { objectAt, stringAt, stringsAt, type ApiObject, type JsonObject } from '../objects/object.ts';
import { badRequest } from '../status.ts';
import type { UserInfo } from './identity.ts';
import type { Attributes, Authorizer } from './rbac.ts';
import type { Tokens } from './service-account-token.ts';

/** The review with its status; a token that does not hold is an answer, not an error. */
export async function reviewToken(tokens: Tokens, review: ApiObject): Promise<ApiObject> {
  const spec = objectAt(review, 'spec');
  const token = stringAt(spec, 'token') ?? '';
  if (token === '') throw badRequest('token is required for TokenReview in authentication');
  const asked = stringsAt(spec, 'audiences');
  const verdict = await tokens.verify(token, asked.length === 0 ? [tokens.issuer] : asked);
  // `authenticated: false` is left out, as Go's omitempty does.
  const status = verdict.ok
    ? { authenticated: true, user: verdict.verified.user, audiences: verdict.verified.audiences }
    : { user: {}, error: `[invalid bearer token, ${verdict.error}]` };
  return { ...review, status };
}

function attributesOf(spec: JsonObject): Attributes {
  const asked = objectAt(spec, 'resourceAttributes');
  const path = stringAt(objectAt(spec, 'nonResourceAttributes'), 'path');
  if (path !== undefined) {
    return { verb: stringAt(objectAt(spec, 'nonResourceAttributes'), 'verb') ?? '', path };
  }
  return {
    verb: stringAt(asked, 'verb') ?? '',
    group: stringAt(asked, 'group') ?? '',
    resource: stringAt(asked, 'resource') ?? '',
    subresource: stringAt(asked, 'subresource') ?? '',
    namespace: stringAt(asked, 'namespace') ?? '',
    name: stringAt(asked, 'name') ?? '',
  };
}

/** For the user in the spec, or for the caller where the review is about oneself. */
export function reviewAccess(authorizer: Authorizer, review: ApiObject, caller?: UserInfo): ApiObject {
  const spec = objectAt(review, 'spec');
  const user = caller ?? { username: stringAt(spec, 'user') ?? '', groups: stringsAt(spec, 'groups') };
  return { ...review, status: { allowed: authorizer.allows(user, attributesOf(spec)) } };
}
