/** The matrix of pods and namespaces, as it was last written down. */
import { readFileSync, writeFileSync } from 'node:fs';
import { keyOf, type Place } from './constraints.ts';
import { shapes, type Shape } from './shapes.ts';

/** What became of a pod in a namespace, with secrets compared with the same pod without. */
export const outcomes = {
  /** Admitted, with the same QoS class and the same effective requests and limits. */
  same: '=',
  /** Not admitted without secrets either. */
  never: '·',
  /** Admitted without secrets; with them refused as `memory_too_small`. */
  tooSmall: 'm',
} as const;
export type Outcome = (typeof outcomes)[keyof typeof outcomes];

export interface Matrix {
  /** What a person is told where it is `tooSmall`. */
  readonly message: string;
  /** By place, a letter for each shape. */
  readonly cells: Readonly<Record<string, string>>;
}

const file = new URL('matrix.json', import.meta.url);

/** As the last `make test-resources WRITE=yes` measured it. */
export function readMatrix(): Matrix {
  return JSON.parse(readFileSync(file, 'utf8')) as Matrix; // written below
}

export function writeMatrix(matrix: Matrix): void {
  writeFileSync(file, `${JSON.stringify(matrix, undefined, 2)}\n`);
}

export function at({ cells }: Matrix, place: Pick<Place, 'quota' | 'limitRange'>, shape: Shape): string {
  const outcome = cells[keyOf(place)]?.[shapes.indexOf(shape)];
  if (outcome === undefined)
    throw new Error(`the matrix has no cell ${keyOf(place)}, ${shape.name}: make test-resources WRITE=yes`);
  return outcome;
}
