import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments, type Document } from 'yaml';
import { fc, seed } from '../test/properties.ts';
import { parseManifest } from './manifest.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

function read(...path: readonly string[]): string {
  return readFileSync(join(root, ...path), 'utf8');
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
    join(folder, file),
  );
}

const written = filesIn('test/manifests').filter((file) => !file.endsWith('.md'));
/** Our own workloads, as an operator deploys them. */
const deployed = filesIn('manifests').filter(
  (file) => /\.ya?ml$/.test(file) && /^kind: (?:Deployment|StatefulSet|Job|CronJob|Pod)$/m.test(read(file)),
);
/** Pods of other people's launchers, as the API server sends them. */
const captured = filesIn('test/fixtures/reviews')
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(read(file)) as { request: { object: { kind?: string; spec?: object } } }) // captured reviews
  .map(({ request }) => request.object)
  .filter(({ kind, spec }) => kind === 'Pod' && spec !== undefined)
  // Parsing is most of the time.
  .filter((pod) => JSON.stringify(pod).length < 6_000);

const yamlTexts = [...written.filter((file) => file.endsWith('.yaml')), ...deployed].map((file) =>
  read(file),
);
const jsonTexts = written.filter((file) => file.endsWith('.json')).map((file) => read(file));

/** As other programs write JSON. */
const jsonForms: readonly ((value: unknown) => string)[] = [
  (value) => JSON.stringify(value),
  (value) => JSON.stringify(value, undefined, '\t'),
  (value) => `${JSON.stringify(value, undefined, 2)}\n`,
  (value) => `${JSON.stringify(value, undefined, 4)}\n`,
  // json.dumps of Python.
  (value) =>
    JSON.stringify(value, undefined, 1)
      .replaceAll(/\n\s*(?=[\]}])/g, '')
      .replaceAll(/(?<=[[{])\n\s*/g, '')
      .replaceAll(/\n\s*/g, ' '),
];

function indented(text: string): string {
  return `- ${text.replaceAll(/\n(?=[^\n\r])/g, '\n  ')}`;
}

/** Documents of a stream as the items of a List, below whatever introduces them. */
function asList(text: string): string {
  const documents = text.split(/^---$\n?/m).filter((document) => /^kind:/m.test(document));
  return `# a list\nkind: List\napiVersion: v1\nitems:\n${documents.map(indented).join('')}`;
}

const plainYaml = yamlTexts.filter((text) => !/^[%{]|^\.\.\.$|^---./m.test(text) && !text.includes('|+'));

const texts = fc.oneof(
  fc.constantFrom(...yamlTexts, ...jsonTexts),
  fc.constantFrom(...plainYaml).map(asList),
  fc
    .tuple(fc.constantFrom(...yamlTexts), fc.constantFrom(...plainYaml))
    .map(([a, b]) => `${a.trimEnd()}\n---\n${b}`),
  fc.tuple(fc.constantFrom(...captured), fc.constantFrom(...jsonForms)).map(([pod, form]) => form(pod)),
  fc
    .tuple(fc.constantFrom(...captured), fc.constantFrom(...captured), fc.constantFrom(...jsonForms))
    .map(([one, other, form]) => form({ apiVersion: 'v1', kind: 'List', items: [one, other] })),
);

const changes: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => text.replaceAll('\n', '\r\n'),
  (text) => `\uFEFF${text}`,
  (text) => text.replace(/\n$/, ''),
  (text) => `${text}\n\n`,
];

const keys = ['twofold.dev/secrets', 'twofold.dev/containers', 'twofold.dev/mount-path'] as const;
const TICKET = 'twofold.dev/ticket';
const value = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom('', 'null', '*', '0400', 'a: b # c', '- x', '"', "'"),
);
const additions = fc.tuple(fc.subarray([...keys]), value, value).map(([chosen, text, ticket]) => ({
  ...Object.fromEntries(chosen.map((key) => [key, text])),
  [TICKET]: ticket,
}));
type Additions = Readonly<Record<string, string>>;

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What Kubernetes reads: JSON, JSON lines, or YAML. */
function meaning(marked: string): readonly unknown[] {
  const text = marked.replace(/^\uFEFF/, '');
  const whole = jsonOf(text);
  if (whole !== undefined) return [whole];
  const lines = text.trim().split('\n').map(jsonOf);
  if (!lines.includes(undefined)) return lines;
  const documents: readonly Document[] = [parseAllDocuments(text, { version: '1.1' })].flat();
  return documents.map((document): unknown => {
    expect(document.errors).to.deep.equal([]);
    // A date, as the API server gets it.
    return jsonOf(JSON.stringify(document.toJS()));
  });
}

