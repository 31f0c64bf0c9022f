/** The matrix: what each theft reads, and what stopped it, as measured and as it was last written down. */
import { readFileSync, writeFileSync } from 'node:fs';
import { isPossible, seenBy, type Attempt } from './attempt.ts';
import type { Ground } from './ground.ts';
import { atKubernetes } from './kubernetes.ts';
import { logins } from './logins.ts';
import { fingerprint, only, together } from './loot.ts';
import { network } from './network.ts';
import { offline } from './offline.ts';
import { createReport, joined, type Result } from './report.ts';
import { reviews } from './reviews.ts';
import { services } from './services.ts';
import { keyOf, type Cell, type SetId } from './sets.ts';
import { tickets } from './tickets.ts';

export const attempts: readonly Attempt[] = [
  ...offline,
  ...tickets,
  ...logins,
  ...atKubernetes,
  ...services,
  ...reviews,
  ...network,
];

export interface Measured {
  /** With what is stolen and nothing else. */
  readonly alone: Result;
  /** With an ordinary account beside. */
  readonly account: Result;
}

export interface Thefts {
  cell(cell: Cell): Promise<Measured>;
  /** What this one attempt comes to with these sets. */
  attempt(attempt: Attempt, sets: readonly SetId[]): Promise<Result>;
}

/** Attempts are made one after the other; the same one with the very same copies once. */
export function createThefts({ world, sets, markers }: Ground): Thefts {
  const made = new Map<string, Promise<Result>>();
  const run = async (attempt: Attempt, ids: readonly SetId[]): Promise<Result | undefined> => {
    const held = only(together(...ids.map((id) => sets[id])), seenBy(attempt));
    if (!isPossible(attempt, held)) return undefined;
    const key = `${attempt.name} ${fingerprint(held)}`;
    const before = made.get(key);
    if (before) return await before;
    const report = createReport(markers);
    const result = attempt.run(held, world, report).then(() => report.result());
    made.set(key, result);
    return await result;
  };
  const all = async (ids: readonly SetId[]): Promise<Result> => {
    const results: Result[] = [];
    for (const attempt of attempts) {
      const result = await run(attempt, ids);
      if (result) results.push(result);
    }
    return joined(results);
  };
  return {
    attempt: async (attempt, ids) => (await run(attempt, ids)) ?? { read: [], stopped: ['not possible'] },
    cell: async (cell) => ({ alone: await all(cell), account: await all([...cell, 'account']) }),
  };
}

export type Matrix = Readonly<Record<string, Measured>>;

const file = new URL('matrix.json', import.meta.url);

/** As the last `make drills WRITE=yes` measured it. */
export function readMatrix(): Matrix {
  return JSON.parse(readFileSync(file, 'utf8')) as Matrix; // written below
}

/** A line for each cell, so that a change shows which. */
export function writeMatrix(matrix: Matrix): void {
  const lines = Object.entries(matrix).map(
    ([key, cell]) => `  ${JSON.stringify(key)}: ${JSON.stringify(cell)}`,
  );
  writeFileSync(file, `{\n${lines.join(',\n')}\n}\n`);
}

export function at(matrix: Matrix, cell: Cell): Measured {
  const measured = matrix[keyOf(cell)];
  if (!measured) throw new Error(`the matrix has no cell ${keyOf(cell)}: make drills WRITE=yes`);
  return measured;
}

/** Whether these together read what none of them reads apart. */
export function readsMore(matrix: Matrix, cell: Cell): boolean {
  return (['alone', 'account'] as const).some((by) => {
    const apart = cell.flatMap((set) => at(matrix, [set])[by].read);
    return at(matrix, cell)[by].read.some((secret) => !apart.includes(secret));
  });
}
