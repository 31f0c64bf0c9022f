/**
 * The identity provider: its keys by OpenID Connect discovery, and access tokens checked with them. Zone 1; design §5.
 * Identity is issuer and `sub`.
 */
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyGetKey,
} from 'jose';
import { z } from 'zod';
import { CLOCK_LEEWAY_SECONDS } from '#envelope/limits.ts';
import { ok } from '#envelope/result.ts';
import type { HttpsClient } from '#platform/https-client.ts';
import { kept } from './core/kept.ts';
import { refuse, type Outcome } from './core/outcome.ts';
import { isUsableSub, loginClaims, type VerifiedLogin } from './core/owners.ts';

export interface IdentityProvider {
  /** The login that an access token stands for. */
  verify(bearer: string): Promise<Outcome<VerifiedLogin>>;
}

interface IdentityProviderConfig {
  readonly issuer: string;
  readonly audience: string;
  /** `typ` of an access token's header (RFC 9068). */
  readonly tokenType: string;
  /** Claims that launchers’ configurations name. */
  readonly launcherClaims: readonly string[];
}

interface Ports {
  readonly client: Pick<HttpsClient, 'call'>;
  readonly clock: () => number;
  readonly onUnavailable: (reason: string) => void;
}

const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];
const DISCOVERY_FOR_MS = 3_600_000;
/** A provider that is down is not asked again by every request, nor one for a key that it does not have. */
const AGAIN_MS = 2_000;
const TIMEOUT_MS = 5_000;
const MAX_ANSWER_BYTES = 1024 * 1024;
const MAX_BEARER_LENGTH = 16 * 1024;

const discoverySchema = z.object({
  issuer: z.string(),
  jwks_uri: z.url({ protocol: /^https$/ }),
});

/** No usable answer from the provider: that says nothing about the bearer. */
class ProviderUnavailable extends Error {}

/** Node's fetch takes no private roots. */
function fetchWith(client: Ports['client']) {
  return async (url: string): Promise<Response> => {
    const { status, body } = await client.call({
      method: 'GET',
      url,
      headers: { accept: 'application/json' },
      timeoutMs: TIMEOUT_MS,
      maxResponseBytes: MAX_ANSWER_BYTES,
    });
    return new Response(body.toString('utf8'), { status });
  };
}

function unavailable(cause: unknown): ProviderUnavailable {
  return new ProviderUnavailable(cause instanceof Error ? cause.message : 'no usable answer', { cause });
}

async function discover(get: ReturnType<typeof fetchWith>, issuer: string): Promise<JWTVerifyGetKey> {
  const response = await get(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  if (response.status !== 200) throw new ProviderUnavailable(`discovery answered ${response.status}`);
  const found = discoverySchema.safeParse(await response.json());
  if (!found.success) throw new ProviderUnavailable('discovery answered something else than a configuration');
  if (found.data.issuer !== issuer) throw new ProviderUnavailable('discovery names another issuer');
  const keys = createRemoteJWKSet(new URL(found.data.jwks_uri), {
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

function discovering({ client, clock }: Ports, issuer: string): JWTVerifyGetKey {
  const get = fetchWith(client);
  const discovered = kept(() => discover(get, issuer), {
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

/** jose's codes in words for whoever sent the token. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'The access token has expired';
  if (error instanceof errors.JWTClaimValidationFailed)
    return `The access token’s ${error.claim} is not accepted`;
  if (error instanceof errors.JOSEAlgNotAllowed) return 'The access token’s algorithm is not accepted';
  return 'The access token is not a JWT that the identity provider signed for this service';
}

function loginOf(
  payload: JWTPayload,
  { issuer, launcherClaims }: IdentityProviderConfig,
): Outcome<VerifiedLogin> {
  const { sub } = payload;
  if (!isUsableSub(sub)) return rejected('The access token has no usable sub');
  if ('nonce' in payload) return rejected('This is an ID token, not an access token');
  return ok({ issuer, sub, claims: loginClaims(payload, launcherClaims) });
}

export function createIdentityProvider(ports: Ports, config: IdentityProviderConfig): IdentityProvider {
  const keys = discovering(ports, config.issuer);
  return {
    verify: async (bearer) => {
      if (bearer.length > MAX_BEARER_LENGTH) return rejected('The access token is too long');
      try {
        const { payload } = await jwtVerify(bearer, keys, {
          issuer: config.issuer,
          audience: config.audience,
          typ: config.tokenType,
          algorithms: ALGORITHMS,
          clockTolerance: CLOCK_LEEWAY_SECONDS,
          requiredClaims: ['sub', 'exp'],
          currentDate: new Date(ports.clock()),
        });
        return loginOf(payload, config);
      } catch (error) {
        if (!(error instanceof ProviderUnavailable)) return rejected(reasonOf(error));
        ports.onUnavailable(error.message);
        return refuse(
          'identity_provider_unavailable',
          'The identity provider did not answer the console; try again.',
        );
      }
    },
  };
}
