/**
 * The selection of secrets: the grammar of `twofold.dev/secrets` and `twofold.dev/env`. No zone;
 * docs/design.md#annotations.
 *
 *     secrets  = file *( "," file )          file     = name [ "=" path ]
 *     env      = variable *( "," variable )  variable = VARIABLE "=" name
 *
 * No spaces. The webhook plans from it, the console compares an admitted pod with its session, and the init
 * container gets its files from it.
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
import type { Parsed } from './parsed.ts';

export interface FileSelection {
  readonly name: SecretName;
  readonly path: FilePath;
}

export interface VariableSelection {
  readonly variable: VariableName;
  readonly name: SecretName;
}

/** Not yet parsed. */
export interface FileItem {
  readonly name: string;
  readonly path: string;
}

export interface VariableItem {
  readonly variable: string;
  readonly name: string;
}

function no(problem: string): { ok: false; problem: string } {
  return { ok: false, problem };
}

/** How long a text is that a refusal does not repeat: where it is malformed, it may be a value pasted in the wrong place. */
export function lengthOf(text: string): string {
  return text.length === 1 ? '1 character' : `${text.length} characters`;
}

/** Of text that is known not to be a value: quoted and cut, so that it does not break a log line. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

const TOO_MANY_ENTRIES = `it has more than ${MAX_FILES} entries; select fewer`;

function splitPair(entry: string): [string, string | undefined] {
  const at = entry.indexOf('=');
  return at < 0 ? [entry, undefined] : [entry.slice(0, at), entry.slice(at + 1)];
}

function entriesOf(text: string): Parsed<readonly string[]> {
  if (text === '') return no('it is empty; name at least one secret, or remove the annotation');
  const entries = text.split(',', MAX_FILES + 1);
  if (entries.length > MAX_FILES) return no(TOO_MANY_ENTRIES);
  const empty = entries.indexOf('');
  if (empty >= 0) return no(`entry ${empty + 1} is empty; remove the extra comma`);
  const spaced = entries.findIndex((entry) => /\s/.test(entry));
  if (spaced >= 0) return no(`entry ${spaced + 1} contains white space; write the list without any`);
  return { ok: true, value: entries };
}

function notAName(at: number, text: string): string {
  return `the name in entry ${at + 1} (${lengthOf(text)}) is not a secret's name; ${SECRET_NAME_RULE}`;
}

/** `at` counts the entries from 0. */
function fileOf(at: number, nameText: string, pathText: string): FileSelection | string {
  const name = parseSecretName(nameText);
  if (!name) return notAName(at, nameText);
  const path = parseFilePath(pathText);
  return path
    ? { name, path }
    : `the path in entry ${at + 1} (${lengthOf(pathText)}) is not a file name; use segments of letters, digits, ".", "_", "-" joined by "/", none starting with ".."`;
}

/**
 * The paths sorted with the separator below every letter: those of a folder are adjacent, and a file comes right before
 * those that need it to be a folder. Comparing neighbours is then enough; comparing all pairs would cost far more.
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

/** How many folders these paths need below their common root. */
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

/** First the problem of any one item, then a problem of the list. */
function checked<T extends { readonly name: SecretName }>(
  items: readonly (T | string)[],
  problemOf: (items: readonly T[]) => string | undefined,
): Parsed<readonly T[]> {
  if (items.length > MAX_FILES) return no(TOO_MANY_ENTRIES);
  const value: T[] = [];
  for (const item of items) {
    if (typeof item === 'string') return no(item);
    value.push(item);
  }
  const problem = problemOf(value) ?? tooMany(value);
  return problem === undefined ? { ok: true, value } : no(problem);
}

function clashOfFiles(files: readonly FileSelection[]): string | undefined {
  return clash(files.map(({ path }) => path));
}

/** `db-password,aws-key=aws/credentials`: a secret may have several files. */
export function parseFiles(text: string): Parsed<readonly FileSelection[]> {
  const entries = entriesOf(text);
  if (!entries.ok) return entries;
  const files = entries.value.map((entry, at) => {
    const [name, path = name] = splitPair(entry);
    return fileOf(at, name, path);
  });
  return checked(files, clashOfFiles);
}

/** The same as a list, as the API has it; it may be empty. */
export function parseFileList(list: readonly FileItem[]): Parsed<readonly FileSelection[]> {
  return checked(
    list.slice(0, MAX_FILES + 1).map(({ name, path }, at) => fileOf(at, name, path)),
    clashOfFiles,
  );
}

function twice(variables: readonly VariableSelection[]): string | undefined {
  const seen = new Set<string>();
  for (const { variable } of variables) {
    if (seen.has(variable)) return `the variable ${variable} is named twice; keep one`;
    seen.add(variable);
  }
  return undefined;
}

/** `PGPASSWORD=db-password`: each variable once, a secret any number of times. */
export function parseVariables(text: string): Parsed<readonly VariableSelection[]> {
  const entries = entriesOf(text);
  if (!entries.ok) return entries;
  const variables = entries.value.map((entry, at) => {
    const [first, second] = splitPair(entry);
    const variable = parseVariableName(first);
    const name = parseSecretName(second);
    return variable && name
      ? { variable, name }
      : `entry ${at + 1} (${lengthOf(entry)}) is not VARIABLE=secret-name; use for example PGPASSWORD=db-password`;
  });
  return checked(variables, twice);
}

/** The same as a list, as the API has it; it may be empty. */
export function parseVariableList(list: readonly VariableItem[]): Parsed<readonly VariableSelection[]> {
  const variables = list.slice(0, MAX_FILES + 1).map(({ variable: variableText, name: nameText }, at) => {
    const variable = parseVariableName(variableText);
    if (!variable) {
      return `the variable in entry ${at + 1} (${lengthOf(variableText)}) is not a variable’s name; use letters, digits and "_", no digit first`;
    }
    const name = parseSecretName(nameText);
    return name ? { variable, name } : notAName(at, nameText);
  });
  return checked(variables, twice);
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
export function selectedNames<N extends string>(
  ...lists: readonly (readonly { readonly name: N }[])[]
): readonly N[] {
  return [...new Set(lists.flat().map(({ name }) => name))];
}
