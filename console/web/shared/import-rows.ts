/** The rows of an import's preview, for the console that renders it and for the script. Zone 1, and zone 0: pure. */
import type { ImportPlan, ImportProblem } from '#envelope/import-plan.ts';
import { shownSize } from './quantities.ts';
import { text } from './text.ts';

/** Of a value in the preview; the rest is counted. */
const MAX_VALUE_SHOWN = 200;

export interface ImportRow {
  readonly line: number;
  /** Of what is read: its name, and its value as the preview shows it on request. */
  readonly entry?: { readonly name: string; readonly value: string; readonly size: string };
  /** Of what is refused. */
  readonly refused?: ImportProblem;
  readonly state: string;
  readonly warns: boolean;
  readonly notes: readonly string[];
}

function shownValue(value: string): string {
  const more = value.length - MAX_VALUE_SHOWN;
  return more > 0 ? value.slice(0, MAX_VALUE_SHOWN) + text.import.cut(more) : value;
}

export function importRows({ secrets, leftOut, refused }: ImportPlan): readonly ImportRow[] {
  const { states } = text.import;
  return [
    ...secrets.map(({ line, name, value, size, replaces, notes }): ImportRow => ({
      line,
      entry: { name, value: shownValue(value), size: shownSize(size) },
      state: replaces === undefined ? states.new : states.replace,
      warns: false,
      notes,
    })),
    ...leftOut.map(({ line, name, notes }): ImportRow => ({
      line,
      entry: { name, value: '', size: shownSize(0) },
      state: states.leftOut,
      warns: true,
      notes: [text.import.leftOut, ...notes],
    })),
    ...refused.flatMap((problem): ImportRow[] =>
      problem.line === undefined
        ? []
        : [{ line: problem.line, refused: problem, state: states.refused, warns: true, notes: [] }],
    ),
  ].sort((a, b) => a.line - b.line);
}

/** What is wrong with the whole text, for its field. */
export function wholeProblem({ refused }: ImportPlan): string | undefined {
  const whole = refused.find(({ line }) => line === undefined);
  return whole && text.import.about(whole);
}
