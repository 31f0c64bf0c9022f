/**
 * The keyservice's audit records: one before anything is opened, one with the outcome. Zone 3; docs/design.md#unwrap.
 * Names, ids and key ids; never an envelope, token, ticket or grant.
 */
import type { GrantedSecret } from '#envelope/grant.ts';
import type { Kid } from '#envelope/names.ts';
import type { EnvelopeParts } from '#envelope/outer/layout.ts';
import type { Place } from '#envelope/place.ts';
import type { Ticket } from '#envelope/ticket.ts';
import { ok } from '#envelope/result.ts';
import type { AuditTrail } from '#platform/audit.ts';
import type { Clock } from '#platform/clock.ts';
import { refuse, type Outcome, type Refusal, type RefusalCode } from './refusals.ts';

export type AuditedOperation = 'unwrap' | 'rewrap';

/** Who calls, and for `unwrap` in which session, for which pod, by whose consent. */
export interface AuditedCall {
  readonly operation: AuditedOperation;
  readonly client: string;
  readonly sid?: string;
  readonly place?: Place;
  /** Only once it has been verified. */
  readonly ticket?: Ticket;
}

interface RecordsPorts {
  readonly trail: Pick<AuditTrail, 'append'>;
  readonly clock: Clock;
}

export interface Records {
  /** What is about to be opened. */
  asked(asking: AuditedCall, envelopes: readonly EnvelopeParts[]): Promise<Outcome<undefined>>;
  released(asking: AuditedCall, count: number): Promise<Outcome<undefined>>;
  /** The refusal to answer with: `audit_unavailable` when even this cannot be recorded. */
  refused(asking: AuditedCall, refusal: Refusal): Promise<Refusal>;
}

const unavailable = refuse(
  'audit_unavailable',
  'nothing was released; make room for the audit file, or make it writable, and try again',
);

/** Of the envelopes of one call. */
interface RecordedEnvelopes {
  readonly count?: number;
  readonly kids?: readonly Kid[];
  readonly secrets?: readonly GrantedSecret[];
}

/** How a grant and a record describe an envelope. */
export function grantedOf({ header: { ownerId, secretId, version, name } }: EnvelopeParts): GrantedSecret {
  return {
    own: ownerId,
    id: secretId,
    ver: version,
    nam: name,
  };
}

export function createRecords({ trail, clock }: RecordsPorts): Records {
  const append = async (
    { operation, client, sid, place, ticket }: AuditedCall,
    outcome: 'asked' | 'released' | RefusalCode,
    what: RecordedEnvelopes,
  ): Promise<Outcome<undefined>> => {
    try {
      await trail.append({
        time: new Date(clock()).toISOString(),
        operation,
        client,
        outcome,
        sid,
        jti: ticket?.jti,
        owner: ticket?.sub,
        namespace: place?.ns,
        serviceAccount: place?.sa,
        pod: place?.name ?? place?.generateName,
        by: place?.by,
        ticket: ticket && { ns: ticket.ns, sa: ticket.sa, pod: ticket.pod },
        count: what.count,
        kids: what.kids,
        secrets: what.secrets,
      });
      return ok(undefined);
    } catch {
      return unavailable;
    }
  };
  return {
    asked: (asking, envelopes) =>
      append(asking, 'asked', {
        secrets: envelopes.map(grantedOf),
        kids: [...new Set(envelopes.map(({ header }) => header.kid))],
      }),
    released: (asking, count) => append(asking, 'released', { count }),
    refused: async (asking, refusal) => {
      const recorded = await append(asking, refusal.code, {});
      return recorded.ok ? refusal : recorded.refusal;
    },
  };
}
