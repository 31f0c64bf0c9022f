/**
 * Names and ids of the domain as branded strings: a branded string has been parsed. No zone; docs/design.md#words.
 * Each `parse…` returns `undefined` for what is not in the alphabet; none throws.
 */
import { MAX_FILE_PATH_LENGTH, MAX_NAME_LENGTH } from './limits.ts';

declare const brand: unique symbol;
type Branded<B extends string> = string & { readonly [brand]: B };

/** The name a user gives a secret; by default also its file's name. */
export type SecretName = Branded<'SecretName'>;
/** A file's path below the mount path: segments of the name alphabet joined by `/`. */
export type FilePath = Branded<'FilePath'>;
/** An environment variable's name: `[A-Za-z_][A-Za-z0-9_]*`. */
export type VariableName = Branded<'VariableName'>;
/** A user (later also a project): UUID chosen by the console. */
export type OwnerId = Branded<'OwnerId'>;
/** A secret: UUID chosen by the console; also its key in the Kubernetes Secret. */
export type SecretId = Branded<'SecretId'>;
/** A session: 128 random bits as 32 lower-case hex digits, so that it is a label value and part of a DNS name. */
export type SessionId = Branded<'SessionId'>;
/** RFC 7638 thumbprint, base64url of SHA-256: 43 characters. */
export type Kid = Branded<'Kid'>;

function matching<B extends string>(pattern: RegExp, maxLength: number) {
  return (text: unknown): Branded<B> | undefined =>
    // The pattern is the proof that the brand stands for.
    typeof text === 'string' && text.length <= maxLength && pattern.test(text)
      ? (text as Branded<B>)
      : undefined;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const segment = /^(?!\.\.)(?!\.$)[A-Za-z0-9._-]+$/;

/** `[A-Za-z0-9._-]{1,253}`; not `.`, not `..`, not beginning with `..`. */
export const parseSecretName = matching<'SecretName'>(segment, MAX_NAME_LENGTH);
export const parseVariableName = matching<'VariableName'>(/^[A-Za-z_][A-Za-z0-9_]*$/, MAX_NAME_LENGTH);
export const parseOwnerId = matching<'OwnerId'>(uuid, 36);
export const parseSecretId = matching<'SecretId'>(uuid, 36);
export const parseSessionId = matching<'SessionId'>(/^[0-9a-f]{32}$/, 32);
export const parseKid = matching<'Kid'>(/^[A-Za-z0-9_-]{43}$/, 43);

export function parseFilePath(text: string): FilePath | undefined {
  const segments = text.split('/');
  const fits = text.length <= MAX_FILE_PATH_LENGTH && segments.every((part) => parseSecretName(part));
  // Every segment has been checked.
  return fits ? (text as FilePath) : undefined;
}

/** What a secret name must be, for a person. */
export const SECRET_NAME_RULE =
  'use 1 to 253 letters, digits, ".", "_" and "-", not "." alone and not starting with ".."';

export const SALT_BYTES = 16;

/** One write of a secret: its inner key is derived from it, and its envelope is bound to it. */
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
