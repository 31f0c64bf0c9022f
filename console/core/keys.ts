/** The console's keys as the use cases see them: looked up by kid, newest first. Zone 1; docs/design.md#keys. */
import type { KeyEncryptionKey, Recipient, Signer, Verifier } from '#envelope/cipher.ts';
import type { Kid } from '#envelope/names.ts';

/** Seal user keys: the newest seals, each opens what it sealed. */
export interface AtRestKeys {
  readonly newest: KeyEncryptionKey;
  readonly byKid: ReadonlyMap<string, KeyEncryptionKey>;
}

/** An RSA public key as sent to clients. */
export interface PublicKeyJwk {
  readonly kty: 'RSA';
  readonly n: string;
  readonly e: string;
  readonly alg: 'RSA-OAEP-256';
  readonly use: 'enc';
  readonly kid: Kid;
}

export interface EnvelopeKey {
  readonly recipient: Recipient;
  readonly jwk: PublicKeyJwk;
  /** Size of the modulus, and so of every key wrapped with it. */
  readonly wrappedBytes: number;
}

export interface TicketKeys {
  readonly signer: Signer;
  readonly verifiers: ReadonlyMap<string, Verifier>;
}

export interface Keys {
  readonly atRest: AtRestKeys;
  /** The key that new envelopes are sealed to. */
  readonly envelope: EnvelopeKey;
  readonly tickets: TicketKeys;
  readonly grants: ReadonlyMap<string, Verifier>;
}
