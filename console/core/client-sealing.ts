/**
 * Clients that seal for themselves: what they are given, and the check of the envelope that comes back. The console
 * never sees the plaintext. Zone 1; docs/design.md#writing.
 */
import type { Cipher } from '#envelope/cipher.ts';
import { deriveInnerKey } from '#envelope/derive.ts';
import { SALT_BYTES, type OwnerId, type SecretName } from '#envelope/names.ts';
import { ok } from '#envelope/result.ts';
import type { AuditSubject } from './audit.ts';
import type { Ids } from './ids.ts';
import type { EnvelopeKey, PublicKeyJwk } from './keys.ts';
import { refuse, type Outcome } from './outcome.ts';
import type { Quotas } from './quotas.ts';
import type { SealedWrite, WriteTarget } from './sealing.ts';
import { parseName, type Content } from './secret-content.ts';
import type { Database, Reservation } from './stores.ts';
import { byOwner, type Trace, type UseCase } from './use-case.ts';
import type { UserKeys } from './user-keys.ts';

export interface ClientSealing {
  /** Reserves id, version and salt for the next write of this name, which need not exist yet. */
  readonly reserveSealing: UseCase<ReserveRequest, SealingOffer>;
}

interface ReserveRequest {
  readonly ownerId: OwnerId;
  readonly name: string;
}

/** Everything a client needs to seal both layers for this one write. */
export interface SealingOffer extends Reservation {
  /** The caller wipes it. */
  readonly innerKey: Uint8Array;
  readonly publicKey: PublicKeyJwk;
}

interface Ports {
  readonly database: Pick<Database, 'write'>;
  readonly userKeys: UserKeys;
  readonly cipher: Cipher;
  readonly ids: Pick<Ids, 'secret'>;
  readonly clock: () => number;
  readonly envelopeKey: EnvelopeKey;
  readonly quotas: Quotas;
}

const RESERVATION_MS = 10 * 60_000;

export function createClientSealing(ports: Ports): ClientSealing {
  const { database, clock, cipher, envelopeKey } = ports;
  const { kid } = envelopeKey.recipient;

  const reserveWrite = (ownerId: OwnerId, name: SecretName, gen: number): Promise<Outcome<Reservation>> =>
    database.write(async (stores) => {
      const { keys, secrets, reservations, audit } = stores;
      const now = clock();
      const room = await ports.quotas.reservation(stores, {
        ownerId,
        now,
        lapseSeconds: RESERVATION_MS / 1000,
      });
      if (!room.ok) return room;
      if (!(await keys.lockActive(kid))) {
        return refuse('sealing_key_retired', `The sealing key ${kid} has just been retired; try again.`);
      }
      const [current] = await secrets.find(ownerId, [name]);
      const reservation = {
        ownerId,
        name,
        gen,
        salt: cipher.random(SALT_BYTES),
        until: now + RESERVATION_MS,
        ...(current
          ? { secretId: current.id, version: current.version + 1 }
          : { secretId: ports.ids.secret(), version: 1 }),
      };
      await reservations.insert(reservation);
      await audit.append({ ...sealRecord(reservation), kid, at: now, action: 'seal', outcome: 'done' });
      return ok(reservation);
    });

  const reserve = async (
    { ownerId, name: text }: ReserveRequest,
    trace: Trace,
  ): Promise<Outcome<SealingOffer>> => {
    const name = parseName(text);
    if (!name.ok) return name;
    trace.names = [name.value];
    const opened = await ports.userKeys.newest(ownerId);
    if (!opened.ok) return opened;
    const { gen, key } = opened.value;
    try {
      const reserved = await reserveWrite(ownerId, name.value, gen);
      if (!reserved.ok) return reserved;
      const innerKey = await deriveInnerKey(cipher, key, reserved.value);
      return ok({ ...reserved.value, innerKey, publicKey: envelopeKey.jwk });
    } finally {
      key.fill(0);
    }
  };

  return { reserveSealing: { action: 'seal', subject: byOwner, act: reserve } };
}

function sealRecord({ ownerId, name, secretId, version }: Reservation): AuditSubject {
  return {
    ownerId,
    actor: 'owner',
    names: [name],
    secretIds: [secretId],
    version,
  };
}

export function notReserved(name: string): Outcome<never> {
  return refuse(
    'envelope_not_reserved',
    `No reservation of yours for ${name} matches this envelope; request a sealing and seal the value again.`,
  );
}

/**
 * Whether the envelope's header matches this write. Only the keyservice and the init container can tell whether it is
 * authentic; generation and salt are compared with the reservation when it is used up.
 */
export function acceptSealed(
  { ownerId, secretId, name, version }: WriteTarget,
  { text, parts }: Extract<Content, { kind: 'sealed' }>,
  envelopeKey: EnvelopeKey,
): Outcome<SealedWrite> {
  const { header, wrappedKey } = parts;
  if (header.ownerId !== ownerId) {
    return refuse(
      'envelope_of_another_owner',
      'The header’s "own" is not you; request a sealing of your own.',
    );
  }
  if (header.name !== name) {
    return refuse(
      'envelope_of_another_name',
      `The header’s "nam" is not ${name}; seal the value for this name.`,
    );
  }
  const { kid } = envelopeKey.recipient;
  if (header.kid !== kid) {
    return refuse(
      'envelope_key_not_active',
      `The current sealing key is ${kid}; request a sealing and seal again.`,
    );
  }
  if (wrappedKey.length !== envelopeKey.wrappedBytes) {
    return refuse(
      'envelope_malformed',
      `The encrypted key has ${wrappedKey.length} bytes, not the ${envelopeKey.wrappedBytes} of its key; seal again.`,
    );
  }
  if (header.secretId !== secretId || header.version !== version) return notReserved(name);
  return ok({ gen: header.gen, salt: header.salt, envelope: text, kid });
}
