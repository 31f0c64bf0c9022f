/**
 * How one root succeeds another without a failed handshake: pure, without a clock. Belongs to no zone;
 * docs/design.md#certificates.
 *
 * A root is `staged` (trusted, signs nothing), then `active` (trusted, signs), then `retired` (trusted, signs
 * nothing), then gone. Every service may be one step behind: what it trusts and what it presents still verify.
 *
 * | Step | Roots before | Roots after | Trusted | Leaves are from |
 * |---|---|---|---|---|
 * | stage | active A | active A, staged B | A, B | A |
 * | activate | active A, staged B | retired A, active B | A, B | B |
 * | drop | retired A, active B | active B | B | B |
 *
 * Stored as `root/state.json`: `{"version": 1, "roots": [{"id": 16 hex characters, "phase": text}, …] (oldest
 * first), "settledAt": ISO time or null}`.
 */
import { isJsonObject, parseJson } from '#envelope/json.ts';

export type Phase = 'staged' | 'active' | 'retired';

interface RootRecord {
  readonly id: string;
  readonly phase: Phase;
}

export interface RootState {
  /** Oldest first, so that the bundle of trusted roots is the same bytes before and after `activate`. */
  readonly roots: readonly RootRecord[];
  /** Since when every file on disk follows these phases; undefined while a step is being carried out. */
  readonly settledAt: Date | undefined;
}

/** A step that changes the roots. */
type Change = 'stage' | 'activate' | 'drop';

export type NextStep =
  | { readonly step: Change | 'settle' | 'rest' }
  | { readonly step: 'wait'; readonly until: Date; readonly then: Change };

interface RotationRules {
  /** How long a root is trusted before it signs, and again after it last signed. */
  readonly overlapMs: number;
  /** Whether a rotation may begin where none is under way. */
  readonly begin: boolean;
}

const ROOT_ID = /^[0-9a-f]{16}$/;
const SHAPES = ['active', 'active staged', 'retired active'];

/**
 * What to do at `now`. An unfinished step is finished first, and the overlap counts from its end:
 * a root that was never completely distributed never counts as trusted.
 */
export function nextStep(state: RootState, now: Date, { overlapMs, begin }: RotationRules): NextStep {
  if (state.settledAt === undefined) return { step: 'settle' };
  const then = changeUnderWay(state);
  if (then === undefined) return { step: begin ? 'stage' : 'rest' };
  const until = new Date(state.settledAt.getTime() + overlapMs);
  return now >= until ? { step: then } : { step: 'wait', until, then };
}

/** The state after a change, not settled yet. Throws where the change does not follow from the state. */
export function applyChange(state: RootState, change: Change, newRootId?: string): RootState {
  if ((changeUnderWay(state) ?? 'stage') !== change)
    throw new Error(`${change} does not follow: ${shape(state.roots)}`);
  return { roots: changedRoots(state.roots, change, newRootId), settledAt: undefined };
}

/** The text of `state.json`. */
export function encodeState({ roots, settledAt }: RootState): string {
  return `${JSON.stringify({ version: 1, roots, settledAt: settledAt?.toISOString() ?? null }, null, 2)}\n`;
}

/** Reads `state.json`; undefined for anything that `encodeState` would not have written. */
export function parseState(text: string): RootState | undefined {
  const state = readState(text);
  return state !== undefined && SHAPES.includes(shape(state.roots)) && encodeState(state) === text
    ? state
    : undefined;
}

function changeUnderWay({ roots }: RootState): Change | undefined {
  if (roots.some(({ phase }) => phase === 'staged')) return 'activate';
  return roots.some(({ phase }) => phase === 'retired') ? 'drop' : undefined;
}

function changedRoots(roots: readonly RootRecord[], change: Change, newRootId?: string): RootRecord[] {
  switch (change) {
    case 'stage':
      if (newRootId === undefined || !ROOT_ID.test(newRootId)) throw new Error('a new root needs an id');
      return [...roots, { id: newRootId, phase: 'staged' }];
    case 'activate':
      return roots.map(({ id, phase }) => ({ id, phase: phase === 'active' ? 'retired' : 'active' }));
    case 'drop':
      return roots.filter(({ phase }) => phase !== 'retired');
  }
}

function shape(roots: readonly RootRecord[]): string {
  return roots.map(({ phase }) => phase).join(' ');
}

function readState(text: string): RootState | undefined {
  const value = parseJson(text);
  if (!isJsonObject(value) || !Array.isArray(value['roots'])) return undefined;
  const { settledAt } = value;
  if (settledAt !== null && (typeof settledAt !== 'string' || Number.isNaN(Date.parse(settledAt))))
    return undefined;
  const roots = value['roots'].map(readRoot).filter((root) => root !== undefined);
  return { roots, settledAt: settledAt === null ? undefined : new Date(settledAt) };
}

function readRoot(value: unknown): RootRecord | undefined {
  if (!isJsonObject(value)) return undefined;
  const { id, phase } = value;
  if (typeof id !== 'string' || !ROOT_ID.test(id)) return undefined;
  return phase === 'staged' || phase === 'active' || phase === 'retired' ? { id, phase } : undefined;
}
