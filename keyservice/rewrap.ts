/**
 * `rewrap`: the same inner tokens under the newest key, for key rotation. Zone 3; docs/design.md#outer-layer.
 * It accepts no key from the caller, and copies every header member except `kid`. No token leaves the worker thread.
 */
import type { Kid, SecretId } from '#envelope/names.ts';
import { ok } from '#envelope/result.ts';
import { checkKeys, parseEnvelopes, type KeySizes } from './envelopes.ts';
import { refusalOf, type OuterLayer } from './outer-layer.ts';
import type { AuditedCall, Records } from './records.ts';
import type { Outcome } from './refusals.ts';

interface RewrapRequest {
  /** Common name of the caller's certificate. */
  readonly client: string;
  /** 1 to 256. */
  readonly envelopes: readonly string[];
}

interface RewrappedEnvelope {
  readonly id: SecretId;
  /** The newest key's. */
  readonly kid: Kid;
  readonly envelope: string;
}

interface RewrapAnswer {
  /** In the order of the request. */
  readonly envelopes: readonly RewrappedEnvelope[];
}

interface RewrapPorts {
  readonly outerLayer: OuterLayer;
  readonly records: Records;
}

interface RewrapConfig {
  readonly keySizes: KeySizes;
  readonly newestKid: Kid;
}

export interface Rewrap {
  (request: RewrapRequest): Promise<Outcome<RewrapAnswer>>;
}

/** Answers all envelopes or none. */
export function createRewrap({ outerLayer, records }: RewrapPorts, config: RewrapConfig): Rewrap {
  const seal = async (asking: AuditedCall, texts: readonly string[]): Promise<Outcome<RewrapAnswer>> => {
    const parsed = parseEnvelopes(texts);
    const checked = parsed.ok ? checkKeys(parsed.value, config.keySizes) : parsed;
    if (!checked.ok) return checked;
    const asked = await records.asked(asking, checked.value);
    if (!asked.ok) return asked;
    const opened = await outerLayer.run('rewrap', checked.value);
    if (!opened.ok) return { ok: false, refusal: refusalOf(opened, checked.value) };
    const envelopes = checked.value.map(({ header }, at) => {
      const envelope = opened.texts[at];
      if (envelope === undefined) throw new Error('fewer envelopes were sealed than opened');
      return { id: header.secretId, kid: config.newestKid, envelope };
    });
    const released = await records.released(asking, envelopes.length);
    return released.ok ? ok({ envelopes }) : released;
  };

  return async ({ client, envelopes }) => {
    const asking = { operation: 'rewrap', client } as const;
    const outcome = await seal(asking, envelopes);
    if (outcome.ok || outcome.refusal.code === 'audit_unavailable') return outcome;
    return { ok: false, refusal: await records.refused(asking, outcome.refusal) };
  };
}
