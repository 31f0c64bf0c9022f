/**
 * Every refusal of the console: its code, status and a sentence for the person who must act. Zone 1;
 * docs/design.md#refusals.
 */
import type { ProblemKind } from '#platform/problem.ts';

function kind(status: number, title: string): ProblemKind {
  return { status, title };
}

const http = {
  body_malformed: kind(400, 'The request’s body is not what this operation accepts.'),
  query_malformed: kind(400, 'A query parameter is not what this operation accepts.'),
  return_to_not_allowed: kind(400, 'The launcher’s address is not one that the operator allows.'),
  if_match_malformed: kind(400, 'If-Match is not a list of quoted versions.'),
  bearer_rejected: kind(401, 'Log in and send an access token for this service.'),
  login_ended: kind(401, 'Log in again; nothing was changed.'),
  cross_site: kind(403, 'The request came from another site.'),
  client_not_allowed: kind(403, 'This client certificate may not call this operation.'),
  not_found: kind(404, 'There is nothing at this address.'),
  method_not_allowed: kind(405, 'This address does not accept this method.'),
  body_too_large: kind(413, 'The request’s body is too large.'),
  content_type: kind(415, 'Send application/json, without content encoding.'),
  rate_limited: kind(429, 'Too many requests; try again after the time in Retry-After.'),
  overloaded: kind(503, 'The console is receiving as much as it can hold; try again.'),
  internal_error: kind(500, 'The console failed; its log has the details.'),
  record_not_authentic: kind(500, 'A record in the console’s database was changed by someone else.'),
  identity_provider_misconfigured: kind(
    500,
    'The identity provider is not the one that the console is configured for; tell the operator.',
  ),
  database_unavailable: kind(503, 'The console’s database does not answer; try again.'),
  identity_provider_unavailable: kind(503, 'The identity provider does not answer; try again.'),
  kubernetes_unavailable: kind(503, 'The Kubernetes API does not answer; try again.'),
} as const;

const secrets = {
  name_malformed: kind(422, 'Choose another name for the secret.'),
  name_taken: kind(409, 'There is already a secret with this name; replace it, or choose another name.'),
  secret_unknown: kind(404, 'You have no secret with this name.'),
  secret_expired: kind(
    403,
    'A selected secret has expired; give it a later expiry, replace it, or leave it out.',
  ),
  value_empty: kind(422, 'A secret has at least one byte.'),
  value_too_large: kind(422, 'The value is larger than this console stores.'),
  value_not_text: kind(422, 'The value is not well-formed Unicode; send its bytes as valueBase64.'),
  value_not_base64: kind(422, 'valueBase64 is not base64.'),
  note_malformed: kind(422, 'A note is one line of at most 200 characters.'),
  expiry_past: kind(422, 'Choose an expiry in the future.'),
  version_changed: kind(412, 'The secret has changed in the meantime; look at it again.'),
  write_conflict: kind(409, 'The secret is being changed by others; try again.'),
  sealing_key_retired: kind(503, 'This console still seals to a retired key; try again.'),
  user_key_unavailable: kind(
    503,
    'The owner’s key cannot be opened; an operator must check the at-rest keys.',
  ),
  envelope_malformed: kind(422, 'The envelope is malformed.'),
  envelope_of_another_owner: kind(422, 'The envelope is sealed for another owner.'),
  envelope_of_another_name: kind(422, 'The envelope is sealed for another name.'),
  envelope_key_not_active: kind(
    422,
    'The envelope is sealed to a key that is not the current one; seal it again.',
  ),
  envelope_not_reserved: kind(409, 'The envelope does not belong to a live reservation; seal it again.'),
  envelope_size_differs: kind(422, 'The envelope does not hold a value of the declared size.'),
  too_many_secrets: kind(409, 'You have as many secrets as the quota allows; delete one.'),
  too_many_reservations: kind(409, 'Too many sealings are under way; finish one, or wait until one lapses.'),
} as const;

