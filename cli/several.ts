/** One deed for each of several names: checked together, done one by one, told for each. Zone 0. */
import { nearest } from '#platform/nearest.ts';
import { Failure, failure } from './failure.ts';

interface Deed {
  /** As it is told: `Deleted`. */
  readonly done: string;
  /** Likewise, within a sentence: `not deleted`. */
  readonly notDone: string;
  /** Throws a Failure where it is not done. */
  readonly perform: (name: string) => Promise<void>;
}

interface NotDone {
  readonly name: string;
  /** Undefined: it was not tried. */
  readonly reason: Failure | undefined;
}

/** After these, the next would fail too. */
const ENDING: readonly Failure['kind'][] = ['login', 'unreachable', 'unexpected', 'interrupted'];

function told({ name, reason }: NotDone): string {
  return `${name} (${reason ? reason.message.replace(/\.$/, '') : 'not tried'})`;
}

/** The first reason's code and exit code. */
function partly(done: readonly string[], notDone: readonly NotDone[], deed: Deed, first: Failure): Failure {
  const parts = [
    done.length > 0 ? `${deed.done} ${done.join(', ')}; ${deed.notDone}` : capital(deed.notDone),
    notDone.map(told).join(', '),
  ];
  return new Failure({
    code: first.code,
    kind: first.kind,
    message: `${parts.join(': ')}.`,
    next: first.next,
    more: {
      done,
      notDone: notDone.map(({ name, reason }) => ({ name, code: reason?.code ?? 'not_tried' })),
    },
    cause: first,
  });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Throws a Failure that says for each what was done; one of one name is thrown as it is. */
export async function each(names: readonly string[], deed: Deed): Promise<void> {
  const done: string[] = [];
  const notDone: NotDone[] = [];
  let first: Failure | undefined;
  for (const name of names) {
    if (first && ENDING.includes(first.kind)) {
      notDone.push({ name, reason: undefined });
      continue;
    }
    try {
      await deed.perform(name);
      done.push(name);
    } catch (error) {
      if (!(error instanceof Failure) || names.length === 1) throw error;
      if (!first || ENDING.includes(error.kind)) first = error;
      notDone.push({ name, reason: error });
    }
  }
  if (first) throw partly(done, notDone, deed, first);
}

/** `Did you mean …? ` or nothing. */
export function meantSecret(unknown: readonly string[], existing: readonly string[]): string {
  const meant = [...new Set(unknown.flatMap((name) => nearest(name, existing) ?? []))];
  return meant.length > 0 ? `Did you mean ${meant.join(', ')}? ` : '';
}

/** Throws a Failure that names every one that there is not, and what was probably meant. */
export function demandSecrets(names: readonly string[], existing: readonly string[]): void {
  const all = new Set(existing);
  const unknown = names.filter((name) => !all.has(name));
  if (unknown.length === 0) return;
  throw failure(
    'secret_unknown',
    `You have no ${unknown.length === 1 ? 'secret' : 'secrets'} ${unknown.join(', ')}.`,
    `${meantSecret(unknown, existing)}twofold secrets list`,
  );
}
