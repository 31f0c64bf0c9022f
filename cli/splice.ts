/**
 * Sets text in a map of a YAML or JSON document by editing its source, so that every other byte stays: comments, flow
 * style, spacing, anchors, line ends. Zone 0.
 *
 * | what is there | edit |
 * |---|---|
 * | the key, with a value | the value is replaced |
 * | a block map | lines after its last item |
 * | a flow map | items after its last one, in the same form |
 * | nothing, `null`, or `{}` in a block map | a block map |
 * | an alias | a flow map that merges it |
 *
 * Where anchors or merge keys share what is edited, the result means something else: its caller reads it again.
 */
import { isAlias, isMap, isScalar, isSeq, type Pair, type ParsedNode, type YAMLMap } from 'yaml';

export type Path = readonly (string | number)[];

/** Replaces the source from `at` to `end`. */
export interface Edit {
  readonly at: number;
  readonly end: number;
  readonly text: string;
}

export interface Source {
  readonly text: string;
  /** All of it is JSON: keys are quoted. */
  readonly json: boolean;
}

interface Entries {
  readonly [key: string]: string | Entries;
}
type ParsedPair = Pair<ParsedNode, ParsedNode | null>;

/** How the items of a flow map stand. */
interface FlowStyle {
  /** Line end and indentation of each item; undefined where they share a line. */
  readonly line: string | undefined;
  /** What one level adds to that. */
  readonly step: string;
  readonly afterColon: string;
  readonly afterComma: string;
  /** Inside the braces of a map on one line. */
  readonly padding: string;
  readonly quotesKeys: boolean;
}

export function applyEdits(text: string, edits: readonly Edit[]): string {
  return edits
    .toSorted((a, b) => b.at - a.at)
    .reduce((done, { at, end, text: by }) => done.slice(0, at) + by + done.slice(end), text);
}

/** For YAML and JSON; a line break of YAML 1.1 is no character that may stand for itself. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007f-\u00a0\u2028\u2029\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A scalar that stands for no value. */
export function isAbsent(text: string): boolean {
  return /^(?:|~|null|Null|NULL)$/.test(text);
}

function isAbsentNode(node: ParsedNode | null | undefined): boolean {
  return !node || (isScalar(node) && node.type === 'PLAIN' && isAbsent(String(node.value)));
}

function pairOf(map: YAMLMap.Parsed, wanted: string | number): ParsedPair | undefined {
  return map.items.find(({ key }) => isScalar(key) && String(key.value) === String(wanted));
}

/** The end of the pair's colon, or of its key where it has none. */
function afterColon({ key, srcToken }: ParsedPair): number {
  const colon = srcToken?.sep?.find(({ type }) => type === 'map-value-ind');
  return colon ? colon.offset + 1 : key.range[1];
}

/** The end of the last character that is not a comment or space. */
function endOf(node: ParsedNode | null): number {
  if (isMap(node) && node.flow !== true) {
    const last = node.items.at(-1);
    if (last) return Math.max(afterColon(last), endOf(last.value));
  }
  if (isSeq(node) && node.flow !== true) return endOf(node.items.at(-1) ?? null);
  return node?.range[1] ?? 0;
}

function endOfPair(pair: ParsedPair): number {
  return Math.max(afterColon(pair), endOf(pair.value));
}

function nextLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end + 1;
}

/** Where a line begins, after a byte order mark. */
function lineStart(text: string, at: number): number {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  return text.startsWith('\uFEFF', start) ? start + 1 : start;
}

function eolOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? '\n';
}

/** What is before the first key of a block map in its line: spaces, unless it is in a sequence. */
function beforeFirstKey(text: string, map: YAMLMap.Parsed): string {
  const at = map.items[0]?.key.range[0] ?? map.range[0];
  return text.slice(lineStart(text, at), at);
}

/** Lines for a block map, each with its end. */
function blockLines(entries: Entries, indent: string, eol: string): string {
  return Object.entries(entries)
    .map(([key, value]) =>
      typeof value === 'string'
        ? `${indent}${key}: ${quoted(value)}${eol}`
        : `${indent}${key}:${eol}${blockLines(value, `${indent}  `, eol)}`,
    )
    .join('');
}

