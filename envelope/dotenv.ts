/**
 * Dotenv files, for import by page and command line. No zone; pure.
 *
 * | line | means |
 * |---|---|
 * | blank, `# …` | nothing |
 * | `NAME=value`, `export NAME=value` | up to the line's end, or to a `#` after white space, without white space around it |
 * | `NAME='…'`, `` NAME=`…` `` | exactly what is between the quotes, over several lines if need be |
 * | `NAME="…"` | the same, with `\n \r \t \" \\` unescaped |
 *
 * Lines end in LF, CR LF or CR; within a value they become LF. `${NAME}` is never expanded. Of lines with one name the
 * last counts. Where npm dotenv, python-dotenv and Node agree on a value, so does this (test/vectors/dotenv.json); an
 * entry on which they may differ has a note, and a line that cannot be read is a problem. Neither holds any input.
 */
import { parseSecretName, type SecretName } from './names.ts';

type DotenvNoteCode =
  | 'backslash_kept'
  | 'backticks'
  | 'comment_cut'
  | 'duplicate'
  | 'escapes_read'
  | 'escapes_unread'
  | 'hash_kept'
  | 'line_ends'
  | 'reference_kept'
  | 'space_dropped'
  | 'typographic_quotes';

export interface DotenvNote {
  readonly code: DotenvNoteCode;
  /** Of `comment_cut`, the characters; of `duplicate`, the earlier line. */
  readonly count?: number;
}

interface DotenvEntry {
  readonly name: SecretName;
  /** May be empty, which no secret is. */
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
  readonly notes: readonly DotenvNote[];
}

export type DotenvProblemCode =
  | 'colon'
  | 'name_malformed'
  | 'not_assignment'
  | 'quote_open'
  | 'several_lines'
  | 'text_after_quote'
  | 'unread';

export interface DotenvProblem {
  readonly line: number;
  readonly code: DotenvProblemCode;
  /** Characters of the name, of the line or of the value that is refused. */
  readonly length: number;
}

interface Dotenv {
  readonly entries: readonly DotenvEntry[];
  readonly problems: readonly DotenvProblem[];
  /** Whether lines end in CR alone. */
  readonly crLineEnds: boolean;
}

/** A file that is not dotenv at all has a problem on every line, and each costs much more than its line. */
const MAX_PROBLEMS = 1000;
const ASSIGNMENT = /^[ \t]*(?:export[ \t]+)?([^=\s#"'`]+)[ \t]*=/;
const NOTHING = /^[ \t]*(#[^\n]*)?$/;
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };
const PEM_BEGIN = /- ?BEGIN /;
const PEM_END = /- ?END /;
/** A full line of wrapped base64, and a last one whose padding looks like an assignment of nothing. */
const BASE64_LINE = /^[A-Za-z0-9+/]{60,}$/;
const BASE64_END = /^(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])[A-Za-z0-9+/]+=$|^[A-Za-z0-9+/]+==$/;
const BASE64_ANY = /^[ \t]*[A-Za-z0-9+/]+={0,2}[ \t]*$/;

interface Read {
  readonly value: string;
  readonly end: number;
  readonly quoted: boolean;
  readonly notes: readonly DotenvNote[];
}

type ReadValue = Read | { readonly problem: DotenvProblemCode };

function notesOf(found: Readonly<Partial<Record<DotenvNoteCode, boolean>>>): readonly DotenvNote[] {
  return Object.entries(found).flatMap(([code, is]) => (is ? [{ code: code as DotenvNoteCode }] : []));
}

/** Where the quote that opened just before `from` closes, or -1. A backslash escapes in double quotes only. */
function closing(text: string, mark: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    if (mark === '"' && text[at] === '\\') at += 1;
    else if (text[at] === mark) return at;
  }
  return -1;
}

/** Where a comment begins, at a `#` after white space, or the length. Each `#` is searched for once, so this is linear. */
function commentStart(text: string): number {
  for (let at = text.indexOf('#'); at >= 0; at = text.indexOf('#', at + 1)) {
    if (/\s/.test(text[at - 1] ?? '')) return at;
  }
  return text.length;
}

function lineEnd(text: string, from: number): number {
  const at = text.indexOf('\n', from);
  return at < 0 ? text.length : at;
}

