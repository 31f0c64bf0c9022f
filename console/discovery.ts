/**
 * What the identity provider says of itself (OpenID Connect Discovery 1.0), and how it is asked anything. Zone 1;
 * design §5.
 */
import { z } from 'zod';
import type { HttpsClient } from '#platform/https-client.ts';

/** No usable answer from the provider: that says nothing about whoever wants to be let in. */
export class ProviderUnavailable extends Error {}

export interface ProviderPorts {
  readonly client: Pick<HttpsClient, 'call'>;
  readonly clock: () => number;
  readonly onUnavailable: (reason: string) => void;
}

export const TIMEOUT_MS = 5_000;
/** A provider that is down is not asked again by every request, nor one for a key that it does not have. */
export const AGAIN_MS = 2_000;
const MAX_ANSWER_BYTES = 1024 * 1024;

interface FetchOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export type ProviderFetch = (url: string, options?: FetchOptions) => Promise<Response>;

/** Node's fetch takes no private roots. */
export function createProviderFetch(client: ProviderPorts['client']): ProviderFetch {
  return async (url, { method = 'GET', headers = { accept: 'application/json' }, body } = {}) => {
    const answer = await client.call({
      method,
      url,
      headers,
      body: body instanceof URLSearchParams ? body.toString() : undefined,
      timeoutMs: TIMEOUT_MS,
      maxResponseBytes: MAX_ANSWER_BYTES,
    });
    const type = answer.headers['content-type'];
    const init = { status: answer.status, headers: typeof type === 'string' ? { 'content-type': type } : {} };
    return new Response(answer.body.length > 0 ? new Uint8Array(answer.body) : null, init);
  };
}

const metadataSchema = z.looseObject({
  issuer: z.string(),
  jwks_uri: z.url({ protocol: /^https$/ }),
});

export type ProviderMetadata = z.infer<typeof metadataSchema>;

export async function discover(fetch: ProviderFetch, issuer: string): Promise<ProviderMetadata> {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  if (response.status !== 200) throw new ProviderUnavailable(`discovery answered ${response.status}`);
  const found = metadataSchema.safeParse(await response.json());
  if (!found.success) throw new ProviderUnavailable('discovery answered something else than a configuration');
  if (found.data.issuer !== issuer) throw new ProviderUnavailable('discovery names another issuer');
  return found.data;
}
