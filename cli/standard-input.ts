/** Standard input as commands read it. Zone 0. */
import { codeOf, failure } from './failure.ts';

export type ByteSource = AsyncIterable<Buffer | string>;

interface StandardInput {
  readonly stdin: ByteSource & { readonly isTTY?: boolean };
  readonly note: (line: string) => void;
}

/** Says when it waits for someone to type; an error in reading is a Failure. */
export function standardInput({ stdin, note }: StandardInput): ByteSource {
  return {
    async *[Symbol.asyncIterator]() {
      if (stdin.isTTY === true)
        note('Reading from this terminal, which shows what is typed, until Ctrl-D on a line of its own …');
      try {
        yield* stdin;
      } catch (error) {
        const code = codeOf(error) ?? 'unreadable';
        throw failure(
          'file_unusable',
          `Standard input cannot be read (${code}).`,
          'Check where it comes from.',
          error,
        );
      }
    },
  };
}
