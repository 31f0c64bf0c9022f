/**
 * What may be typed into the forms, and what an import of a .env file will do: the console's rules, which the script in
 * the browser applies while a person types. Zone 1, and zone 0 through the page's bundle: pure.
 */
import { utf8 } from '#envelope/bytes.ts';
import { parseDotenv } from '#envelope/dotenv.ts';
import { MAX_NAME_LENGTH, MAX_VALUE_BYTES } from '#envelope/limits.ts';
import type { SecretName } from '#envelope/names.ts';
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

export interface PlannedSecret {
  readonly line: number;
  readonly name: SecretName;
  readonly value: string;
  readonly size: number;
  /** The version that it replaces; undefined adds. */
  readonly replaces: number | undefined;
}

interface LeftOut {
  readonly line: number;
  readonly problem: string;
}

export interface ImportPlan {
  readonly secrets: readonly PlannedSecret[];
  readonly leftOut: readonly LeftOut[];
}

export const MAX_IMPORT_BYTES = 1024 * 1024;
const MAX_SECRETS = 1000;
/** Each becomes a row of the preview, which is far longer than the line it is about. */
const MAX_LEFT_OUT = 2000;

/** A value is identified only by its line: no problem shows one. */
export function planImport(
  source: string,
  versions: ReadonlyMap<string, number>,
  maxBytes: number,
): ImportPlan {
  const { entries, problems } = parseDotenv(source);
  const secrets: PlannedSecret[] = [];
  const leftOut: LeftOut[] = [...problems];
  for (const { name, value, line } of entries) {
    const size = utf8(value).length;
    const full = secrets.length === MAX_SECRETS || leftOut.length >= MAX_LEFT_OUT;
    if (full) {
      leftOut.push({ line, problem: `${name}: ${text.import.problems.tooMany}` });
      break;
    }
    const problem = size === 0 ? text.import.problems.empty : valueProblem(size, maxBytes);
    if (problem === undefined) secrets.push({ line, name, value, size, replaces: versions.get(name) });
    else leftOut.push({ line, problem: `${name}: ${problem}` });
  }
  return { secrets, leftOut: leftOut.toSorted((a, b) => a.line - b.line) };
}
