/**
 * `unwrap`: removes the outer layer of the secrets that a ticket lists, and signs a grant for their session. Zone 3;
 * docs/design.md#unwrap. It trusts the ticket and the envelopes' own headers, not the webhook that sends them; and
 * the webhook for where the pod is created, not the console that returned the ticket.
 */
import type { Signer, Verifier } from '#envelope/cipher.ts';
import { GRANT_ISSUER, isGrantTooLong, signGrant, type Grant } from '#envelope/grant.ts';
import type { JwsRefusal } from '#envelope/jws.ts';
import type { SecretId, SecretName, SessionId } from '#envelope/names.ts';
import type { EnvelopeParts } from '#envelope/outer/layout.ts';
import type { Place } from '#envelope/place.ts';
import { verifyTicket, type Ticket } from '#envelope/ticket.ts';
import { ok } from '#envelope/result.ts';
import { secondsOf, type Clock } from '#platform/clock.ts';
import { checkPlace, checkSelection } from './consent.ts';
import { checkKeys, parseEnvelopes, type KeySizes } from './envelopes.ts';
import { refusalOf, type OuterLayer } from './outer-layer.ts';
import { grantedOf, type AuditedCall, type Records } from './records.ts';
import { refuse, type Outcome } from './refusals.ts';

interface UnwrapRequest {
  /** Common name of the caller's certificate. */
  readonly client: string;
  readonly ticket: string;
  readonly sid: SessionId;
  /** Of the pod, as the webhook read it from the review. */
  readonly place: Place;
  /** 1 to 256. */
  readonly envelopes: readonly string[];
}

interface UnwrappedSecret {
  readonly id: SecretId;
  readonly name: SecretName;
  /** Inner token. */
  readonly token: string;
}

interface UnwrapAnswer {
  /** In the order of the envelopes. */
  readonly tokens: readonly UnwrappedSecret[];
  readonly grant: string;
}

interface UnwrapPorts {
  readonly outerLayer: OuterLayer;
  readonly records: Records;
  readonly clock: Clock;
}

interface UnwrapConfig {
  readonly ticketKeys: ReadonlyMap<string, Verifier>;
  readonly ticketIssuer: string;
  readonly cluster: string;
  readonly keySizes: KeySizes;
  readonly grantSigner: Signer;
  readonly grantLifeSeconds: number;
}

const NEW_TICKET = 'get a new ticket from the console';

const ticketDetails: Readonly<Record<JwsRefusal, string>> = {
  malformed: `it is not a compact JWS with alg EdDSA, typ twofold-ticket+jwt and a ticket's claims; ${NEW_TICKET}`,
  unknown_key: `its kid is not among TWOFOLD_TICKET_PUBLIC_KEYS_FILE; ${NEW_TICKET}, or add the console's public key`,
  not_authentic: `its signature is not valid; ${NEW_TICKET}`,
  wrong_issuer: `its iss is not TWOFOLD_TICKET_ISSUER; ${NEW_TICKET}, or correct that setting`,
  wrong_audience: `its aud is not this cluster; get a ticket from this cluster's console`,
  not_yet_valid: `its nbf is in the future; compare the clocks of console and keyservice, then ${NEW_TICKET}`,
  expired: `its exp has passed; if it is new, compare the clocks of console and keyservice; otherwise ${NEW_TICKET}`,
};

export interface Unwrap {
  (request: UnwrapRequest): Promise<Outcome<UnwrapAnswer>>;
}

/** Returns all tokens or none. Every check precedes the first private operation, and so does its audit record. */
export function createUnwrap({ outerLayer, records, clock }: UnwrapPorts, config: UnwrapConfig): Unwrap {
  const checkEnvelopes = (texts: readonly string[], ticket: Ticket): Outcome<readonly EnvelopeParts[]> => {
    const parsed = parseEnvelopes(texts);
    if (!parsed.ok) return parsed;
    const selected = checkSelection(parsed.value, ticket);
    return selected.ok ? checkKeys(selected.value, config.keySizes) : selected;
  };

  const grantFor = (
    { aud, jti, sub, pod }: Ticket,
    { sid, place }: UnwrapRequest,
    envelopes: readonly EnvelopeParts[],
  ): Grant => ({
    iss: GRANT_ISSUER,
    aud,
    jti,
    sub,
    place,
    ...(pod === undefined ? {} : { pod }),
    sid,
    secrets: envelopes.map(grantedOf),
    exp: secondsOf(clock) + config.grantLifeSeconds,
  });

  /** The envelopes and their grant, which is signed only once they are open. */
  const check = (
    ticket: Ticket,
    request: UnwrapRequest,
  ): Outcome<{ readonly envelopes: readonly EnvelopeParts[]; readonly grant: Grant }> => {
    const placed = checkPlace(ticket, request.place);
    if (!placed.ok) return placed;
    const checked = checkEnvelopes(request.envelopes, ticket);
    if (!checked.ok) return checked;
    const grant = grantFor(ticket, request, checked.value);
    return isGrantTooLong(config.grantSigner, grant)
      ? refuse(
          'grant_too_long',
          'the grant would be too long to be claimed; select fewer secrets, or give them shorter names',
        )
      : ok({ envelopes: checked.value, grant });
  };

  const open = async (
    asking: AuditedCall & { readonly ticket: Ticket },
    request: UnwrapRequest,
  ): Promise<Outcome<UnwrapAnswer>> => {
    const checked = check(asking.ticket, request);
    if (!checked.ok) return checked;
    const { envelopes, grant } = checked.value;
    const asked = await records.asked(asking, envelopes);
    if (!asked.ok) return asked;
    const opened = await outerLayer.run('open', envelopes);
    if (!opened.ok) return { ok: false, refusal: refusalOf(opened, envelopes) };
    const tokens = envelopes.map(({ header }, at) => {
      const token = opened.texts[at];
      if (token === undefined) throw new Error('fewer tokens than envelopes were opened');
      return { id: header.secretId, name: header.name, token };
    });
    const signed = await signGrant(config.grantSigner, grant);
    const released = await records.released(asking, tokens.length);
    return released.ok ? ok({ tokens, grant: signed }) : released;
  };

  return async (request) => {
    const { client, sid, place } = request;
    const asking = { operation: 'unwrap', client, sid, place } as const;
    const verified = await verifyTicket(request.ticket, {
      verifiers: config.ticketKeys,
      issuer: config.ticketIssuer,
      audience: config.cluster,
      nowSeconds: secondsOf(clock),
    });
    if (!verified.ok) {
      const { refusal } = refuse(
        `ticket_${verified.refusal}`,
        `the ticket: ${ticketDetails[verified.refusal]}`,
      );
      return { ok: false, refusal: await records.refused(asking, refusal) };
    }
    const known = { ...asking, ticket: verified.value };
    const outcome = await open(known, request);
    if (outcome.ok || outcome.refusal.code === 'audit_unavailable') return outcome;
    return { ok: false, refusal: await records.refused(known, outcome.refusal) };
  };
}
