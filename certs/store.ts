/**
 * A folder of certificates: issue what is missing, renew what is due, advance the root's rotation.
 * Belongs to no zone; docs/design.md#certificates.
 *
 * | Path | What it is |
 * |---|---|
 * | `root/` | the roots and their state (root-store.ts) |
 * | `<leaf>/` | one folder for each row of plan.ts (leaf-store.ts) |
 *
 * Every change is complete or did not happen, and the next run finishes what a killed one began. One writer at a
 * time: two concurrent first runs agree on one root, two concurrent rotations are not supported.
 */
import { DAY_MS, type KeyPairSource } from './issue.ts';
import { bringUpToDate, isDue, namesOf, readLeaf, type LeafResult } from './leaf-store.ts';
import { leafPlans, type LeafPlan } from './plan.ts';
import {
  bundleOf,
  createFirstRoot,
  createStoredRoot,
  discardRoots,
  loadRoots,
  loadSigner,
  loadState,
  rootFolder,
  saveState,
  sweepRoots,
  type StoredRoot,
} from './root-store.ts';
import { applyChange, nextStep, type NextStep, type Phase, type RootState } from './rotation.ts';
import { StoreError } from './store-error.ts';

/** Longer than any ticket's lifetime: a session that started under the old roots alone is over when the new one signs. */
export const DEFAULT_OVERLAP_MS = 30 * DAY_MS;

interface EnsureRequest {
  readonly dir: string;
  /** Names of every server leaf in addition to the planned ones; absent: those that each leaf has now, if it can be read. */
  readonly extraNames?: readonly string[] | undefined;
  readonly now: Date;
  /** Called with a line for each new key. */
  readonly onProgress?: ((line: string) => void) | undefined;
  readonly newKeyPair?: KeyPairSource | undefined;
}

interface RotateRequest extends EnsureRequest {
  readonly overlapMs?: number | undefined;
  /** `now`: begin a rotation where none is under way; `when-due`: only in the last third of the root's life. */
  readonly begin: 'now' | 'when-due';
}

export interface Ensured {
  readonly leaves: readonly LeafResult[];
  /** Whether the root is in the last third of its life and has no successor yet. */
  readonly rotationDue: boolean;
}

export interface CertificateList {
  readonly roots: readonly { readonly id: string; readonly phase: Phase; readonly notAfter: Date }[];
  readonly leaves: readonly LeafRow[];
}

interface LeafRow {
  readonly plan: LeafPlan;
  readonly names: readonly string[];
  /** Undefined where the leaf is missing or damaged, as `fault` says. */
  readonly notAfter: Date | undefined;
  readonly fault: string | undefined;
}

/**
 * Issues what is missing or damaged, renews what is due, and keeps the rest as it is. Never advances a rotation,
 * but finishes a step that was interrupted. Throws a StoreError where a root or the state is damaged.
 */
export async function ensureCertificates(request: EnsureRequest): Promise<Ensured> {
  const { dir, now } = request;
  const state = (await loadState(dir)) ?? (await firstState(request));
  const roots = await loadRoots(dir, state);
  const active = activeOf(roots);
  if (Date.parse(active.certificate.validFrom) > now.getTime())
    throw new StoreError('root-not-yet-valid', rootFolder(dir));
  if (Date.parse(active.certificate.validTo) <= now.getTime()) return replaceEnded(request, state);

  const leaves = await bringAllUpToDate(request, roots, active);
  if (state.settledAt === undefined) await saveState(dir, { ...state, settledAt: now });
  await sweepRoots(dir, state, now);
  return { leaves, rotationDue: state.roots.length === 1 && isDue(active.certificate, now) };
}

/**
 * Takes the next step of a rotation when it is due, and returns which; `wait` says until when. Throws a StoreError
 * where nothing was issued yet, or a root or the state is damaged.
 */
