/**
 * What a ticket consents to, checked against place and envelopes of one `unwrap`. Zone 3, pure;
 * docs/design.md#unwrap.
 */
import { ownedName } from '#envelope/grant.ts';
import type { EnvelopeParts } from '#envelope/outer/layout.ts';
import { placeDifference, type Place, type PlaceDifference } from '#envelope/place.ts';
import type { Ticket } from '#envelope/ticket.ts';
import { ok } from '#envelope/result.ts';
import { nameOf } from './envelopes.ts';
import { refuse, type Outcome, type RefusalCode } from './refusals.ts';

const placeCodes: Readonly<Record<PlaceDifference['claim'], RefusalCode>> = {
  ns: 'place_other_namespace',
  sa: 'place_other_service_account',
  pod: 'place_other_pod',
};

/** That the ticket is for this pod: a console that returns another place's ticket gets nothing opened. */
export function checkPlace(ticket: Ticket, place: Place): Outcome<undefined> {
  const difference = placeDifference(ticket, place);
  return difference === undefined
    ? ok(undefined)
    : refuse(
        placeCodes[difference.claim],
        `${difference.words}, though the console returned it for this pod; create the pod again with a ticket for its place, and if this keeps happening tell the cluster’s operator`,
      );
}

/** That the ticket lists each envelope's pair of owner and name, and that no pair and no id occurs twice. */
export function checkSelection(
  envelopes: readonly EnvelopeParts[],
  { sub, secrets }: Ticket,
): Outcome<readonly EnvelopeParts[]> {
  const listed = new Set(secrets.map((name) => ownedName(sub, name)));
  const owners = new Set([sub]);
  const seen = new Set<string>();
  for (const [at, envelope] of envelopes.entries()) {
    const { ownerId, secretId, name } = envelope.header;
    const what = nameOf(at, envelope);
    const pair = ownedName(ownerId, name);
    if (!owners.has(ownerId))
      return refuse(
        'envelope_of_another_owner',
        `${what} does not belong to the ticket's owner; ask for that owner's secrets`,
      );
    if (!listed.has(pair))
      return refuse(
        'name_not_in_ticket',
        `${what} is not among the ticket's secrets; get a ticket that lists it`,
      );
    // An id has no space in it, and a pair has one.
    if (seen.has(pair) || seen.has(secretId))
      return refuse('name_twice', `${what} has the name or the id of an earlier one; send each secret once`);
    seen.add(pair).add(secretId);
  }
  return ok(envelopes);
}
