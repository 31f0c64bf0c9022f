/** What a run of benches leaves: a table on the terminal, and the same as JSON in bench/results/. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { table, type Figure } from './figure.ts';

export function say(line: string): void {
  console.error(`\x1b[2m==> ${line}\x1b[0m`);
}

/** The prefix goes before the time in the file's name. */
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
