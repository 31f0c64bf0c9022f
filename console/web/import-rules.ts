/**
 * What an import of a .env file will do, line by line: for the console's preview and the browser's alike. Zone 1, and
 * zone 0 through the page's bundle: pure.
 */
import { utf8 } from '#envelope/bytes.ts';
import { parseDotenv } from '#envelope/dotenv.ts';
import type { SecretName } from '#envelope/names.ts';
import { valueProblem } from './rules.ts';
import { text } from './text.ts';

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

/** Each value is known by its line alone: no problem shows one. */
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
