/**
 * The identity provider: its keys by OpenID Connect discovery, and access tokens checked with them. Zone 1;
 * docs/design.md#api. Identity is issuer and `sub`.
 */
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  jwtVerify,
  type JWTVerifyGetKey,
  type JWTVerifyResult,
} from 'jose';
import { CLOCK_LEEWAY_SECONDS } from '#envelope/limits.ts';
import { ok } from '#envelope/result.ts';
import type { Fetch } from '#platform/https-client.ts';
import { cached } from './core/cached.ts';
import { refuse, type Outcome } from './core/outcome.ts';
import { isUsableSub, loginClaims, type VerifiedLogin } from './core/owners.ts';
import {
  AGAIN_MS,
  createProviderFetch,
  discover,
  ProviderMisconfigured,
  ProviderUnavailable,
  TIMEOUT_MS,
  type ProviderMetadata,
  type ProviderPorts,
} from './discovery.ts';
import { otherKind, shownClaim, type TokenKindConfig } from './token-kind.ts';

export interface IdentityProvider {
  /** The login that an access token represents. */
  verify(bearer: string): Promise<Outcome<VerifiedLogin>>;
}

interface IdentityProviderConfig extends TokenKindConfig {
  readonly issuer: string;
  /** Claims that launchers’ configurations name. */
  readonly launcherClaims: readonly string[];
}

const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];
const DISCOVERY_FOR_MS = 3_600_000;
const MAX_BEARER_LENGTH = 16 * 1024;

function unavailable(cause: unknown): ProviderUnavailable | ProviderMisconfigured {
  if (cause instanceof ProviderMisconfigured) return cause;
  return new ProviderUnavailable(cause instanceof Error ? cause.message : 'no usable answer', { cause });
}

function keysOf(get: Fetch, { jwks_uri: url }: ProviderMetadata): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(new URL(url), {
    [customFetch]: get,
    timeoutDuration: TIMEOUT_MS,
    cooldownDuration: AGAIN_MS,
  });
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      const answered =
        error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys;
      throw answered ? error : unavailable(error);
    }
  };
}

function discovering({ client, clock }: ProviderPorts, issuer: string): JWTVerifyGetKey {
  const get = createProviderFetch(client);
  const discovered = cached(async () => keysOf(get, await discover(get, issuer)), {
    clock,
    forMs: DISCOVERY_FOR_MS,
    againMs: AGAIN_MS,
  });
  return async (header, token) => {
    let keys: JWTVerifyGetKey;
    try {
      keys = await discovered();
    } catch (error) {
      throw unavailable(error);
    }
    return await keys(header, token);
  };
}

function rejected(why: string): Outcome<never> {
  return refuse('bearer_rejected', `${why}; log in again and send an access token for this service.`);
}

/** jose's codes in words for the token's sender. Its signature has been checked before any claim. */
function reasonOf(error: unknown, config: IdentityProviderConfig): string {
  if (error instanceof errors.JWTExpired) return 'The access token has expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    const { claim, payload } = error;
    const expected = claim === 'iss' ? config.issuer : claim === 'aud' ? config.audience : undefined;
    if (expected === undefined) return `The access token’s ${claim} is not accepted`;
    return `The access token’s ${claim} is ${shownClaim(payload[claim])}, and this console accepts ${JSON.stringify(expected)}`;
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return 'The access token’s algorithm is not accepted';
  return 'The access token is not a JWT that the identity provider signed for this service';
}

function loginOf(
  { payload, protectedHeader }: JWTVerifyResult,
  config: IdentityProviderConfig,
): Outcome<VerifiedLogin> {
  const other = otherKind(protectedHeader, payload, config);
  if (other !== undefined) return rejected(`The token ${other}`);
  const { issuer, launcherClaims } = config;
  const { sub } = payload;
  if (!isUsableSub(sub)) return rejected('The access token has no usable sub');
  return ok({ issuer, sub, claims: loginClaims(payload, launcherClaims) });
}

export function createIdentityProvider(
  ports: ProviderPorts,
  config: IdentityProviderConfig,
): IdentityProvider {
  const keys = discovering(ports, config.issuer);
  return {
    verify: async (bearer) => {
      if (bearer.length > MAX_BEARER_LENGTH) return rejected('The access token is too long');
      try {
        const verified = await jwtVerify(bearer, keys, {
          issuer: config.issuer,
          audience: config.audience,
          algorithms: ALGORITHMS,
          clockTolerance: CLOCK_LEEWAY_SECONDS,
          requiredClaims: ['sub', 'exp'],
          currentDate: new Date(ports.clock()),
        });
        return loginOf(verified, config);
      } catch (error) {
        if (error instanceof ProviderMisconfigured) {
          ports.onFailure('misconfigured', error.message);
          return refuse('identity_provider_misconfigured', error.message);
        }
        if (!(error instanceof ProviderUnavailable)) return rejected(reasonOf(error, config));
        ports.onFailure('unavailable', error.message);
        return refuse(
          'identity_provider_unavailable',
          'The identity provider did not answer the console; try again.',
        );
      }
    },
  };
}
