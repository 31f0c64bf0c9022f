/** Columns from both databases' values, and back. Zone 1. Stored values were parsed before: anything else is a defect. */
import { decodeBase64url, encodeBase64url } from '#envelope/base64url.ts';
import { parseKid, parseOwnerId, parseSecretId, parseSecretName, parseSessionId } from '#envelope/names.ts';
import { parsePodPattern } from '#envelope/pod.ts';

function stored<T>(what: string, parse: (value: unknown) => T | undefined) {
  return (value: unknown): T => {
    const parsed = parse(value);
    if (parsed === undefined) throw new Error(`the database holds an invalid ${what}`);
    return parsed;
  };
}

export const kid = stored('key id', parseKid);
export const ownerId = stored('owner id', parseOwnerId);
export const secretId = stored('secret id', parseSecretId);
export const secretName = stored('secret name', parseSecretName);
export const sessionId = stored('session id', parseSessionId);
export const podPattern = stored('pod pattern', parsePodPattern);

/** Null in the database, undefined here. */
export function maybe<A, B>(value: A | null, read: (value: A) => B): B | undefined {
  return value === null ? undefined : read(value);
}

export function same<T>(value: T): T {
  return value;
}

export const salt = {
  read: (text: string): Uint8Array => decodeBase64url(text, 'salt'),
  write: encodeBase64url,
};

export const list = {
  read: <T>(json: string, read: (item: unknown) => T): T[] => {
    const items: unknown = JSON.parse(json);
    if (!Array.isArray(items)) throw new Error('the database holds an invalid list');
    return items.map(read);
  },
  write: (items: readonly unknown[]): string => JSON.stringify(items),
};
