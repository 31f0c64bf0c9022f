/** Lists with the newest first, in pages that lead both ways. Zone 1. */
import { html, type Html } from './html.ts';
import { withQuery } from './shared/addresses.ts';
import { text } from './shared/text.ts';

/** Where a page begins: behind a row, or with those that end before one. */
export interface Mark<Id> {
  readonly after?: Id | undefined;
  readonly before?: Id | undefined;
}

interface Rows<Row> {
  readonly rows: readonly Row[];
  readonly newer: boolean;
  readonly older: boolean;
}

export async function readPage<Row, Id>(
  size: number,
  { after, before }: Mark<Id>,
  list: (page: Mark<Id> & { readonly limit: number }) => Promise<readonly Row[]>,
): Promise<Rows<Row>> {
  const limit = size + 1;
  if (before !== undefined) {
    const rows = await list({ limit, before });
    if (rows.length === limit) return { rows: rows.slice(1), newer: true, older: true };
    // Nothing is newer than these: they are on the first page, which may have more than they are.
    return await readPage(size, {}, list);
  }
  const rows = await list({ limit, after });
  return { rows: rows.slice(0, size), newer: after !== undefined, older: rows.length === limit };
}

export function pager<Row>(
  { rows, newer, older }: Rows<Row>,
  idOf: (row: Row) => string,
  path: (mark: Mark<string>) => string,
): Html | undefined {
  const [first, last] = [rows.at(0), rows.at(-1)];
  if (!newer && !older) return undefined;
  const to = (mark: Mark<string>, label: string): Html =>
    html`<a class="button" href="${path(mark)}">${label}</a>`;
  return html`<nav class="pager" aria-label="${text.list.pages}">
    ${newer && to({}, text.activity.newest)}
    ${newer && first && to({ before: idOf(first) }, text.activity.newer)}
    ${older && last && to({ after: idOf(last) }, text.activity.older)}
  </nav>`;
}

/** The address of such a list, with what it is filtered by. */
export function pathTo(path: string, filter: Readonly<Record<string, string>> = {}) {
  return (mark: Mark<string>): string => withQuery(path, { ...filter, ...mark });
}
