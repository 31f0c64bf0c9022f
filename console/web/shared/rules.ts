/**
 * What may be typed into the forms: the console's rules, which the script in the browser applies while a person types.
 * Zone 1, and zone 0 through the page's bundle: pure.
 */
import { MAX_NAME_LENGTH, MAX_VALUE_BYTES } from '#envelope/limits.ts';
import { MAX_NOTE_LENGTH, parseNote } from '#envelope/note.ts';
import { text } from './text.ts';

/** What is wrong with a name, in words for a person; undefined for a valid one. */
export function nameProblem(name: string): string | undefined {
  const said = text.name;
  if (name === '') return said.missing;
  if (/\s$|^\s/.test(name)) return said.spaceAround;
  if (/\s/.test(name)) return said.spaceInside;
  if (name === '.' || name.startsWith('..')) return said.dots;
  if (name.length > MAX_NAME_LENGTH) return said.long(name.length, MAX_NAME_LENGTH);
  const foreign = /[^A-Za-z0-9._-]/u.exec(name)?.[0];
  if (foreign === undefined) return undefined;
  const plain = foreign.normalize('NFKC');
  return /^[A-Za-z0-9._-]+$/.test(plain) ? said.lookalike(foreign, plain) : said.foreign(foreign);
}

export function valueProblem(bytes: number, most: number = MAX_VALUE_BYTES): string | undefined {
  if (bytes === 0) return text.value.missing;
  return bytes > most ? text.value.long(bytes, most) : undefined;
}

export function noteProblem(note: string): string | undefined {
  if (parseNote(note) !== undefined) return undefined;
  const length = Array.from(note.trim()).length;
  return length > MAX_NOTE_LENGTH ? text.note.long(length, MAX_NOTE_LENGTH) : text.note.foreign;
}

/** A list this long gets a field to find secrets by name. */
export const FILTER_FROM = 10;
