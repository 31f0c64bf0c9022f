/** Prometheus metrics: one registry per service, names with units, bounded labels. No zone; docs/design.md#health. */
import { Counter, Histogram, Registry } from 'prom-client';

export interface Metrics {
  /** `labels` are names; their values must come from small fixed sets. */
  counter(name: string, help: string, labels?: readonly string[]): (labels?: Record<string, string>) => void;
  /** Observes seconds. */
  duration(
    name: string,
    help: string,
    labels?: readonly string[],
  ): (ms: number, labels?: Record<string, string>) => void;
  text(): Promise<string>;
}

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  return {
    counter: (name, help, labelNames = []) => {
      const counter = new Counter({ name, help, labelNames, registers });
      return (labels = {}) => counter.inc(labels);
    },
    duration: (name, help, labelNames = []) => {
      const histogram = new Histogram({ name, help, labelNames, buckets, registers });
      return (ms, labels = {}) => histogram.observe(labels, ms / 1000);
    },
    text: () => registry.metrics(),
  };
}
