/** The captured reviews, and what the webhook's core answers to each, with in-memory ports. For goldens and tests. */
import { readdirSync, readFileSync } from 'node:fs';
import type { HttpRequest } from '#platform/https-server.ts';
import { createAdmit, type Admission, type AdmitConfig, type AdmitPorts } from '../webhook/admit.ts';
import { describeRefusals, parseReview, type ReviewRequest } from '../webhook/review.ts';

const folder = new URL('./fixtures/reviews/', import.meta.url);

export function reviewNames(): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.replace(/\.json$/, ''))
    .sort();
}

/** The review's bytes, with a ticket where the capture has a placeholder. */
export function readReview(name: string, ticket = 'a.ticket.here'): Buffer {
  return Buffer.from(
    readFileSync(new URL(`${name}.json`, folder), 'utf8').replace('"TICKET"', JSON.stringify(ticket)),
  );
}

export function requestOf(body: Buffer): ReviewRequest {
  const request = parseReview(body);
  if (typeof request === 'string') throw new Error(request);
  return request;
}

export const goldenConfig: AdmitConfig = {
  namespaces: ['*'],
  envEnabled: false,
  launchers: [
    {
      username: 'system:serviceaccount:fx-jupyter:hub',
      namespaces: ['fx-jupyter'],
      annotation: 'hub.jupyter.org/username',
    },
  ],
  image: 'twofold/injector:0.1.0',
  pullPolicy: 'IfNotPresent',
  pullSecrets: [],
  claimUrl: 'https://console.twofold-console.svc:8445/internal/v1/claim',
};

export const GOLDEN_SID = '0123456789abcdef0123456789abcdef';
const SIZE = 24;

/** A console, keyservice and API server that know every secret, each of 24 bytes. */
export const goldenPorts: AdmitPorts = {
  claimCa: () => 'the root certificate\n',
  resolve: (plan) =>
    Promise.resolve({
      ok: true,
      value: {
        sid: GOLDEN_SID,
        ticket: 'a.ticket.here',
        secrets: plan.names.map((name) => ({ id: `id-${name}`, name, size: SIZE, envelope: 'a.b.c.d.e' })),
      },
    }),
  dryRunSizes: (plan) =>
    Promise.resolve({ ok: true, value: new Map(plan.names.map((name) => [name, SIZE])) }),
  unwrap: ({ secrets }) =>
    Promise.resolve({
      ok: true,
      value: { tokens: secrets.map(({ id }) => ({ id, token: 'gAAA' })), grant: 'a.grant' },
    }),
  createSession: () => Promise.resolve({ ok: true, value: undefined }),
  accountRefusal: () => Promise.resolve(undefined),
  variablesRefusal: () => Promise.resolve(undefined),
};

export function admitWith(config: Partial<AdmitConfig> = {}, ports: Partial<AdmitPorts> = {}) {
  return createAdmit({ ...goldenPorts, ...ports }, { ...goldenConfig, ...config });
}

type GoldenOutcome =
  | { readonly allowed: true; readonly patch: unknown; readonly warnings?: readonly string[] }
  | { readonly allowed: false; readonly message: string };

function outcomeOf({ verdict }: Admission): GoldenOutcome {
  return verdict.allowed
    ? {
        allowed: true,
        patch: verdict.patch,
        ...(verdict.warnings.length > 0 ? { warnings: verdict.warnings } : {}),
      }
    : { allowed: false, message: describeRefusals(verdict.refusals) };
}

/** The content of a golden file: the outcome with variables off, and with them on where that differs. */
export async function goldenOf(
  name: string,
): Promise<{ envOff: GoldenOutcome; envOn: GoldenOutcome | 'same' }> {
  const request = requestOf(readReview(name));
  const envOff = outcomeOf(await admitWith()(request, Infinity));
  const envOn = outcomeOf(await admitWith({ envEnabled: true })(request, Infinity));
  return { envOff, envOn: JSON.stringify(envOn) === JSON.stringify(envOff) ? 'same' : envOn };
}

/** The API server's call of the webhook with this body. */
export function reviewRequest(text: string): HttpRequest {
  return {
    method: 'POST',
    path: '/mutate',
    query: new URLSearchParams('timeout=10s'),
    contentType: 'application/json',
    client: undefined,
    body: () => Promise.resolve(Buffer.from(text)),
  };
}
