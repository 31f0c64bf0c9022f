/**
 * Installs the certificates of certs/ in the cluster: a Secret for each leaf, and the roots as `caBundle` of the webhook's
 * registration. The folder with the CA's key stays with the person who deploys: it belongs to no zone. No zone;
 * docs/design.md#certificates.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';
import { leafPlans, type LeafPlan } from '../../certs/plan.ts';
import type { NextStep } from '../../certs/rotation.ts';
import { StoreError } from '../../certs/store-error.ts';
import { caBundle, ensureCertificates, rotateRoot, type Ensured } from '../../certs/store.ts';
import { DeployError } from './failure.ts';
import { existingSecrets } from './keys.ts';
import type { Kubectl } from './kubectl.ts';
import type { Reference } from './rendering.ts';

/** Field manager of `caBundle` and the TLS Secrets only, so that applying an overlay never removes them. */
const MANAGER = 'twofold-certs';
const REGISTRATION = 'zz-twofold';
/** A kubelet checks its Secrets every minute or so, a service its files every ten seconds. */
const TAKEN_UP_MS = 180_000;

export interface CertificateFolder {
  readonly dir: string;
  /** Names that the server leaves have besides their services'; absent: the names they already have. */
  readonly extraNames?: readonly string[] | undefined;
}

export function secretOf({ folder, zone }: LeafPlan): Reference {
  return {
    namespace: `twofold-${zone}`,
    name: `${folder}-tls`,
  };
}

/** The leaves of the plan that belong in the named Secrets. */
export function leavesIn(secrets: readonly Reference[]): readonly LeafPlan[] {
  return leafPlans.filter((plan) => {
    const { namespace, name } = secretOf(plan);
    return secrets.some((secret) => secret.namespace === namespace && secret.name === name);
  });
}

function tlsSecret(dir: string, plan: LeafPlan) {
  const read = (file: string): string => readFileSync(join(dir, plan.folder, file), 'utf8');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...secretOf(plan), labels: { 'app.kubernetes.io/part-of': 'twofold' } },
    type: 'kubernetes.io/tls',
    stringData: { 'tls.crt': read('tls.crt'), 'tls.key': read('tls.key'), 'ca.crt': read('ca.crt') },
  };
}

function inWords({ leaves, rotationDue }: Ensured): string {
  const issued = leaves.filter(({ action }) => action === 'issued').length;
  const due = rotationDue
    ? '; the root is in the last third of its life: make certs-renew starts to replace it'
    : '';
  return `certificates: ${issued} issued, ${leaves.length - issued} kept${due}`;
}

function refuseDamage(error: unknown): never {
  if (!(error instanceof StoreError)) throw error;
  throw new DeployError(error.message, 'see certs/README.md', error);
}

/** The roots that the cluster's services trust now; empty where there are none yet. */
async function trustedInCluster(kubectl: Kubectl): Promise<string> {
  const path = 'jsonpath={.data.ca\\.crt}';
  const secret = ['get', 'secret', 'console-tls', '-n', 'twofold-console', '--ignore-not-found'];
  return Buffer.from(await kubectl.run([...secret, '-o', path]), 'base64').toString('utf8');
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Running sessions trust the roots they were started with, so another folder's must not replace them. */
export function haveRootInCommon(a: string, b: string): boolean {
  const others: readonly string[] = b.match(CERTIFICATE) ?? [];
  return (a.match(CERTIFICATE) ?? []).some((root) => others.includes(root));
}

function rootsOf(dir: string): string {
  return readFileSync(join(dir, 'console', 'ca.crt'), 'utf8');
}

/** Issues what is missing or due. Rejects with a DeployError where the cluster has another CA's certificates. */
export async function ensureLeaves(
  kubectl: Kubectl,
  { dir, extraNames }: CertificateFolder,
  say: (line: string) => void,
): Promise<void> {
  const inCluster = await trustedInCluster(kubectl);
  const ensured = await ensureCertificates({ dir, extraNames, now: new Date() }).catch(refuseDamage);
  if (inCluster !== '' && !haveRootInCommon(inCluster, rootsOf(dir))) {
    throw new DeployError(
      `the certificates in the cluster come from a CA other than the one in ${dir}`,
      'name the folder that they come from (CERTS=folder); if it is lost, delete the Secret console-tls in twofold-console, deploy again, and restart the sessions',
    );
  }
  say(inWords(ensured));
}

/** The leaves' Secrets, from the folder. */
export async function handOutLeaves(
  kubectl: Kubectl,
  dir: string,
  leaves: readonly LeafPlan[],
): Promise<void> {
  return kubectl.apply(
    leaves.map((plan) => tlsSecret(dir, plan)),
    MANAGER,
  );
}

/** The roots in the webhook's registration, if it is there: the API server trusts these. */
export async function handOutBundle(kubectl: Kubectl, dir: string): Promise<void> {
  const found = await kubectl.find<V1MutatingWebhookConfiguration>([
    'mutatingwebhookconfiguration',
    REGISTRATION,
  ]);
  if (found === undefined) return;
  const bundle = await caBundle(dir);
  const webhooks = (found.webhooks ?? []).map(({ name }) => ({ name, clientConfig: { caBundle: bundle } }));
  const how = ['--type=strategic', `--field-manager=${MANAGER}`, '--patch', JSON.stringify({ webhooks })];
  await kubectl.run(['patch', 'mutatingwebhookconfiguration', REGISTRATION, ...how]);
}

async function handOut(kubectl: Kubectl, dir: string, say: (line: string) => void): Promise<void> {
  // The roots first: whoever is shown a new leaf must already know its root.
  await handOutBundle(kubectl, dir);
  const inServices = leafPlans.filter(({ zone }) => zone !== 'cluster').map(secretOf);
  const leaves = leavesIn(await existingSecrets(kubectl, inServices));
  await handOutLeaves(kubectl, dir, leaves);
  say(`installed: caBundle, ${leaves.map(({ folder }) => folder).join(', ')}`);
}

function stepInWords(next: NextStep): string {
  if (next.step === 'wait')
    return `root: the next step is to ${next.then} it, not before ${next.until.toISOString()}`;
  return next.step === 'rest' ? 'root: no rotation is due' : `root: ${next.step}`;
}

interface Renewal {
  /** As in certs/; never shorter than services take to read what was installed. */
  readonly overlapMs?: number | undefined;
  /** Begin to replace the root even where it is not due. */
  readonly rotate: boolean;
  readonly say: (line: string) => void;
}

/**
 * Renews what is due, takes the next step of the root's rotation when it is due, and installs everything.
 * Rejects with a DeployError where there is nothing to renew.
 */
export async function renewCertificates(
  kubectl: Kubectl,
  { dir, extraNames }: CertificateFolder,
  { overlapMs, rotate, say }: Renewal,
): Promise<void> {
  const inCluster = await trustedInCluster(kubectl);
  if (inCluster === '') throw new DeployError('there is nothing to renew yet', 'make deploy');
  await ensureLeaves(kubectl, { dir, extraNames }, say);
  if (inCluster === rootsOf(dir)) {
    const overlap = overlapMs === undefined ? undefined : Math.max(overlapMs, TAKEN_UP_MS);
    const begin = rotate ? 'now' : 'when-due';
    const now = new Date();
    const next = await rotateRoot({ dir, extraNames, now, overlapMs: overlap, begin }).catch(refuseDamage);
    say(stepInWords(next));
  } else {
    say('root: the last step was not installed; it is now, and the next one follows another time');
  }
  await handOut(kubectl, dir, say);
}