export async function rotateRoot(request: RotateRequest): Promise<NextStep> {
  const { dir, now, begin, overlapMs = DEFAULT_OVERLAP_MS, newKeyPair } = request;
  if ((await loadState(dir)) === undefined) throw new StoreError('not-issued', dir);
  const { rotationDue } = await ensureCertificates(request);
  const state = await stateOf(dir);
  const next = nextStep(state, now, { overlapMs, begin: begin === 'now' || rotationDue });
  if (next.step !== 'stage' && next.step !== 'activate' && next.step !== 'drop') return next;
  if (next.step === 'stage') request.onProgress?.('root: new key');
  const newRootId = next.step === 'stage' ? await createStoredRoot(dir, now, newKeyPair) : undefined;
  const changed = applyChange(state, next.step, newRootId);
  await saveState(dir, changed);
  await ensureCertificates(request);
  await discardRoots(dir, state, changed);
  return next;
}

/** All trusted roots, as base64 for a webhook configuration's `caBundle`. */
export async function caBundle(dir: string): Promise<string> {
  const roots = await loadRoots(dir, await stateOf(dir));
  return Buffer.from(bundleOf(roots)).toString('base64');
}

/** What is there, without changing anything. Throws a StoreError where nothing was issued, or a root is damaged. */
export async function listCertificates(dir: string): Promise<CertificateList> {
  const roots = await loadRoots(dir, await stateOf(dir));
  const leaves = await Promise.all(leafPlans.map((plan) => listLeaf(dir, plan)));
  return {
    roots: roots.map(({ id, phase, certificate }) => ({
      id,
      phase,
      notAfter: new Date(certificate.validTo),
    })),
    leaves,
  };
}

async function listLeaf(dir: string, plan: LeafPlan): Promise<LeafRow> {
  const leaf = await readLeaf(dir, plan);
  if (typeof leaf === 'string') return { plan, names: [], notAfter: undefined, fault: leaf };
  const { certificate } = leaf;
  return { plan, names: namesOf(certificate), notAfter: new Date(certificate.validTo), fault: undefined };
}

async function bringAllUpToDate(
  { dir, extraNames, now, onProgress, newKeyPair }: EnsureRequest,
  roots: readonly StoredRoot[],
  active: StoredRoot,
): Promise<LeafResult[]> {
  const signer = await loadSigner(dir, active);
  // A damaged key of the next root has to show while this one still signs.
  for (const root of roots) if (root.phase === 'staged') await loadSigner(dir, root);
  const bundle = bundleOf(roots);
  return Promise.all(
    leafPlans.map((plan) =>
      bringUpToDate({ dir, plan, extraNames, signer, bundle, now, newKeyPair }, (reason) =>
        onProgress?.(`${plan.folder}: new key (${reason})`),
      ),
    ),
  );
}

async function firstState({ dir, now, onProgress, newKeyPair }: EnsureRequest): Promise<RootState> {
  onProgress?.('root: new key');
  await createFirstRoot(dir, now, newKeyPair);
  return stateOf(dir);
}

/** Nothing verifies below a root that has expired, so there is no overlap to keep: the next root signs immediately. */
async function replaceEnded(request: EnsureRequest, { roots }: RootState): Promise<Ensured> {
  const { dir, now, onProgress, newKeyPair } = request;
  onProgress?.('root: new key (the last one has expired)');
  const staged = roots.find(({ phase }) => phase === 'staged');
  const id = staged?.id ?? (await createStoredRoot(dir, now, newKeyPair));
  await saveState(dir, { roots: [{ id, phase: 'active' }], settledAt: undefined });
  return ensureCertificates(request);
}

async function stateOf(dir: string): Promise<RootState> {
  const state = await loadState(dir);
  if (state === undefined) throw new StoreError('not-issued', dir);
  return state;
}

function activeOf(roots: readonly StoredRoot[]): StoredRoot {
  const active = roots.find(({ phase }) => phase === 'active');
  if (active === undefined) throw new Error('a parsed state has an active root');
  return active;
}
