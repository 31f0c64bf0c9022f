/**
 * What an import of a dotenv file will do, for the page, its script and the command line, and every sentence about it.
 * No zone; docs/design.md#writing; pure. A file is imported whole or not at all. What is refused is told by its line and
 * length; no problem or note holds any input.
 */
import { utf8 } from './bytes.ts';
import { parseDotenv, type DotenvNote, type DotenvProblem, type DotenvProblemCode } from './dotenv.ts';
import { MAX_VALUE_BYTES } from './limits.ts';
import { SECRET_NAME_RULE, type SecretName } from './names.ts';

export const MAX_IMPORT_BYTES = 1024 * 1024;
const MAX_SECRETS = 1000;
/** Each becomes a row of the preview, which is far longer than the line it is about. */
const MAX_LEFT_OUT = 2000;

type ImportProblemCode =
  | DotenvProblemCode
  | 'file_too_large'
  | 'no_entries'
  | 'not_utf8'
  | 'too_many'
  | 'utf16_unmarked'
  | 'utf32'
  | 'value_too_large';

export interface ImportProblem {
  /** Absent where it is about the whole file. */
  readonly line?: number;
  readonly code: ImportProblemCode;
  readonly problem: string;
  readonly next: string;
}

export interface PlannedSecret {
  readonly line: number;
  readonly name: SecretName;
  readonly value: string;
  readonly size: number;
  readonly notes: readonly string[];
  /** The version that it replaces; undefined adds. */
  readonly replaces: number | undefined;
}

interface LeftOut {
  readonly line: number;
  readonly name: SecretName;
  readonly notes: readonly string[];
}

export interface ImportPlan {
  /** Stored if nothing is refused. */
  readonly secrets: readonly PlannedSecret[];
  /** Entries without a value, which no secret can be. */
  readonly leftOut: readonly LeftOut[];
  readonly refused: readonly ImportProblem[];
  /** About the whole file. */
  readonly notes: readonly string[];
}

function number(count: number): string {
  return count.toLocaleString('en');
}

function characters(count: number): string {
  return count === 1 ? '1 character' : `${number(count)} characters`;
}

type Told = readonly [problem: string, next: string];

const lineProblems: Readonly<Record<DotenvProblemCode, (length: number) => Told>> = {
  colon: () => ['it has “:” in place of “=”', 'Write NAME=value.'],
  name_malformed: (length) => [
    `what stands before “=” (${characters(length)}) cannot be a secret’s name`,
    `Choose another: ${SECRET_NAME_RULE}.`,
  ],
  not_assignment: (length) => [
    `it is not NAME=value (${characters(length)})`,
    'Write NAME=value; several lines need quotes.',
  ],
  quote_open: (length) => [
    `the quote before the value (${characters(length)} on this line) is not closed`,
    'Close it; if it belongs to the value, put the value in quotes of another kind.',
  ],
  several_lines: () => [
    'several lines need quotes',
    'Put one before the first character of the value and one after its last.',
  ],
  text_after_quote: () => [
    'there is text after the closing quote',
    'Put the whole value in quotes of a kind that it does not contain.',
  ],
  unread: () => [
    'nothing was read from here on: too many lines above cannot be',
    'Check that this is a .env file.',
  ],
};

const noteTexts: Readonly<Record<DotenvNote['code'], (count: number) => string>> = {
  backslash_kept: () => 'a backslash is kept as part of the value',
  backticks: () => 'backticks were taken as quotes, not as part of the value',
  comment_cut: (count) => `a comment was cut off (${characters(count)}); put the value in quotes to keep it`,
  duplicate: (line) => `line ${line} has the same name; this one, the last, is taken`,
  escapes_read: () =>
    'backslashes were taken as escapes, “\\n” as a line end; single quotes keep them as they are',
  escapes_unread: () => '“\\n” stays two characters; in double quotes it is a line end',
  hash_kept: () => '“#” is part of the value: a comment needs a space before it',
  line_ends: () => 'its line ends become LF',
  reference_kept: () => '“${…}” is kept as it is; nothing is expanded',
  space_dropped: () => 'unusual white space around it was dropped; put the value in quotes to keep it',
  typographic_quotes: () => 'typographic quotes are part of the value',
};

function told({ line, code, length }: DotenvProblem): ImportProblem {
  const [problem, next] = lineProblems[code](length);
  return { line, code, problem, next };
}

function noteText({ code, count = 0 }: DotenvNote): string {
  return noteTexts[code](count);
}

type DecodedImport =
  | { readonly ok: true; readonly text: string; readonly notes: readonly string[] }
  | { readonly ok: false; readonly refused: ImportProblem };

