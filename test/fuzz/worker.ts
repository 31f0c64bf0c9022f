/** One process of `make fuzz`: does what it is told, and says how far it is. */
import type { Finding } from './harness.ts';

/** A part of a subject's inputs. */
export interface Task {
  readonly subject: string;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

export type Message =
  | { readonly kind: 'ready' }
  | { readonly kind: 'next'; readonly index: number }
  | { readonly kind: 'done'; readonly findings: readonly Finding[] };

function say(message: Message): void {
  process.send?.(message);
}

// The console for tests closes itself behind mocha's last test; here whoever started one does.
Object.assign(globalThis, { after: () => undefined });
const { fuzz } = await import('./harness.ts');
const { closeSubjects, subjects } = await import('./subjects.ts');

process.on('message', ({ subject: name, ...range }: Task) => {
  const subject = subjects.find((each) => each.name === name);
  if (!subject) throw new Error(`no subject is called ${name}`);
  // What it rejects with ends this process, and is seen.
  void fuzz(subject, range, { onProgress: (index) => say({ kind: 'next', index }) }).then((findings) =>
    say({ kind: 'done', findings }),
  );
});
process.once('disconnect', () => void closeSubjects().then(() => process.exit()));
say({ kind: 'ready' });