function isMap(thing: unknown): thing is Readonly<Record<string, unknown>> {
  return typeof thing === 'object' && thing !== null && !Array.isArray(thing);
}

/** Takes the additions out of `after` again where `before` does not have them; counts the maps that had them all. */
function without(after: unknown, before: unknown, added: Additions): { rest: unknown; found: number } {
  if (Array.isArray(after)) {
    const items = after.map((item: unknown, at) =>
      without(item, Array.isArray(before) ? before[at] : undefined, added),
    );
    return { rest: items.map(({ rest }) => rest), found: items.reduce((sum, { found }) => sum + found, 0) };
  }
  if (!isMap(after)) return { rest: after, found: 0 };
  const old = isMap(before) ? before : {};
  const own = Object.entries(added).every(([key, text]) => after[key] === text);
  let found = own ? 1 : 0;
  const rest: Record<string, unknown> = {};
  for (const [key, thing] of Object.entries(after)) {
    if (own && Object.hasOwn(added, key)) {
      if (Object.hasOwn(old, key)) rest[key] = old[key];
      continue;
    }
    const inner = without(thing, old[key], added);
    found += inner.found;
    const made = inner.found > 0 && isMap(inner.rest) && Object.keys(inner.rest).length === 0;
    if (!made) rest[key] = inner.rest;
    else if (Object.hasOwn(old, key)) rest[key] = old[key];
  }
  return { rest, found };
}

const OURS = /(?:,\s?)?"?twofold\.dev\/[\w-]+"?:\s*(?:"(?:[^"\\]|\\.)*"|'old'|db-password)/g;

/** A line without what may have changed in it: our entries, maps made for them, an alias that is now merged, a comma. */
function bare(line: string): string {
  return line
    .replace(/\r$/, '')
    .replaceAll(OURS, '')
    .replaceAll(/\{<<: (\*\w+)\}/g, '$1')
    .replaceAll(/("?annotations"?:) ?(?:null|~|\{ ?\}|\{$)/g, '$1')
    .replaceAll(/,?\s?"?annotations"?:(?= ?[,}]|$)/g, '')
    .replaceAll(/,\s?"?metadata"?: ?\{ ?\}/g, '')
    .replace(/,$/, '');
}

const MADE = /^\s*(?:"?(?:metadata|podMetadata|annotations)"?:(?: \{)?|\},?|)$/;

/** Every line of `before` is in `after`, in order; between and within them is nothing but our entries. */
function demandBytes(before: string, after: string): void {
  const old = before.split('\n');
  let at = 0;
  for (const line of after.split('\n')) {
    const was = old[at];
    if (line === was || (was !== undefined && bare(line) === bare(was))) at += 1;
    else expect(bare(line), `a line in place of ${JSON.stringify(was)}`).to.match(MADE);
  }
  expect(old.slice(at), 'lines that are gone').to.deep.equal([]);
}

describe(`an annotated manifest (TWOFOLD_TEST_SEED=${seed})`, () => {
  it('has every byte that it had, and says what it said, with the annotations once for each template', () => {
    fc.assert(
      fc.property(texts, fc.constantFrom(...changes), additions, (text, change, added) => {
        const before = change(text);
        const manifest = parseManifest(before);
        const { text: after } = manifest.annotated(manifest.templates.map(() => added));
        const old = meaning(before);
        const stripped = meaning(after).map((document, at) => without(document, old[at], added));
        expect(stripped.map(({ rest }) => rest)).to.deep.equal(old);
        expect(stripped.reduce((sum, { found }) => sum + found, 0)).to.equal(manifest.templates.length);
        demandBytes(before, after);
      }),
    );
  });
});
