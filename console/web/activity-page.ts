/**
 * What happened to secrets, when, and in which session: the audit records of their owner. Zone 1;
 * docs/design.md#audit.
 */
import type { Request } from 'express';
import { parseSecretName } from '#envelope/names.ts';
import { shown } from '#platform/shown.ts';
import type { AuditRow, AuditStore } from '../core/audit.ts';
import { queryText } from '../http/request.ts';
import { refusals } from '../refusals.ts';
import { secretPath, withQuery } from './shared/addresses.ts';
import type { Page } from './frame.ts';
import { html, type Html } from './html.ts';
import { shownTime } from './shown.ts';
import { text } from './shared/text.ts';
import type { Visitor } from './visitors.ts';

interface Ports {
  readonly audit: Pick<AuditStore, 'list'>;
  readonly clock: () => number;
}

const PAGE_SIZE = 50;
const MAX_SHOWN_NAMES = 5;

/** A browser reserves before each write that it seals: only the write, or a refusal, is worth a line. */
function isNews({ action, outcome }: AuditRow): boolean {
  return action !== 'seal' || outcome === 'refused';
}

function what({ action, outcome, code, actor, dryRun }: AuditRow): Html {
  return html`<strong
      >${dryRun === true ? text.activity.asked : (text.activity.actions[action] ?? action)}</strong
    >
    ${
      outcome === 'refused' &&
      html`<span class="tag warn">${text.activity.refused}</span>
        ${code !== undefined && refusals[code].title}`
    }
    ${actor !== 'owner' && html`<span class="hint">${text.activity.by} ${actor}</span>`}`;
}

function where({ ns, pod, sid }: AuditRow): Html | undefined {
  return ns === undefined && pod === undefined
    ? undefined
    : html`<span class="where"
        >${ns !== undefined && shown(ns)}${pod !== undefined && html`/${shown(pod)}`}${
          sid !== undefined && html` <span class="hint" title="${sid}">${sid.slice(0, 8)}</span>`
        }</span
      >`;
}

/** A truncated name is not a link. */
function nameOf(name: string): Html {
  const whole = parseSecretName(name);
  return whole === undefined ? html`${shown(name)}` : html`<a href="${secretPath(whole)}">${whole}</a>`;
}

function named({ names = [], nameCount = names.length }: AuditRow): Html {
  const first = names.slice(0, MAX_SHOWN_NAMES);
  return html`${first.map((name, at) => html`${at > 0 && ', '}${nameOf(name)}`)}
  ${nameCount > first.length && ` +${nameCount - first.length}`}`;
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

export function createActivityPage({ audit, clock }: Ports) {
  return async (request: Request, { ownerId }: Visitor): Promise<Page> => {
    const asked = queryText(request, 'after');
    const after = /^[1-9][0-9]{0,14}$/.test(asked) ? Number(asked) : undefined;
    const rows = await audit.list(ownerId, { limit: PAGE_SIZE + 1, after });
    const shown = rows.slice(0, PAGE_SIZE);
    const last = shown.at(-1);
    return {
      title: text.activity.title,
      here: 'activity',
      wide: true,
      body: html`<h1>${text.activity.title}</h1>
        <p class="lead">${text.activity.lead}</p>
        ${shown.some(isNews) ? recordsTable(shown, clock(), true) : html`<p class="card pad">${text.activity.none}</p>`}
        <p class="pager">
          ${after !== undefined && html`<a class="button" href="/activity">${text.activity.newest}</a>`}
          ${rows.length > PAGE_SIZE && html`<a class="button" href="${withQuery('/activity', { after: last?.id.toString() })}">${text.activity.older}</a>`}
        </p>`,
    };
  };
}
