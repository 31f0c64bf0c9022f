/** "My secrets": the list, in pages, with a search by name. Zone 1; docs/design.md#page. */
import type { Request } from 'express';
import { parseSecretName } from '#envelope/names.ts';
import type { SecretStore, SecretSummary } from '../core/stores.ts';
import { queryText } from '../http/request.ts';
import { secretPath, withQuery } from './shared/addresses.ts';
import type { Page } from './frame.ts';
import { html, type Html } from './html.ts';
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
const MAX_FILTER_LENGTH = 253;

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

function table(secrets: readonly SecretSummary[], now: number): Html {
  const { name, actions, ...others } = text.list.columns;
  return html`<div class="card">
    <table class="secrets">
      <thead>
        <tr>
          <th scope="col">${name}</th>
          ${Object.values(others).map((label) => html`<th scope="col">${label}</th>`)}
          <th scope="col"><span class="visually-hidden">${actions}</span></th>
        </tr>
      </thead>
      <tbody>
        ${secrets.map((secret) => row(secret, now))}
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

function filterForm(filter: string): Html {
  return html`<form class="filter" role="search" method="get" action="/secrets">
    <label for="filter">${text.list.filter}</label>
    <input id="filter" name="filter" type="search" value="${filter}" autocomplete="off" spellcheck="false" />
    <button type="submit">${text.list.filterSubmit}</button>
    ${filter !== '' && html`<a href="/secrets">${text.list.filterClear}</a>`}
  </form>`;
}

interface Listed {
  readonly secrets: readonly SecretSummary[];
  readonly filter: string;
  readonly found: number;
  readonly total: number;
  readonly paged: boolean;
  readonly more: boolean;
}

function pager({ secrets, filter, paged, more }: Listed): Html | undefined {
  const last = secrets.at(-1)?.name;
  if (!paged && !more) return undefined;
  return html`<p class="pager">
    ${paged && html`<a class="button" href="${withQuery('/secrets', { filter })}">${text.list.first}</a>`}
    ${more && html`<a class="button" href="${withQuery('/secrets', { filter, after: last })}">${text.list.more}</a>`}
  </p>`;
}

function view(listed: Listed, said: string | undefined, now: number): Html {
  const { secrets, filter, found, total } = listed;
  const count = filter === '' ? text.list.count(total) : text.list.found(found, total);
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
    <p class="said" role="status" data-island="said">${said}</p>
    ${total >= FILTER_FROM && filterForm(filter)}
    ${
      total === 0
        ? emptyState
        : html`<p class="count" aria-live="polite">${count}</p>
            ${secrets.length > 0 ? table(secrets, now) : html`<p class="card pad">${text.list.nothingFound}</p>`}
            ${pager(listed)}
            <p class="hint">${text.list.neverShown}</p>`
    }`;
}

export function createListPage({ secrets, clock }: Ports) {
  return async (request: Request, visitor: Visitor, said: string | undefined): Promise<Page> => {
    const filter = queryText(request, 'filter').trim().slice(0, MAX_FILTER_LENGTH);
    const after = parseSecretName(queryText(request, 'after'));
    const total = await secrets.count(visitor.ownerId);
    const found = filter === '' ? total : await secrets.count(visitor.ownerId, filter);
    const page = { limit: PAGE_SIZE + 1, after, containing: filter };
    const rows = await secrets.list(visitor.ownerId, page);
    const listed = {
      secrets: rows.slice(0, PAGE_SIZE),
      filter,
      found,
      total,
      paged: after !== undefined,
      more: rows.length > PAGE_SIZE,
    };
    return { title: text.list.title, here: 'secrets', wide: true, body: view(listed, said, clock()) };
  };
}
