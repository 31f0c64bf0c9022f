/**
 * The text of a manifest, parsed: a YAML stream, or JSON objects. Zone 0. Scalars are read as plain text (YAML's failsafe
 * schema), aliases and merge keys as what they stand for. No message repeats anything from the text.
 */
import { isScalar, parseAllDocuments, visit, type Document } from 'yaml';
import { Failure, failure } from './failure.ts';
import type { Source } from './splice.ts';
import { knownKinds } from './workloads.ts';

/** JSON with one or several values, or a YAML stream. */
export interface Part extends Source {
  readonly documents: readonly Document.Parsed[];
  /** What the documents say. */
  readonly values: readonly unknown[];
}

export function malformed(what: string, next?: string): Failure {
  return failure('manifest_malformed', `${what}.`, next ?? `Give a manifest with one of: ${knownKinds}.`);
}

function lineOf(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}

/** What only a template engine's directive looks like; Argo's expressions and Prometheus' do not. */
const HELM_OBJECT =
  /\{\{-?[^{}=]*(?:\.(?:Values|Release|Chart|Capabilities|Template|Files)\b|\b(?:include|tpl|toYaml) )/;
const DIRECTIVE = /\{\{-|-\}\}|\{\{\s*(?:if|else|end|with|range|define|template|block|include)\b|\{%/;

export function unrendered(text: string): Failure | undefined {
  const at = Math.min(...[HELM_OBJECT, DIRECTIVE].map((pattern) => pattern.exec(text)?.index ?? Infinity));
  if (at === Infinity) return undefined;
  return malformed(
    `It is a template that has not been rendered: there is a directive at line ${lineOf(text, at)}`,
    'Render it first: helm template . | twofold annotate',
  );
}

/** Every key of a map is text, and unique. The parser would compare every key with every other. */
function demandPlainKeys(text: string, document: Document.Parsed): void {
  const refuse = (what: string, range: readonly number[] | null | undefined): never => {
    throw malformed(`A map in it has ${what}, at line ${lineOf(text, range?.[0] ?? 0)}`);
  };
  visit(document, {
    Map: (_, { items, range }) => {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) return refuse('a key that is not text', range);
        if (seen.has(key.value)) return refuse('a key twice', key.range);
        seen.add(key.value);
      }
      return undefined;
    },
  });
}

const reading = { schema: 'failsafe', merge: true, keepSourceTokens: true, uniqueKeys: false } as const;

export function parsePart(text: string, json: boolean): Part {
  try {
    const documents: readonly Document.Parsed[] = [parseAllDocuments(text, reading)].flat();
    const [problem] = documents.flatMap(({ errors }) => errors);
    if (problem) throw malformed(`It is not YAML, at line ${lineOf(text, problem.pos[0])}`);
    for (const document of documents) demandPlainKeys(text, document);
    return { text, json, documents, values: documents.map((document): unknown => document.toJS()) };
  } catch (error) {
    const helm = unrendered(text);
    if (helm) throw helm;
    if (error instanceof Failure) throw error;
    if (error instanceof RangeError) throw malformed('It is nested too deeply');
    // The library's: an alias of nothing, too many aliases, a merge key without a map.
    throw malformed('An alias or a merge key in it cannot be resolved');
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** JSON objects, one after the other, each with the white space before it; undefined if it is anything else. */
function jsonObjects(text: string): readonly string[] | undefined {
  if (!/^\uFEFF?\s*\{/.test(text)) return undefined;
  const objects: string[] = [];
  let [depth, from, quoted] = [0, 0, false];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (quoted && character === '\\') at += 1;
    else if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === '{') depth += 1;
    else if (character === '}') {
      depth -= 1;
      if (depth > 0) continue;
      objects.push(text.slice(from, at + 1));
      from = at + 1;
    }
  }
  const rest = text.slice(from);
  const last = objects.pop();
  if (last === undefined || rest.trim() !== '') return undefined;
  objects.push(last + rest);
  return objects.every((object) => isJson(object.replace(/^\uFEFF/, ''))) ? objects : undefined;
}

/** All parts, whose texts together are the text. */
export function parseParts(text: string): readonly Part[] {
  return jsonObjects(text)?.map((object) => parsePart(object, true)) ?? [parsePart(text, false)];
}

/** Whether a scalar of this object is still a template. */
export function holdsDirective(value: unknown): boolean {
  if (typeof value === 'string') return HELM_OBJECT.test(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsDirective);
}
