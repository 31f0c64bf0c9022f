/** One write of a secret: what its inner key is derived from, and what its envelope is bound to. No zone; design §3. */
import type { OwnerId, SecretId } from './names.ts';

export const SALT_BYTES = 16;

export interface Write {
  readonly ownerId: OwnerId;
  readonly secretId: SecretId;
  /** Positive; raised by each replace. */
  readonly version: number;
  /** Positive; generation of the owner's user key. */
  readonly gen: number;
  /** 16 bytes. */
  readonly salt: Uint8Array;
}
