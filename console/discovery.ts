/**
 * The identity provider's metadata (OpenID Connect Discovery 1.0), and how to call it. Zone 1;
 * docs/design.md#api.
 */
import * as openid from 'openid-client';
import { fetchOver, type Fetch, type HttpsClient } from '#platform/https-client.ts';

/** No usable answer from the provider, which says nothing about the caller. */
export class ProviderUnavailable extends Error {}

export interface ProviderPorts {
  readonly client: Pick<HttpsClient, 'call'>;
  readonly clock: () => number;
  readonly onUnavailable: (reason: string) => void;
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

/** Rejects unless it is exactly this issuer, whose keys come over https. */
export async function discover(fetch: Fetch, issuer: string): Promise<ProviderMetadata> {
  const options = { [openid.customFetch]: fetch, timeout: TIMEOUT_MS / 1000 };
  const found = await openid.discovery(new URL(issuer), ANY_CLIENT, undefined, undefined, options);
  const metadata = found.serverMetadata();
  if (metadata.issuer !== issuer) throw new ProviderUnavailable('discovery names another issuer');
  if (!hasKeys(metadata)) throw new ProviderUnavailable('discovery names no https jwks_uri');
  return metadata;
}
