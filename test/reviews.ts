/** The captured reviews, and what the webhook's core answers to each, with in-memory ports. For goldens and tests. */
import { readdirSync, readFileSync } from 'node:fs';
import { annotations } from '#envelope/annotations.ts';
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

/** The user's own container in the captures that have several and do not say which. */
const owns: Readonly<Record<string, string>> = {
  'amalthea-jupyterserver-statefulset': 'jupyter-server',
  'amalthea-session-statefulset': 'amalthea-session',
  'existing-emptydir-at-secrets': 'main',
  'pod-level-resources': 'a',
  'readonly-root-container-uids': 'web',
  'twelve-containers': 'c00',
  'uid-differs-by-level': 'a',
};

/** What such a capture lacks; nothing for the others. */
export function missingAnnotations(name: string): Readonly<Record<string, string>> {
  const own = owns[name];
  return own === undefined ? {} : { [annotations.containers.key]: own };
}

/** The capture as its launcher would send it today: with the container named. */
export function sessionRequest(name: string): ReviewRequest {
  const request = requestOf(readReview(name));
  const object = request.object as { metadata: { annotations?: object } }; // a captured review
  const texts = { ...object.metadata.annotations, ...missingAnnotations(name) };
  return { ...request, object: { ...object, metadata: { ...object.metadata, annotations: texts } } };
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
  seccompProfile: 'RuntimeDefault',
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

interface Golden {
  readonly envOff: GoldenOutcome;
  readonly envOn: GoldenOutcome | 'same';
}

async function outcomesOf(request: ReviewRequest): Promise<Golden> {
  const envOff = outcomeOf(await admitWith()(request, Infinity));
  const envOn = outcomeOf(await admitWith({ envEnabled: true })(request, Infinity));
  return { envOff, envOn: JSON.stringify(envOn) === JSON.stringify(envOff) ? 'same' : envOn };
}

/**
 * The content of a golden file: the outcome with variables off, and with them on where that differs; and both for the same
 * pod with its container named, where the capture lacks that.
 */
export async function goldenOf(name: string): Promise<Golden & { readonly named?: Golden }> {
  const captured = await outcomesOf(requestOf(readReview(name)));
  return name in owns ? { ...captured, named: await outcomesOf(sessionRequest(name)) } : captured;
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
