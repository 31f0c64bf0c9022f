/** Keys, tickets and envelopes for the keyservice's tests and bench: everything that a session needs. */
import { randomBytes, randomUUID } from 'node:crypto';
import {
  parseOwnerId,
  parseSecretId,
  parseSecretName,
  parseSessionId,
  type OwnerId,
  type SecretId,
  type SecretName,
  type SessionId,
} from '#envelope/names.ts';
import type { Place } from '#envelope/place.ts';
import { ed25519Signer, nodeCipher, rsaRecipient } from '#envelope/node-cipher.ts';
import type { EnvelopeHeader } from '#envelope/outer/layout.ts';
import { sealOuter } from '#envelope/outer/seal.ts';
import { signTicket, type Ticket } from '#envelope/ticket.ts';
import { ed25519Pair, rsaPair, type JwkPair } from '../../test/keys.ts';

export const ISSUER = 'https://console.test';
export const CLUSTER = 'cluster.test';

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('not a valid name or id');
  return value;
}

export function ownerId(text: string = randomUUID()): OwnerId {
  return present(parseOwnerId(text));
}
export function secretId(text: string = randomUUID()): SecretId {
  return present(parseSecretId(text));
}
function secretName(text: string): SecretName {
  return present(parseSecretName(text));
}
export function sessionId(): SessionId {
  return present(parseSessionId(randomBytes(16).toString('hex')));
}

/** Of a pod that these tickets are for. */
export const place: Place = {
  ns: 'sessions',
  sa: 'default',
  name: 'jupyter-alice',
  by: 'system:serviceaccount:hub:hub',
};

export interface Material {
  /** Newest first. */
  readonly envelopeKeys: readonly [JwkPair, JwkPair];
  readonly ticketKey: JwkPair;
  readonly grantKey: JwkPair;
  readonly owner: OwnerId;
  /** An envelope of this owner, sealed to the newest key. */
  seal(name: string, changes?: Partial<Sealing>): Promise<string>;
  ticket(secrets: readonly string[], changes?: Partial<Ticket>): Promise<string>;
}

interface Sealing extends EnvelopeHeader {
  readonly to: JwkPair;
  readonly token: string;
}

export function tokenOf(name: string): string {
  return `inner-token-of-${name}`;
}

export function createMaterial(): Material {
  const envelopeKeys = [rsaPair(), rsaPair()] as const;
  const [ticketKey, grantKey] = [ed25519Pair(), ed25519Pair()];
  const owner = ownerId();
  return {
    envelopeKeys,
    ticketKey,
    grantKey,
    owner,
    seal: (name, { to = envelopeKeys[0], token = tokenOf(name), ...changes } = {}) => {
      const salt = nodeCipher.random(16);
      const header = {
        ownerId: owner,
        secretId: secretId(),
        name: secretName(name),
        version: 1,
        gen: 1,
        salt,
      };
      return sealOuter(nodeCipher, rsaRecipient(to.publicJwk), { ...header, ...changes }, token);
    },
    ticket: (secrets, changes = {}) => {
      const now = Math.floor(Date.now() / 1000);
      return signTicket(ed25519Signer(ticketKey.privateJwk), {
        iss: ISSUER,
        aud: CLUSTER,
        sub: owner,
        ns: place.ns,
        sa: place.sa,
        secrets: secrets.map(secretName),
        jti: randomUUID(),
        iat: now,
        nbf: now,
        exp: now + 3600,
        ...changes,
      });
    },
  };
}
