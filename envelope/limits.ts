/** Limits that more than one zone relies on. No zone; docs/design.md#flow. Units are in the names. */

/** Plaintext of one secret. The operator may lower it, not raise it: a Kubernetes Secret holds 1 MiB in all. */
export const MAX_VALUE_BYTES = 64 * 1024;
/** Secrets selected by one session. */
export const MAX_NAMES = 256;
/** Files written for one session: a secret may be given several. */
export const MAX_FILES = 512;
/** Sum of a session's inner tokens, so that they fit one Kubernetes Secret with the grant and root certificates. */
export const MAX_TOKENS_BYTES = 900 * 1024;
/** Any secret's name, and any segment of a file's path. */
export const MAX_NAME_LENGTH = 253;
/** A Kubernetes username, such as `system:serviceaccount:NAMESPACE:NAME`. */
export const MAX_USERNAME_LENGTH = 1024;
/** A file's path below the mount path. */
export const MAX_FILE_PATH_LENGTH = 1024;
/** Files or variables as one environment variable of the init container: Linux allows 128 KiB for one string. */
export const MAX_SELECTION_BYTES = 96 * 1024;
/** A ticket or grant as compact JWS. A header field of 16 KiB would be too small: both travel in bodies. */
export const MAX_JWS_BYTES = 120 * 1024;
/** `resolve` and `unwrap` bodies, both ways. */
export const MAX_INTERNAL_BODY_BYTES = 2 * 1024 * 1024;
/** `claim` request. */
export const MAX_CLAIM_BODY_BYTES = 128 * 1024;
/** An AdmissionReview: the API server's own limit for a request. */
export const MAX_REVIEW_BYTES = 3 * 1024 * 1024;
/** Tolerated clock difference. */
export const CLOCK_LEEWAY_SECONDS = 60;

/** Bytes of an RSA modulus, and so of what is wrapped with it: envelopes of other keys could not be read. */
export const RSA_BYTES: ReadonlySet<number> = new Set([256, 384, 512]);
export const RSA_RULE = 'an RSA key has 2048, 3072 or 4096 bits';
