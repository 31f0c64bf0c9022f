/** The tables of docs/resources.md, out of the matrix: no cell of them is written by hand. */
import { readFileSync, writeFileSync } from 'node:fs';
import { kinds, limitRanges, NONE, places, quotas, ranged, rangeName } from './constraints.ts';
import { at, outcomes, type Matrix, type Outcome } from './matrix.ts';
import { shapes, type Shape } from './shapes.ts';

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(head), row(head.map(() => '---')).replaceAll(' ', ''), ...rows.map(row)].join('\n');
}

/** Letters stand in code, so that they line up. */
function letters(text: string): string {
  return `\`${text}\``;
}

function byShape(head: readonly string[], cellsOf: (shape: Shape) => readonly string[]): string {
  return table(
    ['the pod has', ...head],
    shapes.map((shape) => [shape.name, ...cellsOf(shape).map(letters)]),
  );
}

/** A LimitRange alone. */
function ranges(matrix: Matrix): string {
  const others = limitRanges
    .map(({ name }) => name)
    .filter((name) => name !== NONE && !kinds.some((kind) => name.startsWith(`${kind} `)));
  const cell = (shape: Shape, limitRange: string): string => at(matrix, { quota: NONE, limitRange }, shape);
  return byShape([NONE, ...kinds.map((kind) => `\`${kind}\``), ...others], (shape) => [
    cell(shape, NONE),
    ...kinds.map((kind) => ranged.map((resource) => cell(shape, rangeName(kind, resource))).join('')),
    ...others.map((name) => cell(shape, name)),
  ]);
}

/** A quota alone. */
function counts(matrix: Matrix): string {
  const named = quotas.filter(({ name }) => name !== NONE);
  return byShape(
    named.map(({ name }) => name),
    (shape) => named.map(({ name }) => at(matrix, { quota: name, limitRange: NONE }, shape)),
  );
}

/** Everything together, and what is not the same. */
function whole(matrix: Matrix): string {
  const all = Object.values(matrix.cells).join('');
  const count = (outcome: Outcome): string => all.split(outcome).slice(1).length.toLocaleString('en');
  const refused = shapes.filter((shape) =>
    places.some((place) => at(matrix, place, shape) === outcomes.tooSmall),
  );
  const where = (shape: Shape): string => {
    const found = limitRanges.filter(({ name }) =>
      quotas.some(
        (quota) => at(matrix, { quota: quota.name, limitRange: name }, shape) === outcomes.tooSmall,
      ),
    );
    return found.some(({ name }) => name === NONE) ? 'everywhere' : found.map(({ name }) => name).join(', ');
  };
  return [
    `Each of ${shapes.length} pods in each of ${places.length} namespaces, every quota with every LimitRange: ` +
      `${count(outcomes.same)} are admitted with secrets as without, ${count(outcomes.never)} are refused either way, ` +
      `and ${count(outcomes.tooSmall)} are refused with secrets alone, always with`,
    '',
    `    ${matrix.message}`,
    '',
    table(
      ['the pod has', 'and is refused where the LimitRange is'],
      refused.map((shape) => [shape.name, where(shape)]),
    ),
  ].join('\n');
}

const tables = { ranges, counts, whole };
const page = new URL('../../docs/resources.md', import.meta.url);

/** The page as it should be. Throws where the marks are gone. */
function withTables(text: string, matrix: Matrix): string {
  return Object.entries(tables).reduce((before, [name, render]) => {
    const [begin, end] = [
      `<!-- resources: ${name}, by make test-resources WRITE=yes -->`,
      `<!-- resources: end of ${name} -->`,
    ];
    const [from, to] = [before.indexOf(begin), before.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`docs/resources.md has lost the marks of its table ${name}`);
    return `${before.slice(0, from)}${begin}\n\n${render(matrix)}\n\n${before.slice(to)}`;
  }, text);
}

export function isOutdated(matrix: Matrix): boolean {
  const text = readFileSync(page, 'utf8');
  return withTables(text, matrix) !== text;
}

export function writeTables(matrix: Matrix): void {
  writeFileSync(page, withTables(readFileSync(page, 'utf8'), matrix));
}
