/**
 * What happened to secrets, when, and in which session: the audit records of their owner. Zone 1;
 * docs/design.md#audit.
 */
import type { Request } from 'express';
import { parseSecretName, type OwnerId } from '#envelope/names.ts';
import { isSubdomain } from '#envelope/pod.ts';
import { shown } from '#platform/shown.ts';
import { createFindSubject, type AuditRow, type AuditStore } from '../core/audit.ts';
import type { SecretStore } from '../core/stores.ts';
import { queryText } from '../http/request.ts';
import { refusals } from '../refusals.ts';
import { secretPath, sessionPath, ticketPath } from './shared/addresses.ts';
import { verbatim, type Page } from './frame.ts';
import { html, type Html } from './html.ts';
import { pager, pathTo, readPage, type Mark } from './newest-first.ts';
import { shownTime } from './shown.ts';
import { text } from './shared/text.ts';
import type { Visitor } from './visitors.ts';

interface Ports {
  readonly audit: Pick<AuditStore, 'list'>;
  readonly secrets: Pick<SecretStore, 'find'>;
  readonly clock: () => number;
}

const PAGE_SIZE = 50;
const MAX_SHOWN_NAMES = 5;
const MAX_WANTED_LENGTH = 253;

/** A browser reserves before each write that it seals: only the write, or a refusal, is worth a line. */
function isNews({ action, outcome }: AuditRow): boolean {
  return action !== 'seal' || outcome === 'refused';
}

function what({ action, outcome, code, actor, dryRun, jti }: AuditRow): Html {
  const ticket = (action === 'ticket' || action === 'revoke') && outcome === 'done' ? jti : undefined;
  return html`<span
    ><strong>${dryRun === true ? text.activity.asked : (text.activity.actions[action] ?? action)}</strong>
    ${ticket !== undefined && html`(<a href="${ticketPath(ticket)}">${text.activity.ticket}</a>)`}
    ${
      outcome === 'refused' &&
      html`<span class="tag warn">${text.activity.refused}</span>
        ${code !== undefined && refusals[code].title}`
    }
    ${actor !== 'owner' && html`<span class="hint">${text.activity.by} ${actor}</span>`}</span
  >`;
}

function where({ ns, pod, sid }: AuditRow): Html | undefined {
  return ns === undefined && pod === undefined
    ? undefined
    : html`<span class="where"
        >${ns !== undefined && shown(ns)}${pod !== undefined && html`/${shown(pod)}`}${
          sid !== undefined &&
          html` <a class="hint" href="${sessionPath(sid)}" title="${sid}">${sid.slice(0, 8)}</a>`
        }</span
      >`;
}

/** A truncated name is not a link. */
function nameOf(name: string): Html {
  const whole = parseSecretName(name);
  return whole === undefined ? html`${shown(name)}` : html`<a href="${secretPath(whole)}">${whole}</a>`;
}

function named({ names = [], nameCount = names.length }: AuditRow): Html | undefined {
  if (names.length === 0) return undefined;
  const first = names.slice(0, MAX_SHOWN_NAMES);
  return html`<span
    >${first.map((name, at) => html`${at > 0 && ', '}${nameOf(name)}`)}
    ${nameCount > first.length && ` +${nameCount - first.length}`}</span
  >`;
}

/** Records as a table; without names where all are about one secret. */
export function recordsTable(rows: readonly AuditRow[], now: number, withNames: boolean): Html {
  const { at, what: happened, names, where: place } = text.activity.columns;
  return html`<div class="card">
    <table class="records">
      <thead>
        <tr>
          <th scope="col">${at}</th>
          <th scope="col">${happened}</th>
          ${withNames && html`<th scope="col">${names}</th>`}
          <th scope="col">${place}</th>
        </tr>
      </thead>
      <tbody>
        ${rows.filter(isNews).map(
          (row) =>
            html`<tr>
              <td data-label="${at}">${shownTime(row.at, now)}</td>
              <td data-label="${happened}">${what(row)}</td>
              ${withNames && html`<td data-label="${names}">${named(row)}</td>`}
              <td data-label="${place}">${where(row)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** What a person looks for, as typed; empty for anything. */
interface Wanted {
  readonly secret: string;
  readonly session: string;
}

function filterForm({ secret, session }: Wanted): Html {
  const field = (name: keyof Wanted, value: string): Html =>
    html`<label for="${name}">${text.activity[name]}</label>
      <input id="${name}" name="${name}" type="search" value="${value}" ${verbatim} />`;
  return html`<form class="filter" role="search" method="get" action="/activity">
    ${field('secret', secret)} ${field('session', session)}
    <button type="submit">${text.list.filterSubmit}</button>
    ${secret + session !== '' && html`<a href="/activity">${text.list.filterClear}</a>`}
  </form>`;
}

export function createActivityPage({ audit, secrets, clock }: Ports) {
  const findSubject = createFindSubject(secrets);
  const find = async (
    ownerId: OwnerId,
    { secret, session }: Wanted,
    page: Mark<number> & { readonly limit: number },
  ): Promise<AuditRow[]> => {
    const name = parseSecretName(secret);
    // Nothing can have such a name.
    if ((secret !== '' && !name) || (session !== '' && !isSubdomain(session))) return [];
    const filter = { session: session === '' ? undefined : session, ...(await findSubject(ownerId, name)) };
    return await audit.list(ownerId, { ...page, ...filter });
  };
  return async (request: Request, { ownerId }: Visitor): Promise<Page> => {
    const mark = (name: 'after' | 'before'): number | undefined => {
      const asked = queryText(request, name);
      return /^[1-9][0-9]{0,14}$/.test(asked) ? Number(asked) : undefined;
    };
    const textOf = (name: keyof Wanted): string =>
      queryText(request, name).trim().slice(0, MAX_WANTED_LENGTH);
    const wanted = { secret: textOf('secret'), session: textOf('session') };
    const marks = { after: mark('after'), before: mark('before') };
    const found = await readPage(PAGE_SIZE, marks, (page) => find(ownerId, wanted, page));
    const shown = found.rows;
    const none = wanted.secret + wanted.session === '' ? text.activity.none : text.activity.nothingFound;
    return {
      title: text.activity.title,
      here: 'activity',
      wide: true,
      body: html`<h1>${text.activity.title}</h1>
        <p class="lead">${text.activity.lead}</p>
        ${filterForm(wanted)}
        ${shown.some(isNews) ? recordsTable(shown, clock(), true) : html`<p class="card pad">${none}</p>`}
        ${pager(found, ({ id }) => String(id), pathTo('/activity', { ...wanted }))}`,
    };
  };
}
