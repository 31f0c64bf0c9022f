/**
 * What each port of the console takes at once. Zone 1; docs/design.md#load. A port has a total of its own, so
 * that nobody who fills one keeps another from answering. A body is several times its length while it is
 * worked on (bytes, text, what is parsed, the form that comes back): the totals are held against the
 * container's memory limit in manifests/base/console.yaml by a test.
 */
import type { BodyGateConfig } from '#platform/body-gate.ts';

interface PortLimits extends BodyGateConfig {
  readonly maxConnections: number;
}

const MIB = 1024 * 1024;

export const portLimits = {
  /** Ten of the largest imports at once, two of them one person's. */
  public: { totalBytes: 32 * MIB, shareBytes: 8 * MIB, maxConnections: 1_000 },
  /** The webhooks alone. */
  resolve: { totalBytes: 12 * MIB, maxConnections: 250 },
  /** Any pod: 64 of the largest grants at once, 16 of them from one address. */
  claim: { totalBytes: 8 * MIB, shareBytes: 2 * MIB, maxConnections: 1_000 },
} as const satisfies Record<string, PortLimits>;
