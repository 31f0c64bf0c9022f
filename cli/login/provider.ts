/**
 * The identity provider: its discovery, what its responses mean here, and the login that only polls it.
 * Zone 0; OpenID Connect, OAuth 2.
 */
import type { Fetch } from '#platform/https-client.ts';
import * as oidc from 'openid-client';
import { Failure, failure } from '../failure.ts';
import type { Login } from './logins.ts';

export interface Client {
  readonly issuer: string;
  readonly clientId: string;
}

const CLOCK_TOLERANCE_SECONDS = 60;
const TIMEOUT_SECONDS = 30;

/** The provider's own description, where it gave one; never its whole response. */
function reasonOf(error: unknown): string {
  if (error instanceof oidc.ResponseBodyError || error instanceof oidc.AuthorizationResponseError) {
    return error.error_description ?? error.error;
  }
  return error instanceof Error ? error.message : 'no usable answer';
}

const causes = function* (error: unknown): Generator {
  for (let at = error; at instanceof Error; at = at.cause) yield at;
};

/** A Failure stays one, whatever the library has wrapped it in. */
function asFailure(error: unknown): Failure {
  for (const cause of causes(error)) if (cause instanceof Failure) return cause;
  return failure(
    'login_failed',
    `The identity provider refused: ${reasonOf(error)}.`,
    'Run twofold login again; if that does not help, show this to your operator.',
    error,
  );
}

/** Runs it, and turns whatever the library throws into a Failure. */
export async function asking<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw asFailure(error);
  }
}

/** The issuer that a document names, if the library refused it because that is another one. */
function otherIssuerIn(error: unknown): string | undefined {
  if (!(error instanceof oidc.ClientError) || error.code !== 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED')
    return undefined;
  const { body } = error.cause as { readonly body: { readonly issuer: string } }; // the library's own
  return body.issuer;
}

export function discover(fetch: Fetch, { issuer, clientId }: Client): Promise<oidc.Configuration> {
  const client = { [oidc.clockTolerance]: CLOCK_TOLERANCE_SECONDS };
  const options = { timeout: TIMEOUT_SECONDS, [oidc.customFetch]: fetch };
  return asking(async () => {
    try {
      return await oidc.discovery(new URL(issuer), clientId, client, oidc.None(), options);
    } catch (error) {
      const other = otherIssuerIn(error);
      if (other === undefined) throw error;
      throw failure(
        'login_failed',
        `The console’s identity provider is ${issuer}, but the one there says that its issuer is ${other}.`,
        'Show this to your operator: TWOFOLD_OIDC_ISSUER must be exactly what the provider writes.',
        error,
      );
    }
  });
}

function nameIn(claims: Readonly<Record<string, unknown>> | undefined): string | undefined {
  return [claims?.['preferred_username'], claims?.['email'], claims?.['name'], claims?.['sub']].find(
    (value): value is string => typeof value === 'string',
  );
}

type Tokens = Awaited<ReturnType<typeof oidc.refreshTokenGrant>>;

/** What is stored of the tokens. Where a refresh brings no new refresh token, the old one stays valid. */
export function loginOf({ issuer, clientId }: Client, tokens: Tokens, before?: Login): Login {
  const seconds = tokens.expiresIn();
  return {
    issuer,
    clientId,
    accessToken: tokens.access_token,
    expiresAt: seconds === undefined ? undefined : Date.now() + seconds * 1000,
    refreshToken: tokens.refresh_token ?? before?.refreshToken,
    name: nameIn(tokens.claims()) ?? before?.name,
  };
}

/** With a code that is entered in any browser, on any device (RFC 8628). `show` tells the person where to go. */
export async function loginByDevice(
  provider: oidc.Configuration,
  client: Client,
  { scope, show }: { readonly scope: string; readonly show: (lines: readonly string[]) => void },
): Promise<Login> {
  return asking(async () => {
    const started = await oidc.initiateDeviceAuthorization(provider, { scope });
    const whole = started.verification_uri_complete;
    show([
      `Open   ${whole ?? started.verification_uri}`,
      whole === undefined
        ? `Enter  ${started.user_code}`
        : `Check  that it shows the code ${started.user_code}`,
      `Waiting until you have (Ctrl-C cancels) …`,
    ]);
    const tokens = await oidc.pollDeviceAuthorizationGrant(provider, started);
    return loginOf(client, tokens);
  });
}
