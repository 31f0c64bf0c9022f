/**
 * What a bench reports: a figure, with what it is measured against in the same run; and what a run of benches leaves: a
 * table on the terminal, and the same as JSON in bench/results/.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { columns } from '#platform/columns.ts';

export interface Figure {
  readonly bench: string;
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** The target: `atLeast` or `atMost` this. */
  readonly target?: { readonly atLeast: number } | { readonly atMost: number };
}

/** Runs one bench, reporting its progress. */
export type Bench = (say: (line: string) => void) => Promise<readonly Figure[]>;

function meets({ value, target }: Figure): boolean | undefined {
  if (!target) return undefined;
  return 'atLeast' in target ? value >= target.atLeast : value <= target.atMost;
}

function shown(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function targetOf({ target }: Figure): string {
  if (!target) return '';
  return 'atLeast' in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`;
}

function table(figures: readonly Figure[]): string {
  const mark = { true: 'yes', false: 'NO', undefined: '' };
  const rows = figures.map((figure) => [
    figure.bench,
    figure.what,
    `${shown(figure.value)} ${figure.unit}`.trim(),
    targetOf(figure),
    mark[String(meets(figure)) as keyof typeof mark], // true, false or undefined
  ]);
  return columns([['bench', 'what', 'value', 'target', 'met'], ...rows]);
}

/** The value below which this share of the samples lies. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

export function say(line: string): void {
  console.error(`\x1b[2m==> ${line}\x1b[0m`);
}

/** The prefix precedes the time in the file's name. */
export function report(figures: readonly Figure[], prefix = ''): void {
  const folder = new URL('results/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  const at = new Date().toISOString();
  const machine = { node: process.version, cores: availableParallelism() };
  const file = new URL(`${prefix}${at.replace(/[:.]/g, '-')}.json`, folder);
  writeFileSync(file, `${JSON.stringify({ at, machine, figures }, undefined, 2)}\n`);
  console.log(
    `${table(figures)}\n\n${at}, Node ${machine.node}, ${machine.cores} cores; also in ${file.pathname}`,
  );
}
