/**
 * `keys`: which key ids rows have, and how many. Zone 1; docs/design.md#keys: a key may go only when no row
 * has it.
 */
import { parseKid } from '#envelope/names.ts';
import type { AtRestKeys } from '../core/keys.ts';
import type { Inspection } from '../store/inspection.ts';

/**
 * Envelope keys: `active`, `retired`, or `unlisted` if the database does not know them. At-rest keys: `newest`,
 * `older` or `missing` in the key file; `unknown` if there is no file.
 */
type KeyState = 'active' | 'retired' | 'unlisted' | 'newest' | 'older' | 'missing' | 'unknown';

interface KeyLine {
  readonly use: string;
  readonly kid: string;
  readonly state: KeyState;
  readonly rows: number;
}

type Carriers = readonly { readonly kid: string; readonly rows: number }[];

function shown(kid: string): string {
  return parseKid(kid) ?? '(not a key id)';
}

function merge(
  use: string,
  states: ReadonlyMap<string, KeyState>,
  carriers: Carriers,
  otherwise: KeyState,
): KeyLine[] {
  const rows = new Map(carriers.map((carrier) => [carrier.kid, carrier.rows]));
  return [...new Set([...states.keys(), ...rows.keys()])].map((kid) => ({
    use,
    kid: shown(kid),
    state: states.get(kid) ?? otherwise,
    rows: rows.get(kid) ?? 0,
  }));
}

async function envelopeStates(inspection: Inspection): Promise<Map<string, KeyState>> {
  const states = new Map<string, KeyState>();
  for await (const page of inspection.pages('keys')) {
    for (const { kid, state } of page) states.set(String(kid), state === 'active' ? 'active' : 'retired');
  }
  return states;
}

export async function listKeys(
  inspection: Inspection,
  atRest: AtRestKeys | undefined,
): Promise<readonly KeyLine[]> {
  const kept = new Map<string, KeyState>(
    [...(atRest?.byKid.keys() ?? [])].map((kid) => [kid, kid === atRest?.newest.kid ? 'newest' : 'older']),
  );
  return [
    ...merge('envelope', await envelopeStates(inspection), await inspection.carriers('secrets'), 'unlisted'),
    ...merge('at-rest', kept, await inspection.carriers('user_keys'), atRest ? 'missing' : 'unknown'),
  ];
}
