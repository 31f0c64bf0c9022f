/**
 * `unwrap`: the outer layer of the secrets that a ticket lists, and a grant for their session. Zone 3; design §6 step 3.
 * It believes the ticket and the envelopes' own headers, not the webhook that brings them.
 */
import type { Signer, Verifier } from '#envelope/cipher.ts';
import { GRANT_ISSUER, signGrant } from '#envelope/grant.ts';
import type { JwsRefusal } from '#envelope/jws.ts';
import type { SecretId, SecretName, SessionId } from '#envelope/names.ts';
import type { EnvelopeParts } from '#envelope/outer/layout.ts';
import { verifyTicket, type Ticket } from '#envelope/ticket.ts';
import { secondsOf, type Clock } from '#platform/clock.ts';
import { checkKeys, nameOf, parseEnvelopes, type KeySizes } from './envelopes.ts';
import { refusalOf, type OuterLayer } from './outer-layer.ts';
import type { Asking, Records } from './records.ts';
import { refuse, type Outcome } from './refusals.ts';

export interface UnwrapRequest {
  /** Common name of the caller's certificate. */
  readonly client: string;
  readonly ticket: string;
  readonly sid: SessionId;
  /** 1 to 256. */
  readonly envelopes: readonly string[];
}

export interface UnwrappedSecret {
  readonly id: SecretId;
  readonly name: SecretName;
  /** Inner token. */
  readonly token: string;
}

export interface UnwrapAnswer {
  /** In the order of the envelopes. */
  readonly tokens: readonly UnwrappedSecret[];
  readonly grant: string;
}

export interface UnwrapPorts {
  readonly outerLayer: OuterLayer;
  readonly records: Records;
  readonly clock: Clock;
}

export interface UnwrapConfig {
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
  not_authentic: `its signature does not fit; ${NEW_TICKET}`,
  wrong_issuer: `its iss is not TWOFOLD_TICKET_ISSUER; ${NEW_TICKET}, or correct that setting`,
  wrong_audience: `its aud is not this cluster; get a ticket from this cluster's console`,
  not_yet_valid: `its nbf lies ahead; wait, or set the clocks right`,
  expired: `its exp has passed; ${NEW_TICKET}`,
};

/** That each envelope is the ticket's owner's and listed by it, and that none is there twice. */
const checkSelection = (
  envelopes: readonly EnvelopeParts[],
  ticket: Ticket,
): Outcome<readonly EnvelopeParts[]> => {
  const listed = new Set<string>(ticket.secrets);
  const seen = new Set<string>();
  for (const [at, envelope] of envelopes.entries()) {
    const { ownerId, secretId, name } = envelope.header;
    const what = nameOf(at, envelope);
    if (ownerId !== ticket.sub)
      return refuse(
        'envelope_of_another_owner',
        `${what} is not of the ticket's owner; ask for that owner's own`,
      );
    if (!listed.has(name))
      return refuse(
        'name_not_in_ticket',
        `${what} is not among the ticket's secrets; get a ticket that lists it`,
      );
    // No name is an id with a colon before it.
    const keys = [name, `:${secretId}`];
    if (keys.some((key) => seen.has(key)))
      return refuse('name_twice', `${what} has the name or the id of an earlier one; send each secret once`);
    for (const key of keys) seen.add(key);
  }
  return { ok: true, value: envelopes };
};

export interface Unwrap {
  (request: UnwrapRequest): Promise<Outcome<UnwrapAnswer>>;
}

/** Answers all tokens or none. Every check comes before the first private operation, and its record before that. */
export const createUnwrap = ({ outerLayer, records, clock }: UnwrapPorts, config: UnwrapConfig): Unwrap => {
  const check = (texts: readonly string[], ticket: Ticket): Outcome<readonly EnvelopeParts[]> => {
    const parsed = parseEnvelopes(texts);
    if (!parsed.ok) return parsed;
    const selected = checkSelection(parsed.value, ticket);
    return selected.ok ? checkKeys(selected.value, config.keySizes) : selected;
  };

  const grantFor = (ticket: Ticket, sid: SessionId, envelopes: readonly EnvelopeParts[]): Promise<string> => {
    const { aud, jti, sub, ns, sa, pod } = ticket;
    return signGrant(config.grantSigner, {
      ...{ iss: GRANT_ISSUER, aud, jti, sub, ns, sa, sid },
      ...(pod === undefined ? {} : { pod }),
      secrets: envelopes.map(({ header: { secretId, version, name } }) => ({
        id: secretId,
        ver: version,
        nam: name,
      })),
      exp: secondsOf(clock) + config.grantLifeSeconds,
    });
  };

  const open = async (
    asking: Asking & { readonly ticket: Ticket },
    sid: SessionId,
    texts: readonly string[],
  ): Promise<Outcome<UnwrapAnswer>> => {
    const checked = check(texts, asking.ticket);
    if (!checked.ok) return checked;
    const envelopes = checked.value;
    const asked = await records.asked(asking, envelopes);
    if (!asked.ok) return asked;
    const opened = await outerLayer.run('open', envelopes);
    if (!opened.ok) return { ok: false, refusal: refusalOf(opened, envelopes) };
    const grant = await grantFor(asking.ticket, sid, envelopes);
    const tokens = envelopes.map(({ header }, at) => {
      const token = opened.texts[at];
      if (token === undefined) throw new Error('fewer tokens than envelopes were opened');
      return { id: header.secretId, name: header.name, token };
    });
    const released = await records.released(asking, tokens.length);
    return released.ok ? { ok: true, value: { tokens, grant } } : released;
  };

  return async ({ client, ticket: text, sid, envelopes }) => {
    const asking = { operation: 'unwrap', client, sid } as const;
    const verified = await verifyTicket(text, {
      verifiers: config.ticketKeys,
      issuer: config.ticketIssuer,
      audience: config.cluster,
      nowSeconds: secondsOf(clock),
    });
    if (!verified.ok) {
      const { refusal } = refuse(
        `ticket_${verified.reason}`,
        `the ticket: ${ticketDetails[verified.reason]}`,
      );
      return { ok: false, refusal: await records.refused(asking, refusal) };
    }
    const known = { ...asking, ticket: verified.claims };
    const outcome = await open(known, sid, envelopes);
    if (outcome.ok || outcome.refusal.code === 'audit_unavailable') return outcome;
    return { ok: false, refusal: await records.refused(known, outcome.refusal) };
  };
};
