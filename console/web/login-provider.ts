/**
 * Login at the identity provider: OpenID Connect's code flow with PKCE, state and nonce, by openid-client. Zone 1;
 * docs/design.md#page. The ID token's signature is checked although it comes over TLS.
 */
import * as openid from 'openid-client';
import { CLOCK_LEEWAY_SECONDS } from '#envelope/limits.ts';
import type { Fetch } from '#platform/https-client.ts';
import { cached } from '../core/cached.ts';
import { isUsableSub, loginClaims, type VerifiedLogin } from '../core/owners.ts';
import {
  AGAIN_MS,
  createProviderFetch,
  discover,
  ProviderMisconfigured,
  ProviderUnavailable,
  TIMEOUT_MS,
  type ProviderMetadata,
  type ProviderPorts,
} from '../discovery.ts';

/** What the browser that began a login needs to finish it. */
export interface LoginChecks {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

export type LoginEnd =
  | { readonly kind: 'done'; readonly login: VerifiedLogin; readonly shownName: string }
  /** The provider answered that there is no login, usually because the person cancelled it. */
  | { readonly kind: 'declined' }
  | { readonly kind: 'refused' };

/** The methods reject with a ProviderUnavailable where the provider gives no usable answer, or a ProviderMisconfigured. */
export interface LoginProvider {
  begin(): Promise<{ readonly url: string; readonly checks: LoginChecks }>;
  finish(url: URL, checks: LoginChecks): Promise<LoginEnd>;
  /** Where the provider's own session is ended; undefined where the provider does not say. */
  endSessionUrl(returnTo: string): Promise<string | undefined>;
}

interface LoginProviderConfig {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly scope: string;
  readonly redirectUri: string;
  readonly launcherClaims: readonly string[];
}

/** Short: a person who logs in should read that the provider is down, rather than be sent to it. */
const DISCOVERY_FOR_MS = 10_000;

/** A new one for each login, since the provider's keys are cached in it: they may have been rotated a moment ago. */
function configurationFor(
  metadata: ProviderMetadata,
  get: Fetch,
  { clientId, clientSecret }: LoginProviderConfig,
): openid.Configuration {
  const client = { [openid.clockTolerance]: CLOCK_LEEWAY_SECONDS };
  const authentication = clientSecret === undefined ? openid.None() : openid.ClientSecretPost(clientSecret);
  const made = new openid.Configuration(metadata, clientId, client, authentication);
  made[openid.customFetch] = get;
  made.timeout = TIMEOUT_MS / 1000;
  openid.enableNonRepudiationChecks(made);
  return made;
}

/** No answer, or one from a provider that does not work, as opposed to one that says no. */
function isUnavailable(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.name === 'HttpsError' || cause.name === 'TimeoutError' || cause.name === 'AbortError')
      return true;
    if (cause.cause instanceof Response && cause.cause.status >= 500) return true;
  }
  return false;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, 100) : undefined;
}

function endOf(claims: openid.IDToken | undefined, config: LoginProviderConfig): LoginEnd {
  if (!claims || !isUsableSub(claims.sub) || claims.iss !== config.issuer) return { kind: 'refused' };
  const { sub } = claims;
  const login = { issuer: config.issuer, sub, claims: loginClaims(claims, config.launcherClaims) };
  const shownName =
    textOf(claims['name']) ?? textOf(claims['preferred_username']) ?? textOf(claims['email']) ?? sub;
  return { kind: 'done', login, shownName: shownName.slice(0, 100) };
}

export function createLoginProvider(ports: ProviderPorts, config: LoginProviderConfig): LoginProvider {
  const get = createProviderFetch(ports.client);
  const discovered = cached(() => discover(get, config.issuer), {
    clock: ports.clock,
    forMs: DISCOVERY_FOR_MS,
    againMs: AGAIN_MS,
  });
  const unavailable = (cause: unknown): ProviderUnavailable | ProviderMisconfigured => {
    if (cause instanceof ProviderMisconfigured) {
      ports.onFailure('misconfigured', cause.message);
      return cause;
    }
    ports.onFailure('unavailable', cause instanceof Error ? cause.message : 'no usable answer');
    return new ProviderUnavailable('the identity provider gives no usable answer', { cause });
  };
  const configuration = async (): Promise<openid.Configuration> => {
    try {
      return configurationFor(await discovered(), get, config);
    } catch (error) {
      throw unavailable(error);
    }
  };
  /** What is built of the provider's metadata, where they hold an address that can be used. */
  const built = (build: () => URL): string => {
    try {
      return build().href;
    } catch (error) {
      throw unavailable(error);
    }
  };
  return {
    begin: async () => {
      const found = await configuration();
      const verifier = openid.randomPKCECodeVerifier();
      const checks = { state: openid.randomState(), nonce: openid.randomNonce(), verifier };
      const parameters = {
        redirect_uri: config.redirectUri,
        scope: config.scope,
        response_type: 'code',
        state: checks.state,
        nonce: checks.nonce,
        code_challenge_method: 'S256',
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      };
      return { url: built(() => openid.buildAuthorizationUrl(found, parameters)), checks };
    },
    finish: async (url, { state, nonce, verifier }) => {
      const found = await configuration();
      try {
        const tokens = await openid.authorizationCodeGrant(found, url, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        });
        return endOf(tokens.claims(), config);
      } catch (error) {
        if (error instanceof openid.AuthorizationResponseError) return { kind: 'declined' };
        if (isUnavailable(error)) throw unavailable(error);
        return { kind: 'refused' };
      }
    },
    endSessionUrl: async (returnTo) => {
      const found = await configuration();
      if (found.serverMetadata().end_session_endpoint === undefined) return undefined;
      // This sends the client's id; an ID token would make the cookie larger than browsers store.
      return built(() => openid.buildEndSessionUrl(found, { post_logout_redirect_uri: returnTo }));
    },
  };
}
