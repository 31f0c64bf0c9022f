/** Subjects whose inputs are texts: those of a corpus, changed; now and then tokens alone. */
import type { Subject } from './harness.ts';
import { mutateText } from './mutate.ts';
import type { Random } from './random.ts';

interface TextSubject {
  readonly name: string;
  readonly covers: readonly string[];
  readonly corpus: readonly string[];
  readonly tokens?: readonly string[];
  readonly slice?: number;
  /** Errors that are this parser's own word for an input that is none. */
  readonly refusals?: readonly (abstract new (...parameters: never[]) => Error)[];
  readonly run: (text: string) => void | Promise<void>;
}

const MOST_TOKENS = 60;

function textFrom(random: Random, corpus: readonly string[], tokens: readonly string[]): string {
  if (tokens.length > 0 && random.chance(0.15))
    return Array.from({ length: random.below(MOST_TOKENS) }, () => random.pick(tokens)).join('');
  const text = random.pick(corpus);
  return random.chance(0.02) ? text : mutateText(random, text, tokens);
}

export function textSubject({ corpus, tokens = [], refusals = [], run, ...subject }: TextSubject): Subject {
  const isRefusal = (error: unknown): boolean => refusals.some((refusal) => error instanceof refusal);
  const refused = (error: unknown): void => {
    if (!isRefusal(error)) throw error;
  };
  return {
    ...subject,
    make: (random) => textFrom(random, corpus, tokens),
    run: (input) => {
      if (typeof input !== 'string') return undefined;
      try {
        return run(input)?.catch(refused);
      } catch (error) {
        refused(error);
        return undefined;
      }
    },
  };
}
