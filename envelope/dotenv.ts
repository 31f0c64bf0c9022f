/**
 * Dotenv files, for import by page and command line. No zone; pure.
 *
 * | line | means |
 * |---|---|
 * | blank, `# …` | nothing |
 * | `NAME=value`, `export NAME=value` | up to the line's end or ` #`, without white space around it |
 * | `NAME='…'`, `` NAME=`…` `` | exactly what is between the quotes, over several lines if need be |
 * | `NAME="…"` | the same, with `\n \r \t \" \\ \$` unescaped |
 *
 * `$NAME` is never expanded: a secret is taken literally. A line that cannot be read is reported as a problem with its
 * number, never skipped silently; no problem shows a value.
 */
import { parseSecretName, SECRET_NAME_RULE, type SecretName } from './names.ts';
import { quote } from './selection.ts';

export interface DotenvEntry {
  readonly name: SecretName;
  /** May be empty, which no secret is. */
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

interface DotenvProblem {
  readonly line: number;
  readonly problem: string;
}

interface Dotenv {
  readonly entries: readonly DotenvEntry[];
  readonly problems: readonly DotenvProblem[];
}

/** A file that is not dotenv at all has a problem on every line, and each costs much more than its line. */
const MAX_PROBLEMS = 1000;
const ASSIGNMENT = /^[ \t]*(?:export[ \t]+)?([^=\s#"'`]+)[ \t]*=[ \t]*/;
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', $: '$' };

function unescape(text: string): string {
  return text.replaceAll(/\\(.)/g, (whole, symbol: string) => escapes[symbol] ?? whole);
}

/** Where the quote that opened just before `from` closes, or -1. A backslash escapes in double quotes only. */
function closing(text: string, mark: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    if (mark === '"' && text[at] === '\\') at += 1;
    else if (text[at] === mark) return at;
  }
  return -1;
}

function isBlank(symbol: string | undefined): boolean {
  return symbol === ' ' || symbol === '\t';
}

/** Up to a `#` at the beginning or after a blank. Each `#` is searched for once, so this is linear. */
function uncommented(text: string): string {
  for (let at = text.indexOf('#'); at >= 0; at = text.indexOf('#', at + 1)) {
    if (at === 0 || isBlank(text[at - 1])) return text.slice(0, at);
  }
  return text;
}

type ParsedValue = { readonly value: string; readonly end: number } | { readonly problem: string };

function lineEnd(text: string, from: number): number {
  const at = text.indexOf('\n', from);
  return at < 0 ? text.length : at;
}

/** The value that begins at `from`, and where its line ends. */
function readValue(text: string, from: number): ParsedValue {
  const mark = text[from] ?? '';
  if (mark === '' || !'"\'`'.includes(mark)) {
    const end = lineEnd(text, from);
    return { value: uncommented(text.slice(from, end)).trim(), end };
  }
  const close = closing(text, mark, from + 1);
  if (close < 0) return { problem: `the quote ${mark} is not closed` };
  const end = lineEnd(text, close);
  if (!/^[ \t]*(#.*)?$/.test(text.slice(close + 1, end))) {
    return { problem: `there is text after the closing ${mark}` };
  }
  const inner = text.slice(from + 1, close);
  return { value: mark === '"' ? unescape(inner) : inner, end };
}

/** Linear in the file's length, whatever it holds. */
export function parseDotenv(file: string): Dotenv {
  const text = file.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  const entries: DotenvEntry[] = [];
  const problems: DotenvProblem[] = [];
  const seen = new Map<string, number>();
  const take = (name: string, value: string, line: number): void => {
    const parsed = parseSecretName(name);
    const before = seen.get(name);
    if (!parsed)
      problems.push({ line, problem: `${quote(name)} cannot be a secret’s name; ${SECRET_NAME_RULE}` });
    else if (before !== undefined)
      problems.push({ line, problem: `${name} is on line ${before} already; keep one` });
    else entries.push({ name: parsed, value, line });
    seen.set(name, line);
  };
  let [at, line] = [0, 1];
  while (at < text.length) {
    if (problems.length === MAX_PROBLEMS) {
      problems.push({ line, problem: 'nothing was read from here on: too many lines above cannot be' });
      break;
    }
    let end = lineEnd(text, at);
    const source = text.slice(at, end);
    const assignment = ASSIGNMENT.exec(source);
    if (assignment) {
      const read = readValue(text, at + assignment[0].length);
      if ('problem' in read) problems.push({ line, problem: read.problem });
      else {
        take(assignment[1] ?? '', read.value, line);
        end = read.end;
      }
    } else if (!/^[ \t]*(#.*)?$/.test(source)) {
      problems.push({ line, problem: 'it is not NAME=value' });
    }
    line += text.slice(at, end).split('\n').length;
    at = end + 1;
  }
  return { entries, problems };
}
