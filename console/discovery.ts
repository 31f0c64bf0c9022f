/**
 * The identity provider's metadata (OpenID Connect Discovery 1.0), and how to call it. Zone 1;
 * docs/design.md#api.
 */
import * as openid from 'openid-client';
import { fetchOver, type Fetch, type HttpsClient } from '#platform/https-client.ts';

/** No usable answer from the provider, which says nothing about the caller. */
export class ProviderUnavailable extends Error {}

/** The provider answers, and contradicts the operator's settings: it will not help to wait. */
export class ProviderMisconfigured extends Error {}

export interface ProviderPorts {
  readonly client: Pick<HttpsClient, 'call'>;
  readonly clock: () => number;
  readonly onFailure: (what: 'unavailable' | 'misconfigured', reason: string) => void;
}

export const TIMEOUT_MS = 5_000;
/** Not every request calls a provider that is down again, or asks again for a key that it does not have. */
export const AGAIN_MS = 2_000;
const MAX_ANSWER_BYTES = 1024 * 1024;

export function createProviderFetch(client: ProviderPorts['client']): Fetch {
  return fetchOver(client, { timeoutMs: TIMEOUT_MS, maxResponseBytes: MAX_ANSWER_BYTES });
}

export type ProviderMetadata = openid.ServerMetadata & { readonly jwks_uri: string };

/** Discovery is the same for all clients, but the library requires one. */
const ANY_CLIENT = 'any';

function hasKeys(metadata: openid.ServerMetadata): metadata is ProviderMetadata {
  return URL.parse(metadata.jwks_uri ?? '')?.protocol === 'https:';
}

const MAX_SHOWN = 200;

/** Issuers are compared as texts (OpenID Connect Discovery §4.3): a slash at the end is a difference. */
function anotherIssuer(expected: string, found: string): ProviderMisconfigured {
  const shown = found.slice(0, MAX_SHOWN);
  // Entra's addresses for every tenant: each token has its own tenant's issuer, so none could be trusted.
  const next = found.includes('{')
    ? 'this address is shared by many tenants; the operator must set the issuer of one'
    : 'the operator must set it exactly as the provider writes it';
  return new ProviderMisconfigured(
    `TWOFOLD_OIDC_ISSUER is ${JSON.stringify(expected)}, but the identity provider there says that its issuer is ${JSON.stringify(shown)}: ${next}.`,
  );
}

/** The issuer that a document names, if the library refused it because that is another one. */
function issuerIn(error: unknown): string | undefined {
  if (!(error instanceof openid.ClientError) || error.code !== 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED')
    return undefined;
  const { body } = error.cause as { readonly body: { readonly issuer: string } }; // the library's own
  return body.issuer;
}

/** Rejects unless it is exactly this issuer, whose keys come over https. */
export async function discover(fetch: Fetch, issuer: string): Promise<ProviderMetadata> {
  const options = { [openid.customFetch]: fetch, timeout: TIMEOUT_MS / 1000 };
  let found: openid.Configuration;
  try {
    found = await openid.discovery(new URL(issuer), ANY_CLIENT, undefined, undefined, options);
  } catch (error) {
    const other = issuerIn(error);
    throw other === undefined ? error : anotherIssuer(issuer, other);
  }
  const metadata = found.serverMetadata();
  if (metadata.issuer !== issuer) throw anotherIssuer(issuer, metadata.issuer);
  if (!hasKeys(metadata)) throw new ProviderUnavailable('discovery names no https jwks_uri');
  return metadata;
}

/** At the start, so that a wrong setting is in the log before anybody logs in; an outage then says nothing. */
export async function reportMisconfiguration(
  { client, onFailure }: Pick<ProviderPorts, 'client' | 'onFailure'>,
  issuer: string,
): Promise<void> {
  try {
    await discover(createProviderFetch(client), issuer);
  } catch (error) {
    if (error instanceof ProviderMisconfigured) onFailure('misconfigured', error.message);
  }
}