/** Lines at the start of a line, which at the end of the text may have to be begun. */
function lines(text: string, at: number, entries: Entries, indent: string): Edit {
  const eol = eolOf(text);
  const whole = blockLines(entries, indent, eol);
  if (at < text.length || at === 0 || text.endsWith('\n')) return { at, end: at, text: whole };
  return { at, end: at, text: `${eol}${whole.slice(0, -eol.length)}` };
}

/** After the last item of a block map and the comments that are indented deeper than it is. */
function inBlock(text: string, map: YAMLMap.Parsed, entries: Entries): Edit {
  const indent = ' '.repeat(beforeFirstKey(text, map).length);
  const end = endOf(map);
  // A block scalar ends with its line.
  let at = text[end - 1] === '\n' ? end : nextLine(text, end);
  for (let line = at; line < text.length;) {
    const next = nextLine(text, line);
    const [, spaces = '', first = ''] = /^([ \t]*)([^ \t\r\n]?)/.exec(text.slice(line, next)) ?? [];
    if (first === '#' && spaces.length > indent.length) at = next;
    else if (first !== '') break;
    line = next;
  }
  return lines(text, at, entries, indent);
}

const flowDefaults = { line: undefined, step: '  ', afterColon: ' ', afterComma: ' ', padding: '' } as const;

function styleOf({ text, json }: Source, map: YAMLMap.Parsed, outer: FlowStyle | undefined): FlowStyle {
  const [first] = map.items;
  if (!first) {
    const line = outer?.line === undefined ? undefined : outer.line + outer.step;
    return { ...(outer ?? { ...flowDefaults, quotesKeys: json }), line };
  }
  const [start, end] = map.range;
  const line = /\r?\n[ \t]*$/.exec(text.slice(start, first.key.range[0]))?.[0];
  const closing = /\r?\n[ \t]*$/.exec(text.slice(start, end - 1))?.[0];
  const step =
    line !== undefined && closing !== undefined && line.startsWith(closing) ? line.slice(closing.length) : '';
  const colon = afterColon(first);
  const spaced = colon === first.key.range[1] || /\s/.test(text[colon] ?? '');
  return {
    line,
    step: step === '' ? flowDefaults.step : step,
    afterColon: spaced ? ' ' : '',
    afterComma: spaced ? ' ' : '',
    padding: text[start + 1] === ' ' ? ' ' : '',
    quotesKeys: json || (isScalar(first.key) && first.key.type === 'QUOTE_DOUBLE'),
  };
}

function flowItems(entries: Entries, style: FlowStyle): string {
  const between = `,${style.line ?? style.afterComma}`;
  return Object.entries(entries)
    .map(([key, value]) => {
      const shown = typeof value === 'string' ? quoted(value) : flowMap(value, style);
      return `${style.quotesKeys ? JSON.stringify(key) : key}:${style.afterColon}${shown}`;
    })
    .join(between);
}

/** A map as the value of an item in this style. */
function flowMap(entries: Entries, style: FlowStyle): string {
  const { line, step, padding } = style;
  if (line === undefined) return `{${padding}${flowItems(entries, style)}${padding}}`;
  const inner = line + step;
  return `{${inner}${flowItems(entries, { ...style, line: inner })}${line}}`;
}

function inFlow({ text }: Source, map: YAMLMap.Parsed, entries: Entries, style: FlowStyle): Edit {
  const last = map.items.at(-1);
  if (last) {
    const at = endOfPair(last);
    return { at, end: at, text: `,${style.line ?? style.afterComma}${flowItems(entries, style)}` };
  }
  const at = map.range[0] + 1;
  const { line, step, padding } = style;
  if (line === undefined) return { at, end: at, text: `${padding}${flowItems(entries, style)}${padding}` };
  const rest = text.slice(at, map.range[1] - 1);
  return {
    at,
    end: at + rest.length,
    text: `${rest.trimEnd()}${line}${flowItems(entries, style)}${line.slice(0, -step.length)}`,
  };
}

