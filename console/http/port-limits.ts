/**
 * What each port of the console accepts at a time. Zone 1; docs/design.md#load. Each port has its own total, so
 * that filling one does not stop another from answering. A body takes several times its length while it is
 * processed (bytes, text, parsed value, the form sent back): a test compares the totals with the
 * container's memory limit in manifests/base/console.yaml.
 */
import type { BodyGateConfig } from '#platform/body-gate.ts';

interface PortLimits extends BodyGateConfig {
  readonly maxConnections: number;
}

const MIB = 1024 * 1024;

export const portLimits = {
  /** Ten of the largest imports at a time, two of them one person's. */
  public: { totalBytes: 32 * MIB, shareBytes: 8 * MIB, maxConnections: 1_000 },
  /** Only webhooks. */
  resolve: { totalBytes: 12 * MIB, maxConnections: 250 },
  /** Any pod: 64 of the largest grants at a time, 16 of them from one address. */
  claim: { totalBytes: 8 * MIB, shareBytes: 2 * MIB, maxConnections: 1_000 },
} as const satisfies Record<string, PortLimits>;
