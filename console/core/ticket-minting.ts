/** Minting a ticket: its text, signed, and the row that keeps a hash of it. Zone 1; docs/design.md#tickets. */
import { ticketText } from '#envelope/annotations.ts';
import { utf8 } from '#envelope/bytes.ts';
import type { Cipher } from '#envelope/cipher.ts';
import type { OwnerId, SecretName } from '#envelope/names.ts';
import type { PodPattern } from '#envelope/pod.ts';
import { signTicket } from '#envelope/ticket.ts';
import type { Ids } from './ids.ts';
import type { TicketKeys } from './keys.ts';
import type { TicketRow } from './stores.ts';

export interface TicketHash {
  /** Of the whole text without surrounding white space: of a ticket presented, on a pod, or just signed. */
  of(text: string): string;
  /** Whether this text has that hash, compared in constant time. */
  isOf(text: string, hash: string): boolean;
}

interface HashPorts {
  readonly sha256Hex: (text: string) => string;
  readonly cipher: Pick<Cipher, 'equal'>;
}

export function createTicketHash({ sha256Hex, cipher }: HashPorts): TicketHash {
  const of = (text: string): string => sha256Hex(ticketText(text));
  return { of, isOf: (text, hash) => cipher.equal(utf8(of(text)), utf8(hash)) };
}

/** What a ticket contains. */
export interface TicketTerms {
  readonly ownerId: OwnerId;
  readonly ns: string;
  readonly sa: string;
  readonly secrets: readonly SecretName[];
  readonly pod?: PodPattern | undefined;
  readonly uses?: number | undefined;
  readonly ttlSeconds?: number | undefined;
  /** Username of the trusted launcher that it is for. */
  readonly launcher?: string | undefined;
}

export interface MintedTicket {
  readonly text: string;
  readonly row: TicketRow;
}

/** Signed, not yet stored. */
export type MintTicket = (terms: TicketTerms) => Promise<MintedTicket>;

export interface MintConfig {
  /** The console's public URL. */
  readonly issuer: string;
  /** The cluster. */
  readonly audience: string;
  /** If a request gives no time. */
  readonly lifeSeconds: number;
}

interface MintPorts {
  readonly ids: Pick<Ids, 'ticket'>;
  readonly clock: () => number;
  readonly keys: Pick<TicketKeys, 'signer'>;
  readonly ticketHash: TicketHash;
}

export function createMintTicket(
  { ids, clock, keys, ticketHash }: MintPorts,
  config: MintConfig,
): MintTicket {
  return async ({ ownerId, ns, sa, secrets, pod, uses, launcher, ttlSeconds = config.lifeSeconds }) => {
    const issuedAt = clock();
    const issuedAtSeconds = Math.floor(issuedAt / 1000);
    const expSeconds = issuedAtSeconds + ttlSeconds;
    const jti = ids.ticket();
    const text = await signTicket(keys.signer, {
      iss: config.issuer,
      aud: config.audience,
      sub: ownerId,
      ns,
      sa,
      secrets,
      ...(pod === undefined ? {} : { pod }),
      ...(uses === undefined ? {} : { uses }),
      jti,
      iat: issuedAtSeconds,
      nbf: issuedAtSeconds,
      exp: expSeconds,
    });
    const times = { issuedAt, exp: expSeconds * 1000, revokedAt: undefined };
    const hash = ticketHash.of(text);
    return { text, row: { jti, ownerId, hash, ns, sa, secrets, pod, uses, used: 0, launcher, ...times } };
  };
}