function readUnquoted(text: string, from: number): ReadValue {
  const end = lineEnd(text, from);
  const rest = text.slice(from, end);
  const comment = commentStart(rest);
  const taken = rest.slice(0, comment);
  const value = taken.trim();
  if (PEM_BEGIN.test(value) && !PEM_END.test(value)) return { problem: 'several_lines' };
  const cut = rest.slice(comment).trimEnd().length;
  return {
    value,
    end,
    quoted: false,
    notes: [
      ...(cut > 0 ? [{ code: 'comment_cut', count: cut } as const] : []),
      ...notesOf({
        hash_kept: value.includes('#'),
        reference_kept: /\$[{(]/.test(value),
        escapes_unread: PEM_BEGIN.test(value) && value.includes('\\n'),
        space_dropped: /^[ \t]*[^\S \t]|[^\S \t][ \t]*$/.test(taken),
        typographic_quotes: /^[\u2018-\u201f]|[\u2018-\u201f]$/.test(value),
      }),
    ],
  };
}

function readQuoted(text: string, mark: string, from: number, hasCr: boolean): ReadValue {
  const close = closing(text, mark, from);
  if (close < 0) return { problem: 'quote_open' };
  const end = lineEnd(text, close);
  if (!NOTHING.test(text.slice(close + 1, end))) return { problem: 'text_after_quote' };
  const inner = text.slice(from, close);
  const escaping = mark === '"';
  const found = { read: false, kept: !escaping && inner.endsWith('\\') };
  const value = escaping
    ? inner.replaceAll(/\\([^\n])/g, (whole, symbol: string) => {
        const escaped = escapes[symbol];
        if (escaped === undefined) found.kept ||= symbol !== '$';
        else found.read = true;
        return escaped ?? whole;
      })
    : inner;
  return {
    value,
    end,
    quoted: true,
    notes: notesOf({
      backticks: mark === '`',
      escapes_read: found.read,
      backslash_kept: found.kept,
      escapes_unread: !escaping && PEM_BEGIN.test(inner) && inner.includes('\\n'),
      line_ends: hasCr && inner.includes('\n'),
      reference_kept: /\$[{(]/.test(value),
    }),
  };
}

/** The value whose `=` stands just before `from`, and where its line ends. */
function readValue(text: string, from: number, hasCr: boolean): ReadValue {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t') at += 1;
  const mark = text[at] ?? '';
  return mark !== '' && '"\'`'.includes(mark)
    ? readQuoted(text, mark, at + 1, hasCr)
    : readUnquoted(text, from);
}

/** Whether this assignment is rather the end of base64 that began on the line before. */
function endsBase64(source: string, name: string, before: string | undefined): boolean {
  return (
    before !== undefined &&
    source.length % 4 === 0 &&
    BASE64_END.test(source) &&
    (source.length === name.length + 2 || BASE64_LINE.test(before))
  );
}

/** Gives, for ever later positions, where the key that begins there ends, so that nobody takes its lines for names. */
function createKeySkip(text: string): (from: number) => number {
  const ends = [...text.matchAll(/- ?END /g)].map(({ index }) => index);
  let next = 0;
  return (from) => {
    while (next < ends.length && (ends[next] ?? 0) < from) next += 1;
    const found = ends[next];
    if (found !== undefined) return lineEnd(text, found);
    let end = lineEnd(text, from);
    while (end < text.length && BASE64_ANY.test(text.slice(end + 1, lineEnd(text, end + 1))))
      end = lineEnd(text, end + 1);
    return end;
  };
}

/** Linear in the file's length, whatever it holds. */
export function parseDotenv(file: string): Dotenv {
  const hasCr = file.includes('\r');
  const text = file.replace(/^\uFEFF/, '').replaceAll(/\r\n?/g, '\n');
  const entries = new Map<string, DotenvEntry>();
  const problems: DotenvProblem[] = [];
  const skipKey = createKeySkip(text);
  /** The unquoted value of the line before. */
  let before: string | undefined;
  const take = (name: string, { value, notes }: Read, line: number): void => {
    const parsed = parseSecretName(name);
    if (!parsed) {
      problems.push({ line, code: 'name_malformed', length: name.length });
      return;
    }
    const earlier = entries.get(name);
    entries.delete(name);
    const repeated = earlier ? [{ code: 'duplicate', count: earlier.line } as const] : [];
    entries.set(name, { name: parsed, value, line, notes: [...repeated, ...notes] });
  };
  /** The end of what this line begins. */
  const readLine = (at: number, line: number): number => {
    const end = lineEnd(text, at);
    const source = text.slice(at, end);
    const last = before;
    before = undefined;
    if (NOTHING.test(source)) return end;
    const refuse = (code: DotenvProblemCode, length: number): number => {
      problems.push({ line, code, length });
      return PEM_BEGIN.test(source) ? skipKey(at) : end;
    };
    const assignment = ASSIGNMENT.exec(source);
    if (!assignment) {
      const colon = /^[ \t]*[A-Za-z0-9._-]+:[ \t]/.test(source);
      return refuse(colon ? 'colon' : 'not_assignment', source.length);
    }
    const [whole, name = ''] = assignment;
    const read = readValue(text, at + whole.length, hasCr);
    if ('problem' in read) return refuse(read.problem, source.length - whole.length);
    if (endsBase64(source, name, last)) return refuse('several_lines', source.length);
    take(name, read, line);
    before = read.quoted || read.value === '' ? undefined : read.value;
    return read.end;
  };
  let [at, line] = [0, 1];
  while (at < text.length) {
    if (problems.length === MAX_PROBLEMS) {
      problems.push({ line, code: 'unread', length: text.length - at });
      break;
    }
    const end = readLine(at, line);
    line += text.slice(at, end).split('\n').length;
    at = end + 1;
  }
  return { entries: [...entries.values()], problems, crLineEnds: /\r(?!\n)/.test(file) };
}
