/** "My secrets": the list, sorted, in pages, with a search by name. Zone 1; docs/design.md#page. */
import type { Request } from 'express';
import type { SecretStore, SecretSummary } from '../core/stores.ts';
import { queryText } from '../http/request.ts';
import { secretPath } from './shared/addresses.ts';
import type { Page } from './frame.ts';
import { html, type Html } from './html.ts';
import {
  listPath,
  orderOf,
  parseListQuery,
  sortColumns,
  sortedBy,
  sortText,
  type ListQuery,
  type SortColumn,
} from './list-query.ts';
import { shownExpiry, shownTime } from './shown.ts';
import { FILTER_FROM } from './shared/rules.ts';
import { shownSize } from './shared/quantities.ts';
import { text } from './shared/text.ts';
import type { Visitor } from './visitors.ts';

interface Ports {
  readonly secrets: Pick<SecretStore, 'list' | 'count'>;
  readonly clock: () => number;
}

const PAGE_SIZE = 100;
const MAX_QUERY_LENGTH = 253;

function row(secret: SecretSummary, now: number): Html {
  const { name } = secret;
  const { columns } = text.list;
  return html`<tr>
    <th scope="row">
      <a href="${secretPath(name)}">${name}</a
      >${secret.note !== undefined && html`<p class="note">${secret.note}</p>`}
    </th>
    <td data-label="${columns.size}">${shownSize(secret.size)}</td>
    <td data-label="${columns.created}">${shownTime(secret.createdAt, now)}</td>
    <td data-label="${columns.changed}">${shownTime(secret.modifiedAt, now)}</td>
    <td data-label="${columns.used}">${shownTime(secret.lastUsedAt, now)}</td>
    <td data-label="${columns.expires}">${shownExpiry(secret.expiresAt, now)}</td>
    <td class="actions">
      <a class="button small" href="${secretPath(name, 'replace')}"
        >${text.secret.replace}<span class="visually-hidden"> ${name}</span></a
      >
      <a
        class="button small quiet"
        href="${secretPath(name, 'delete')}"
        data-delete="${name}"
        data-version="${secret.version}"
        >${text.secret.delete}<span class="visually-hidden"> ${name}</span></a
      >
    </td>
  </tr>`;
}

function heading(column: SortColumn, { query, total }: Listed): Html {
  const label = text.list.columns[column];
  if (total < 2) return html`<th scope="col">${label}</th>`;
  const link = html`<a href="${listPath(sortedBy(query, column))}">${label}</a>`;
  return column === query.sort
    ? html`<th scope="col" aria-sort="${query.descending ? 'descending' : 'ascending'}">${link}</th>`
    : html`<th scope="col">${link}</th>`;
}

function table(listed: Listed, now: number): Html {
  return html`<div class="card">
    <table class="${listed.total < 2 ? 'secrets' : 'secrets sortable'}">
      <thead>
        <tr data-label="${text.list.sort}">
          ${sortColumns.map((column) => heading(column, listed))}
          <th scope="col"><span class="visually-hidden">${text.list.columns.actions}</span></th>
        </tr>
      </thead>
      <tbody>
        ${listed.secrets.map((secret) => row(secret, now))}
      </tbody>
    </table>
  </div>`;
}

const emptyState = html`<section class="empty card">
  <h2>${text.list.empty.title}</h2>
  <p>${text.list.empty.lead}</p>
  <p class="buttons">
    <a class="button primary" href="/new">${text.list.add}</a>
    <a class="button" href="/import">${text.list.import}</a>
  </p>
  <p class="hint">${text.list.empty.next}</p>
</section>`;

function filterForm(query: ListQuery): Html {
  const sort = sortText(query);
  return html`<form class="filter" role="search" method="get" action="/secrets">
    <label for="filter">${text.list.filter}</label>
    <input
      id="filter"
      name="filter"
      type="search"
      value="${query.filter}"
      autocomplete="off"
      spellcheck="false"
    />
    ${sort !== undefined && html`<input type="hidden" name="sort" value="${sort}" />`}
    <button type="submit">${text.list.filterSubmit}</button>
    ${query.filter !== '' && html`<a href="${listPath({ ...query, filter: '', page: 1 })}">${text.list.filterClear}</a>`}
  </form>`;
}

interface Listed {
  readonly secrets: readonly SecretSummary[];
  readonly query: ListQuery;
  readonly found: number;
  readonly total: number;
  readonly pages: number;
}

function pager({ query, pages }: Listed): Html | undefined {
  const { page } = query;
  if (pages < 2) return undefined;
  const to = (next: number, rel: string, label: string): Html =>
    html`<a class="button" rel="${rel}" href="${listPath({ ...query, page: next })}">${label}</a>`;
  return html`<nav class="pager" aria-label="${text.list.pages}">
    ${page > 1 && to(page - 1, 'prev', text.list.previous)}
    <span>${text.list.page(page, pages)}</span>
    ${page < pages && to(page + 1, 'next', text.list.next)}
  </nav>`;
}

function countOf({ query, found, total, pages, secrets }: Listed): string {
  const before = (query.page - 1) * PAGE_SIZE;
  if (pages > 1) return text.list.range(before + 1, before + secrets.length, found);
  return query.filter === '' ? text.list.count(total) : text.list.found(found, total);
}

function view(listed: Listed, said: string | undefined, now: number): Html {
  const { secrets, query, total } = listed;
  return html`<div class="title">
      <h1>${text.list.title}</h1>
      ${
        total > 0 &&
        html`<p class="buttons">
          <a class="button primary" href="/new">${text.list.add}</a>
          <a class="button" href="/import">${text.list.import}</a>
        </p>`
      }
    </div>
    <div class="said" data-island="said"><p role="status">${said}</p></div>
    ${total >= FILTER_FROM && filterForm(query)}
    ${
      total === 0
        ? emptyState
        : html`<p class="count" aria-live="polite">${countOf(listed)}</p>
            ${secrets.length > 0 ? table(listed, now) : html`<p class="card pad">${text.list.nothingFound}</p>`}
            ${pager(listed)}
            <p class="hint">${text.list.neverShown}</p>`
    }`;
}

export function createListPage({ secrets, clock }: Ports) {
  return async (request: Request, visitor: Visitor, said: string | undefined): Promise<Page> => {
    const asked = parseListQuery((name) => queryText(request, name).slice(0, MAX_QUERY_LENGTH));
    const { ownerId } = visitor;
    const total = await secrets.count(ownerId);
    const found = asked.filter === '' ? total : await secrets.count(ownerId, asked.filter);
    const pages = Math.ceil(found / PAGE_SIZE);
    // The last page may have been emptied since its address was made.
    const query = { ...asked, page: Math.max(1, Math.min(asked.page, pages)) };
    const rows = await secrets.list(ownerId, {
      limit: PAGE_SIZE,
      offset: (query.page - 1) * PAGE_SIZE,
      order: orderOf(query),
      containing: query.filter,
    });
    const listed = { secrets: rows, query, found, total, pages };
    return { title: text.list.title, here: 'secrets', wide: true, body: view(listed, said, clock()) };
  };
}
