/**
 * The selection of secrets: the grammar of `twofold.dev/secrets` and `twofold.dev/env`. No zone; design §6 step 1.
 *
 *     secrets  = file *( "," file )          file     = name [ "=" path ]
 *     env      = variable *( "," variable )  variable = VARIABLE "=" name
 *
 * No spaces. The webhook plans by it, the console compares an admitted pod with its session by it, and the init
 * container gets its files by it.
 */
import { MAX_FILES, MAX_NAMES } from './limits.ts';
import {
  parseFilePath,
  parseSecretName,
  parseVariableName,
  SECRET_NAME_RULE,
  type FilePath,
  type SecretName,
  type VariableName,
} from './names.ts';

export interface FileSelection {
  readonly name: SecretName;
  readonly path: FilePath;
}

export interface VariableSelection {
  readonly variable: VariableName;
  readonly name: SecretName;
}

/** `problem` is a sentence for the person who wrote the annotation: what is wrong, then what to do. */
export type Selected<T> =
  { readonly ok: true; readonly items: readonly T[] } | { readonly ok: false; readonly problem: string };

function no(problem: string): { ok: false; problem: string } {
  return { ok: false, problem };
}

/** Quoted and cut, so that a refusal neither repeats a pasted value whole nor breaks a log line. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

function splitPair(entry: string): [string, string | undefined] {
  const at = entry.indexOf('=');
  return at < 0 ? [entry, undefined] : [entry.slice(0, at), entry.slice(at + 1)];
}

function entriesOf(text: string): Selected<string> {
  if (text === '') return no('it is empty; name at least one secret, or remove the annotation');
  const entries = text.split(',', MAX_FILES + 1);
  if (entries.length > MAX_FILES) return no(`it has more than ${MAX_FILES} entries; select fewer`);
  const empty = entries.indexOf('');
  if (empty >= 0) return no(`entry ${empty + 1} is empty; remove the extra comma`);
  const spaced = entries.find((entry) => /\s/.test(entry));
  if (spaced !== undefined) return no(`${quote(spaced)} contains white space; write the list without any`);
  return { ok: true, items: entries };
}

function parseFile(entry: string): FileSelection | string {
  const [first, second] = splitPair(entry);
  const name = parseSecretName(first);
  if (!name) return `${quote(first)} is not a secret's name; ${SECRET_NAME_RULE}`;
  const path = parseFilePath(second ?? first);
  return path
    ? { name, path }
    : `${quote(second ?? first)} is not a file name; use segments of letters, digits, ".", "_", "-" joined by "/", none starting with ".."`;
}

/**
 * The paths so that each folder's stand together, and a file right before those that need it to be a folder: with the
 * separator below every letter. Neighbours tell then what pairs, or the folders of each, would cost far more to find.
 */
function inOrder(paths: readonly string[]): readonly string[] {
  return paths.map((path) => path.replaceAll('/', '\0')).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function shown(ordered: string): string {
  return quote(ordered.replaceAll('\0', '/'));
}

/** Two paths that cannot exist side by side: the same file twice, or a file where the other needs a folder. */
function clash(paths: readonly FilePath[]): string | undefined {
  let before: string | undefined;
  for (const path of inOrder(paths)) {
    if (before === path) return `the file ${shown(path)} is named twice; give each its own file name`;
    if (before !== undefined && path.startsWith(`${before}\0`))
      return `${shown(before)} cannot be both a file and the folder of ${shown(path)}`;
    before = path;
  }
  return undefined;
}

/** How many folders these paths need below the one that all are in. */
export function countFolders(paths: readonly FilePath[]): number {
  let count = 0;
  let before = '';
  for (const path of inOrder(paths)) {
    let same = 0;
    while (same < path.length && path[same] === before[same]) same += 1;
    for (let at = path.indexOf('\0', same); at >= 0; at = path.indexOf('\0', at + 1)) count += 1;
    before = path;
  }
  return count;
}

function tooMany(items: readonly { readonly name: SecretName }[]): string | undefined {
  return new Set(items.map(({ name }) => name)).size > MAX_NAMES
    ? `it selects more than ${MAX_NAMES} secrets`
    : undefined;
}

/** `db-password,aws-key=aws/credentials`: a secret may be given several files. */
export function parseFiles(text: string): Selected<FileSelection> {
  const entries = entriesOf(text);
  if (!entries.ok) return entries;
  const items: FileSelection[] = [];
  for (const entry of entries.items) {
    const file = parseFile(entry);
    if (typeof file === 'string') return no(file);
    items.push(file);
  }
  const problem = clash(items.map(({ path }) => path)) ?? tooMany(items);
  return problem === undefined ? { ok: true, items } : no(problem);
}

/** `PGPASSWORD=db-password`: each variable once, a secret any number of times. */
export function parseVariables(text: string): Selected<VariableSelection> {
  const entries = entriesOf(text);
  if (!entries.ok) return entries;
  const items: VariableSelection[] = [];
  const seen = new Set<string>();
  for (const entry of entries.items) {
    const [first, second] = splitPair(entry);
    const variable = parseVariableName(first);
    const name = parseSecretName(second);
    if (!variable || !name) {
      return no(`${quote(entry)} is not VARIABLE=secret-name; use for example PGPASSWORD=db-password`);
    }
    if (seen.has(variable)) return no(`the variable ${variable} is named twice; keep one`);
    seen.add(variable);
    items.push({ variable, name });
  }
  const problem = tooMany(items);
  return problem === undefined ? { ok: true, items } : no(problem);
}

/** The text that `parseFiles` reads back as the same files. */
export function encodeFiles(files: readonly FileSelection[]): string {
  return files.map(({ name, path }) => (String(name) === String(path) ? name : `${name}=${path}`)).join(',');
}

/** The text that `parseVariables` reads back as the same variables. */
export function encodeVariables(variables: readonly VariableSelection[]): string {
  return variables.map(({ variable, name }) => `${variable}=${name}`).join(',');
}

/** Every secret that files or variables name, once, in the order of first mention. */
export function selectedNames(
  ...lists: readonly (readonly { readonly name: SecretName }[])[]
): readonly SecretName[] {
  return [...new Set(lists.flat().map(({ name }) => name))];
}
