/** How subjects of the growth test are described: by tokens of text, or by steps that build an input. */
import type { Subject } from './harness.ts';

interface Common<Token> {
  readonly covers: readonly string[];
  readonly tokens: readonly Token[];
  readonly starts?: readonly (readonly Token[])[];
  /** Most tokens of one input. */
  readonly most?: number;
}

const MOST = 65_536;

function subjectOf<Token, Input>(
  { covers, tokens, starts = [], most = MOST }: Common<Token>,
  build: (sequence: readonly Token[]) => Input,
  run: (input: Input) => unknown,
): Subject {
  // What occurs only in a beginning is a token too, but last in the list, where the search does not pick it.
  const all = [...tokens, ...starts.flat().filter((token) => !tokens.includes(token))];
  return {
    covers,
    tokens: tokens.length,
    most,
    starts: starts.map((start) => start.map((token) => all.indexOf(token))),
    prepare: (sequence) => {
      // Indices of this list.
      const input = build(sequence.map((at) => all[at] as Token));
      return () => run(input);
    },
    show: (at) => {
      const token = all[at];
      return typeof token === 'function' ? token.name : JSON.stringify(token);
    },
  };
}

/** Text of these tokens. */
export function text(common: Common<string> & { readonly run: (text: string) => unknown }): Subject {
  return subjectOf(common, (sequence) => sequence.join(''), common.run);
}

/** Text that arrives in pieces, a token each. */
export function pieces(
  common: Common<string> & { readonly run: (pieces: readonly Buffer[]) => unknown },
): Subject {
  return subjectOf(common, (sequence) => sequence.map((token) => Buffer.from(token)), common.run);
}

/** A step adds to a draft; `at` tells the steps of one input apart. Its name is shown. */
export type Step<Draft> = (draft: Draft, at: number) => void;

export function steps<Draft>(
  common: Common<Step<Draft>> & { readonly draft: () => Draft; readonly run: (draft: Draft) => unknown },
): Subject {
  return subjectOf(
    common,
    (sequence) => {
      const draft = common.draft();
      for (const [at, step] of sequence.entries()) step(draft, at);
      return draft;
    },
    common.run,
  );
}
