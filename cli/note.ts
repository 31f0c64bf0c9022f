/** A secret's note, as it is given at the command line. Zone 0; docs/design.md#database. */
import { looksLikeValue, NOTE_RULE, parseNote } from '#envelope/note.ts';
import type { Context } from './command.ts';
import { failure } from './failure.ts';

export const noteOptions = {
  note: { value: 'TEXT', doc: `A note: ${NOTE_RULE}. It is not encrypted, and shown in lists.` },
  yes: { short: 'y', doc: 'Do not ask about a note that looks like a value.' },
} as const;

/** Throws a Failure, which does not show it, where it is none. */
export function demandNote(text: string | undefined): string | undefined {
  const note = text === undefined ? text : parseNote(text);
  if (text !== undefined && note === undefined)
    throw failure('note_malformed', `--note is not ${NOTE_RULE}.`, 'Shorten it.');
  return note;
}

/** Asks where the note looks like a value, or contains this one. */
export async function demandReadable(
  { terminal }: Pick<Context, 'terminal'>,
  note: string | undefined,
  { yes, value }: { readonly yes: boolean; readonly value?: Buffer },
): Promise<void> {
  if (note === undefined || yes || !looksLikeValue(note, value?.toString())) return;
  const told = 'The note looks as if it contained a secret value, and a note can be read';
  if (!terminal.interactive)
    throw failure('note_like_value', `${told}.`, 'Leave the value out, or add --yes if it is none.');
  if (!(await terminal.confirm(`${told}. Store it?`))) throw failure('not_confirmed', 'Nothing was stored.');
}
