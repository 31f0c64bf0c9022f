/** What the address of a list of secrets asks for: which order, which page. Zone 1: pure. */
import type { SecretOrder } from '../core/stores.ts';
import { withQuery } from './shared/addresses.ts';
import type { text } from './shared/text.ts';

export type SortColumn = Exclude<keyof typeof text.list.columns, 'actions'>;

export interface ListQuery {
  readonly filter: string;
  readonly sort: SortColumn;
  readonly descending: boolean;
  /** From 1. */
  readonly page: number;
}

interface SortRule {
  readonly by: SecretOrder['by'];
  /** Whether the end that people look for first is the highest. */
  readonly descending: boolean;
}

const rules: Readonly<Record<SortColumn, SortRule>> = {
  name: { by: 'name', descending: false },
  size: { by: 'size', descending: true },
  created: { by: 'createdAt', descending: true },
  changed: { by: 'modifiedAt', descending: true },
  used: { by: 'lastUsedAt', descending: true },
  expires: { by: 'expiresAt', descending: false },
};

export const sortColumns = Object.keys(rules) as readonly SortColumn[]; // its keys, in the order of the columns

/** Anything unknown is left out: an address may be years old. */
export function parseListQuery(given: (name: 'filter' | 'sort' | 'page') => string): ListQuery {
  const [, minus, column] = /^(-?)(.*)$/.exec(given('sort')) ?? [];
  const sort = sortColumns.find((name) => name === column);
  const page = given('page');
  return {
    filter: given('filter').trim(),
    sort: sort ?? 'name',
    descending: sort !== undefined && minus === '-',
    page: /^[1-9][0-9]{0,5}$/.test(page) ? Number(page) : 1,
  };
}

export function orderOf({ sort, descending }: ListQuery): SecretOrder {
  return { by: rules[sort].by, descending };
}

/** What a column's heading leads to: its usual direction first, then the other one. */
export function sortedBy(query: ListQuery, sort: SortColumn): ListQuery {
  const descending = sort === query.sort ? !query.descending : rules[sort].descending;
  return { ...query, sort, descending, page: 1 };
}

/** As `sort` is written in an address; undefined for the order that a list has anyway. */
export function sortText({ sort, descending }: ListQuery): string | undefined {
  return sort === 'name' && !descending ? undefined : `${descending ? '-' : ''}${sort}`;
}

export function listPath(query: ListQuery): string {
  const page = query.page === 1 ? undefined : String(query.page);
  return withQuery('/secrets', { filter: query.filter, sort: sortText(query), page });
}
