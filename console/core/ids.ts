/** New ids from random bytes: UUIDs (RFC 9562, version 4) and session ids. Zone 1; docs/design.md#words. */
import {
  parseOwnerId,
  parseSecretId,
  parseSessionId,
  type OwnerId,
  type SecretId,
  type SessionId,
} from '#envelope/names.ts';

export interface Ids {
  owner(): OwnerId;
  secret(): SecretId;
  ticket(): string;
  session(): SessionId;
  webSession(): string;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function uuidOf(bytes: Uint8Array): string {
  const marked = bytes.map((byte, at) =>
    at === 6 ? (byte & 0x0f) | 0x40 : at === 8 ? (byte & 0x3f) | 0x80 : byte,
  );
  return hex(marked).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function minted<T>(id: T | undefined): T {
  if (id === undefined) throw new Error('a new id is not in its own format');
  return id;
}

export function createIds(random: (bytes: number) => Uint8Array): Ids {
  const uuid = (): string => uuidOf(Uint8Array.from(random(16)));
  return {
    owner: () => minted(parseOwnerId(uuid())),
    secret: () => minted(parseSecretId(uuid())),
    ticket: uuid,
    session: () => minted(parseSessionId(hex(random(16)))),
    webSession: uuid,
  };
}
