/** The tables of the pages, out of the matrix: no cell of them is written by hand. */
import { readFileSync, writeFileSync } from 'node:fs';
import { at, readsMore, type Matrix, type Measured } from './matrix.ts';
import type { Result } from './report.ts';
import { stolen, stolenSets, threes, type Cell, type StolenSet } from './sets.ts';

interface Kind {
  readonly letter: string;
  readonly words: string;
  readonly reads: readonly string[];
}

const alices = ['alice/running', 'alice/stored'];
const bobs = ['bob/running', 'bob/stored'];

/** What can be read, from the least to the most. */
const kinds: readonly Kind[] = [
  { letter: '·', words: 'nothing', reads: [] },
  { letter: 't', words: '**what the ticket names**', reads: ['alice/running'] },
  { letter: 'r', words: '**what running sessions were given**', reads: ['alice/running', 'bob/running'] },
  { letter: 'p', words: '**all that this person has stored**', reads: alices },
  {
    letter: 'u',
    words: '**all that is stored of users who have logged in lately**',
    reads: [...alices, ...bobs],
  },
  { letter: 'A', words: '**everything stored**', reads: [...alices, ...bobs, 'carol/stored'] },
];

function kindOf({ read }: Result): Kind {
  const kind = kinds.find(({ reads }) => reads.join() === read.join());
  if (!kind) throw new Error(`the tables have no words for ${read.join(', ')}: add them`);
  return kind;
}

function wordsOf(result: Result): string {
  return kindOf(result).words;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(head), row(head.map(() => '---')).replaceAll(' ', ''), ...rows.map(row)].join('\n');
}

/** All together, or any one of them. */
function shortOf(cell: Cell, word: 'and' | 'or' = 'and'): string {
  const names = cell.map((set) => stolenSets[set].short);
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1) ?? ''}`;
}

/** Each set alone. */
function alone(matrix: Matrix): string {
  // What stops an ordinary account that has stolen nothing says nothing of what was stolen.
  const usual = at(matrix, []).account.stopped;
  const codes = ({ alone: { stopped }, account }: Measured, but: readonly string[] = []): string => {
    const own = account.stopped.filter((code) => stopped.includes(code) || !but.includes(code));
    return own.length === 0 ? 'there is nothing to use it on' : own.map((code) => `\`${code}\``).join(', ');
  };
  const line = (name: string, cell: Cell, but?: readonly string[]): readonly string[] => {
    const measured = at(matrix, cell);
    return [name, wordsOf(measured.alone), wordsOf(measured.account), codes(measured, but)];
  };
  return table(
    ['stolen', 'alone', 'with an ordinary account', 'what stopped it'],
    [line('nothing', []), ...stolen.map((set) => line(stolenSets[set].long, [set], usual))],
  );
}

/** Pairs that read more than their parts: one line for those of the same first part that read the same. */
function pairs(matrix: Matrix): string {
  const lines = new Map<string, { first: StolenSet; second: StolenSet[]; reads: string[] }>();
  for (const [index, first] of stolen.entries()) {
    for (const second of stolen.slice(index + 1)) {
      if (!readsMore(matrix, [first, second])) continue;
      const { alone: without, account } = at(matrix, [first, second]);
      const reads = [wordsOf(without), wordsOf(account)];
      const key = [first, ...reads].join();
      const line = lines.get(key) ?? { first, second: [], reads };
      line.second.push(second);
      lines.set(key, line);
    }
  }
  return table(
    ['stolen', 'together with', 'alone', 'with an ordinary account'],
    [...lines.values()].map(({ first, second, reads }) => [
      stolenSets[first].short,
      shortOf(second, 'or'),
      ...reads,
    ]),
  );
}

/** Every pair, in two letters. */
function grid(matrix: Matrix): string {
  const legend = kinds.map(({ letter, words }) => `\`${letter}\` ${words.replaceAll('**', '')}`).join(', ');
  const number = (set: StolenSet): string => String(stolen.indexOf(set) + 1);
  const letters = (cell: Cell): string => {
    const { alone: without, account } = at(matrix, cell);
    return kindOf(without).letter + kindOf(account).letter;
  };
  const rows = stolen.map((set, index) => [
    `${number(set)} ${stolenSets[set].short}`,
    ...stolen.map((other, place) => (place > index ? '' : letters(place === index ? [set] : [other, set]))),
  ]);
  return `${legend}; the first letter alone, the second with an ordinary account.\n\n${table(['', ...stolen.map(number)], rows)}`;
}

/** In the README. */
export const shown: readonly Cell[] = [
  ['database'],
  ['database', 'console-keys'],
  ['database', 'keyservice-keys'],
  ['etcd-sqlite'],
  ['etcd-postgres'],
  ['database', 'etcd-sqlite'],
  ['session-secrets', 'database', 'at-rest'],
  ['database', 'at-rest', 'rsa'],
  ['at-rest', 'etcd-postgres'],
  ['database', 'etcd-demo'],
  ['write'],
  ['record-key', 'write'],
  ['webhook-token'],
  ['webhook-resolve', 'webhook-unwrap'],
  ['ca'],
  ['ticket'],
  ['cookie'],
  ['launcher-token'],
];

function lines(cells: readonly Cell[], matrix: Matrix): string {
  return table(
    ['stolen', 'alone', 'with an ordinary account'],
    cells.map((cell) => {
      const { alone: without, account } = at(matrix, cell);
      return [shortOf(cell), wordsOf(without), wordsOf(account)];
    }),
  );
}

function ofThree(matrix: Matrix): string {
  return lines(threes, matrix);
}

/** What somebody wants to know first. */
function summary(matrix: Matrix): string {
  return lines(shown, matrix);
}

const tables: Readonly<Record<string, Readonly<Record<string, (matrix: Matrix) => string>>>> = {
  'docs/threat-model.md': { alone, pairs, threes: ofThree, grid },
  'README.md': { summary },
};

function pageOf(name: string): URL {
  return new URL(`../../../${name}`, import.meta.url);
}

/** The page as it should be. Throws where the marks are gone. */
function withTables(page: string, name: string, matrix: Matrix): string {
  return Object.entries(tables[name] ?? {}).reduce((text, [table_, render]) => {
    const [begin, end] = [
      `<!-- thefts: ${table_}, by make drills WRITE=yes -->`,
      `<!-- thefts: end of ${table_} -->`,
    ];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`${name} has lost the marks of its table ${table_}`);
    return `${text.slice(0, from)}${begin}\n\n${render(matrix)}\n\n${text.slice(to)}`;
  }, page);
}

/** Names of pages whose tables are not those of the matrix. */
export function outdatedPages(matrix: Matrix): readonly string[] {
  return Object.keys(tables).filter((name) => {
    const page = readFileSync(pageOf(name), 'utf8');
    return withTables(page, name, matrix) !== page;
  });
}

export function writeTables(matrix: Matrix): void {
  for (const name of Object.keys(tables)) {
    const page = readFileSync(pageOf(name), 'utf8');
    writeFileSync(pageOf(name), withTables(page, name, matrix));
  }
}
