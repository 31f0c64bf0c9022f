/** The person at the terminal: questions on standard error, a value typed without echo. Zone 0. */
import { createInterface } from 'node:readline';
import type { ReadStream } from 'node:tty';
import { failure } from './failure.ts';
import { createHiddenLine } from './hidden-line.ts';
import { shown } from '#platform/shown.ts';

const PASTE_ON = '\x1b[?2004h';
const PASTE_OFF = '\x1b[?2004l';

export interface Terminal {
  /** Whether anyone can answer: standard input is a terminal. */
  readonly interactive: boolean;
  /** What is typed or pasted, without echo; the caller wipes it. */
  askHidden(question: string): Promise<Buffer>;
  confirm(question: string): Promise<boolean>;
  /** Restores the previous mode; harmless if repeated, and called on every exit. */
  restore(): void;
}

interface Streams {
  readonly stdin: ReadStream;
  readonly stderr: NodeJS.WritableStream;
}

function interrupted(): Error {
  return failure('interrupted', 'Cancelled; nothing was stored.');
}

export function createTerminal({ stdin, stderr }: Streams): Terminal {
  let raw = false;
  const restore = (): void => {
    if (!raw) return;
    raw = false;
    stdin.setRawMode(false);
    stderr.write(`${PASTE_OFF}\n`);
  };

  const readHidden = (): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const line = createHiddenLine();
      const end = (settle: () => void): void => {
        stdin.off('data', take).off('end', broken).pause();
        line.wipe();
        settle();
      };
      const broken = (): void => end(() => reject(interrupted()));
      const take = (chunk: Buffer): void => {
        const state = line.feed(chunk);
        chunk.fill(0);
        if (state === 'more') return;
        if (state === 'entered') {
          const value = line.take();
          end(() => resolve(value));
        } else if (state === 'interrupted') broken();
        else {
          const next = 'Use --file FILE, or send the value to standard input.';
          end(() =>
            reject(failure('several_lines', 'The value has several lines; nothing was stored.', next)),
          );
        }
      };
      stdin.on('data', take).once('end', broken).resume();
    });

  return {
    interactive: stdin.isTTY,
    askHidden: async (question) => {
      // Before the question: whoever sees that types, and nothing typed may be echoed.
      stdin.setRawMode(true);
      raw = true;
      stderr.write(`${PASTE_ON}${shown(question)} (not shown): `);
      try {
        return await readHidden();
      } finally {
        restore();
      }
    },
    confirm: async (question) => {
      // Not in readline's terminal mode: Ctrl-C stays a signal.
      const lines = createInterface({ input: stdin, output: stderr, terminal: false });
      try {
        stderr.write(`${shown(question)} [y/N] `);
        for await (const line of lines) return /^\s*y(es)?\s*$/i.test(line);
        return false;
      } finally {
        lines.close();
        stdin.pause();
      }
    },
    restore,
  };
}