function unreadable(code: ImportProblemCode, problem: string, line?: number): DecodedImport {
  const next = 'Save it as UTF-8; a file that is not text can be stored as one secret.';
  return { ok: false, refused: { ...(line === undefined ? {} : { line }), code, problem, next } };
}

const TOO_LARGE: ImportProblem = {
  code: 'file_too_large',
  problem: 'it has more than 1 MiB',
  next: 'Split it, or store it as one secret if it is a single value.',
};

function decoded(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The first line, counted from 1, that is not UTF-8. */
function foreignLine(bytes: Uint8Array): number {
  let [line, from] = [1, 0];
  for (let at = 0; at <= bytes.length; at += 1) {
    const ends = at === bytes.length || bytes[at] === 0x0a || (bytes[at] === 0x0d && bytes[at + 1] !== 0x0a);
    if (!ends) continue;
    if (decoded(bytes.subarray(from, at), 'utf-8') === undefined) return line;
    line += 1;
    from = at + 1;
  }
  return line;
}

function startsWith(bytes: Uint8Array, ...start: readonly number[]): boolean {
  return start.every((byte, at) => bytes[at] === byte);
}

/** The text of a file: UTF-8, or UTF-16 with a byte order mark. */
export function decodeImport(bytes: Uint8Array): DecodedImport {
  if (bytes.length > MAX_IMPORT_BYTES) return { ok: false, refused: TOO_LARGE };
  if (startsWith(bytes, 0xff, 0xfe, 0, 0) || startsWith(bytes, 0, 0, 0xfe, 0xff))
    return unreadable('utf32', 'it is UTF-32');
  const [first, second, third, fourth] = bytes;
  if (
    (first === 0) !== (second === 0) &&
    (third === 0) === (first === 0) &&
    (fourth === 0) === (second === 0)
  )
    return unreadable('utf16_unmarked', 'it looks like UTF-16, without a byte order mark');
  const wide = startsWith(bytes, 0xff, 0xfe)
    ? 'utf-16le'
    : startsWith(bytes, 0xfe, 0xff)
      ? 'utf-16be'
      : undefined;
  const text = decoded(bytes, wide ?? 'utf-8');
  if (text !== undefined) {
    const notes = [
      ...(wide === undefined ? [] : ['It is UTF-16, by its byte order mark; values are stored as UTF-8.']),
      ...(startsWith(bytes, 0xef, 0xbb, 0xbf) ? ['Its byte order mark was dropped.'] : []),
    ];
    return { ok: true, text, notes };
  }
  return wide === undefined
    ? unreadable('not_utf8', 'it is not UTF-8; perhaps Latin-1 or Windows-1252', foreignLine(bytes))
    : unreadable('not_utf8', 'it is not valid UTF-16, which its byte order mark says');
}

function valueProblem(line: number, size: number, most: number): ImportProblem {
  return {
    line,
    code: 'value_too_large',
    problem: `the value has ${number(size)} bytes, ${number(size - most)} more than the limit of ${number(most)}`,
    next: 'Store larger data elsewhere, and its key here.',
  };
}

export interface ImportLimits {
  /** Of secrets that there are, by name. */
  readonly versions: ReadonlyMap<string, number>;
  readonly maxValueBytes?: number;
}

/** Nothing is to be stored if anything is refused. */
export function planImport(
  source: string,
  { versions, maxValueBytes = MAX_VALUE_BYTES }: ImportLimits,
): ImportPlan {
  if (utf8(source).length > MAX_IMPORT_BYTES)
    return { secrets: [], leftOut: [], refused: [TOO_LARGE], notes: [] };
  const { entries, problems, crLineEnds } = parseDotenv(source);
  const secrets: PlannedSecret[] = [];
  const leftOut: LeftOut[] = [];
  const refused = problems.map(told);
  for (const { name, value, line, notes: found } of entries) {
    if (secrets.length === MAX_SECRETS || leftOut.length === MAX_LEFT_OUT) {
      const problem = `an import has at most ${number(MAX_SECRETS)} secrets`;
      refused.push({
        line,
        code: 'too_many',
        problem,
        next: 'Move this line and those below it to another file.',
      });
      break;
    }
    const [size, notes] = [utf8(value).length, found.map(noteText)];
    if (size === 0) leftOut.push({ line, name, notes });
    else if (size > maxValueBytes) refused.push(valueProblem(line, size, maxValueBytes));
    else secrets.push({ line, name, value, size, notes, replaces: versions.get(name) });
  }
  if (secrets.length === 0 && refused.length === 0) {
    const problem = 'there is no NAME=value with a value in it';
    refused.push({ code: 'no_entries', problem, next: 'Check that this is a .env file.' });
  }
  return {
    secrets,
    leftOut,
    refused: refused.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)),
    notes: crLineEnds ? ['Lines end in CR alone; each was taken as a line end.'] : [],
  };
}