/** In place of the absent value of a pair. */
function asValue(
  source: Source,
  map: YAMLMap.Parsed,
  pair: ParsedPair,
  entries: Entries,
  style: FlowStyle | undefined,
): readonly Edit[] {
  const { text } = source;
  const at = afterColon(pair);
  const [start, end] = pair.value && pair.value.range[0] < pair.value.range[1] ? pair.value.range : [at, at];
  // An anchor or a tag in front of it stays.
  const from = text.slice(at, start).trim() === '' ? at : start;
  if (style) return [{ at: from, end, text: `${from === at ? ' ' : ''}${flowMap(entries, style)}` }];
  const indent = ' '.repeat(beforeFirstKey(text, map).length + 2);
  return [{ at: from, end, text: '' }, lines(text, nextLine(text, end), entries, indent)];
}

/** Whether the first key of this map has its line to itself, below its parent's colon. */
function beginsBelow(text: string, parent: ParsedPair, map: YAMLMap.Parsed): boolean {
  return (
    beforeFirstKey(text, map).trim() === '' &&
    (map.items[0]?.key.range[0] ?? 0) > nextLine(text, afterColon(parent))
  );
}

function replaced({ text }: Source, pair: ParsedPair, value: string): Edit {
  const { value: old } = pair;
  const colon = afterColon(pair);
  if (!old || old.range[0] === old.range[1]) return { at: colon, end: colon, text: ` ${quoted(value)}` };
  const [at, end] = old.range;
  // The line end of a block scalar stays.
  return { at, end: at + text.slice(at, end).trimEnd().length, text: quoted(value) };
}

/** The edits that set these entries in the map at `path`, which is made where there is none; undefined if it is no map. */
export function editsOf(
  source: Source,
  root: ParsedNode | null,
  path: Path,
  entries: Readonly<Record<string, string>>,
): readonly Edit[] | undefined {
  const { text } = source;
  let node = root;
  let parent: ParsedPair | undefined;
  let style: FlowStyle | undefined;
  for (const [depth, key] of path.entries()) {
    if (isSeq(node)) {
      node = node.items[Number(key)] ?? null;
      continue;
    }
    if (!isMap(node)) return undefined;
    style = node.flow === true ? styleOf(source, node, style) : undefined;
    const wanted = path.slice(depth + 1).reduceRight<Entries>((inner, name) => ({ [name]: inner }), entries);
    const pair = pairOf(node, key);
    if (!pair) {
      const made = { [key]: wanted };
      if (style) return [inFlow(source, node, made, style)];
      // Above the spec of a template, where people look for it.
      if (key === 'metadata' && parent && beginsBelow(text, parent, node))
        return [lines(text, nextLine(text, afterColon(parent)), made, beforeFirstKey(text, node))];
      return [inBlock(text, node, made)];
    }
    const { value } = pair;
    const isEmpty =
      isMap(value) && value.flow === true && /^\{\s*\}$/.test(text.slice(value.range[0], value.range[1]));
    if (isAbsentNode(value) || (isEmpty && !style)) return asValue(source, node, pair, wanted, style);
    parent = pair;
    node = value;
  }
  if (isAlias(node)) {
    const [at, end] = node.range;
    const items = flowItems(entries, { ...flowDefaults, quotesKeys: source.json });
    return [{ at, end, text: `{<<: ${text.slice(at, end)}, ${items}}` }];
  }
  if (!isMap(node)) return undefined;
  const old = Object.entries(entries).flatMap(([key, value]) => {
    const pair = node.items.length === 0 ? undefined : pairOf(node, key);
    return pair ? [replaced(source, pair, value)] : [];
  });
  const added = Object.fromEntries(Object.entries(entries).filter(([key]) => !pairOf(node, key)));
  if (Object.keys(added).length === 0) return old;
  const one =
    node.flow === true
      ? inFlow(source, node, added, styleOf(source, node, style))
      : inBlock(text, node, added);
  return [...old, one];
}
