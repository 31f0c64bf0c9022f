/**
 * Whether a token that the provider signed is an access token. Zone 1; docs/design.md#access-tokens. Providers differ in
 * what they write (the table is in docs/providers.md), and an ID token must never pass for one.
 */
import type { JWTPayload } from 'jose';

interface TokenHeader {
  readonly typ?: unknown;
}

export interface TokenKindConfig {
  /** `typ` of the header: `at+jwt` (RFC 9068), or `JWT`, which a token may also leave out (RFC 7519 §5.1). */
  readonly tokenType: string;
  readonly audience: string;
  /** Of page and command line: the audiences of the ID tokens that people get here. */
  readonly clientIds: readonly string[];
}

const ACCESS = /^(bearer|jwt|at\+jwt|access([-_]token)?)$/i;

/** Claims by which providers say what a token is. */
const kindClaims = ['typ', 'token_use', 'tokenName'] as const;

/** OpenID Connect Core §3.1.3.6 and §3.3.2.11, and the logout token of Back-Channel Logout §2.4. */
const foreignClaims = {
  nonce: 'an ID token',
  at_hash: 'an ID token',
  c_hash: 'an ID token',
  s_hash: 'an ID token',
  events: 'a logout token',
} as const;

/** What only access tokens have: RFC 9068 §2.2, and Okta, Entra and others before it. */
const accessClaims = ['scope', 'scp', 'client_id', 'cid', 'appid', ...kindClaims] as const;

/** Without its usual prefix (RFC 7515 §4.1.9). */
function mediaType(typ: string): string {
  return typ.toLowerCase().replace(/^application\//, '');
}

const MAX_SHOWN = 200;

export function shownClaim(value: unknown): string {
  return value === undefined ? 'absent' : JSON.stringify(value).slice(0, MAX_SHOWN);
}

/** Why it is not an access token, as the end of a sentence about it; undefined if it is one. */
export function otherKind(
  { typ = 'JWT' }: TokenHeader,
  payload: JWTPayload,
  { tokenType, audience, clientIds }: TokenKindConfig,
): string | undefined {
  for (const claim of kindClaims) {
    const kind = payload[claim];
    if (kind !== undefined && !(typeof kind === 'string' && ACCESS.test(kind)))
      return `is not an access token: its ${claim} is ${shownClaim(kind)}`;
  }
  for (const [claim, kind] of Object.entries(foreignClaims)) {
    if (claim in payload) return `is ${kind}, not an access token: it has ${claim}`;
  }
  if (typeof typ !== 'string' || mediaType(typ) !== mediaType(tokenType))
    return `has the typ ${shownClaim(typ)}, and this console takes ${tokenType} (TWOFOLD_OIDC_TOKEN_TYPE)`;
  const isMarked = mediaType(typ) !== 'jwt' || accessClaims.some((claim) => claim in payload);
  return clientIds.includes(audience) && !isMarked
    ? 'does not show that it is an access token, and this console’s audience is a client’s too, which ID tokens have'
    : undefined;
}