const tickets = {
  annotations_malformed: kind(422, 'A pod cannot carry this choice for the session.'),
  env_disabled: kind(403, 'Environment variables are turned off on this cluster.'),
  namespace_not_enabled: kind(403, 'Sessions with secrets are not enabled in this namespace.'),
  ttl_too_long: kind(422, 'The ticket would live longer than the operator allows.'),
  too_many_tickets: kind(409, 'You have as many live tickets as the quota allows; revoke one.'),
  ticket_unknown: kind(404, 'You have no ticket with this id.'),
  ticket_malformed: kind(403, 'The ticket is malformed; get a new one.'),
  ticket_unknown_key: kind(
    403,
    'The ticket is signed by a key that this console does not hold; get a new one.',
  ),
  ticket_not_authentic: kind(403, 'The ticket is not authentic; get a new one.'),
  ticket_not_issued: kind(403, 'The ticket is not what the console issued under its id; get a new one.'),
  ticket_of_launcher: kind(403, 'The ticket was made for a trusted launcher’s session only; get another.'),
  ticket_wrong_issuer: kind(403, 'The ticket comes from another console; get one here.'),
  ticket_wrong_audience: kind(403, 'The ticket is for another cluster; get one for this cluster.'),
  ticket_not_yet_valid: kind(403, 'The ticket is not valid yet; compare the clocks.'),
  ticket_expired: kind(403, 'The ticket has expired; get a new one.'),
  ticket_revoked: kind(403, 'The ticket has been revoked; get a new one.'),
  ticket_other_namespace: kind(403, 'The ticket is for another namespace.'),
  ticket_other_service_account: kind(403, 'The ticket is for another service account.'),
  ticket_other_pod: kind(403, 'The ticket is for another pod.'),
  ticket_uses_exceeded: kind(403, 'The ticket has no uses left; get a new one.'),
  name_not_in_ticket: kind(403, 'The pod asks for a secret that the ticket does not name.'),
} as const;

const resolving = {
  secret_not_env_safe: kind(403, 'A selected secret cannot be an environment variable; select it as a file.'),
  tokens_too_large: kind(403, 'The selected secrets are too large together; select fewer.'),
  too_many_sessions: kind(
    409,
    'The owner has as many unclaimed sessions as the quota allows; start the waiting pods.',
  ),
  too_many_versions: kind(
    409,
    'The owner’s unclaimed sessions hold as many versions of secrets as the quota allows.',
  ),
  no_identity: kind(403, 'Nothing identifies the owner of the secrets; put a ticket on the pod.'),
  launcher_not_trusted: kind(
    403,
    'The pod’s creator is not a trusted launcher here; put a ticket on the pod.',
  ),
  launcher_guard_missing: kind(
    403,
    'Trusted launchers work only while the guard is in force; install it, or use tickets.',
  ),
  launcher_user_unknown: kind(
    403,
    'The user that the launcher names has not logged in to the console recently.',
  ),
  launcher_user_ambiguous: kind(
    403,
    'Several owners have had the name that the launcher gives; use a ticket.',
  ),
  owners_differ: kind(403, 'Ticket and launcher name different owners.'),
} as const;

const claiming = {
  grant_malformed: kind(403, 'The grant is malformed.'),
  grant_unknown_key: kind(403, 'The grant is signed by a key that this console does not know.'),
  grant_not_authentic: kind(403, 'The grant is not authentic.'),
  grant_wrong_audience: kind(403, 'The grant is for another cluster.'),
  grant_expired: kind(403, 'The grant expired before its first claim; start the session again.'),
  session_unknown: kind(403, 'There is no such session.'),
  session_differs: kind(403, 'The grant does not match its session.'),
  secret_deleted: kind(403, 'A secret of this session has been deleted; start it again without it.'),
  token_rejected: kind(401, 'The service-account token is not one for this session.'),
  token_not_pod_bound: kind(403, 'The service-account token is not bound to a pod.'),
  token_other_account: kind(403, 'The service-account token belongs to an account other than the session’s.'),
  pod_not_in_ticket: kind(403, 'The ticket is for another pod.'),
  pod_not_in_grant: kind(403, 'The grant is for another pod.'),
  pod_not_found: kind(403, 'The pod does not exist.'),
  pod_differs: kind(403, 'The pod is not the one that was admitted for this session.'),
  session_bound_to_another_pod: kind(403, 'Another pod has claimed this session.'),
  uses_exceeded: kind(403, 'The ticket has no uses left.'),
} as const;

export const refusals = {
  ...http,
  ...secrets,
  ...tickets,
  ...resolving,
  ...claiming,
} as const satisfies Record<string, ProblemKind>;

export type RefusalCode = keyof typeof refusals;
