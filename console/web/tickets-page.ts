/** Tickets: the list, one with its uses, and revoking it. Zone 1; docs/design.md#tickets. */
import type { Request } from 'express';
import { parseSecretId } from '#envelope/names.ts';
import type { SessionRow, TicketRow } from '../core/stores.ts';
import type { UsedTicket } from '../core/tickets.ts';
import type { UseCases } from '../core/use-cases.ts';
import { noteRefusal } from '../http/answer.ts';
import { parameter, queryText } from '../http/request.ts';
import type { FlashMessages } from './flash-messages.ts';
import { csrfField, type Page, type PageAnswer } from './frame.ts';
import { factList, type Fact } from './facts.ts';
import { html, type Html } from './html.ts';
import { failurePage } from './plain-pages.ts';
import { againNotice, againStatus, type PageRoutes, type Submission } from './routing.ts';
import { secretPath, sessionPath, ticketPath, TICKETS_PATH } from './shared/addresses.ts';
import { text } from './shared/text.ts';
import { pager, pathTo, readPage } from './newest-first.ts';
import { shownTime, shownUntil } from './shown.ts';
import type { Visitor } from './visitors.ts';

interface Ports {
  readonly cases: Pick<UseCases, 'listTickets' | 'findTicket' | 'revokeTicket'>;
  readonly flashMessages: FlashMessages;
  readonly clock: () => number;
}

const PAGE_SIZE = 50;
const MAX_SHOWN_NAMES = 5;
const MAX_FORM_BYTES = 4096;

type State = keyof typeof text.tickets.states;

function stateOf({ revokedAt, exp, uses, used }: TicketRow, now: number): State {
  if (revokedAt !== undefined) return 'revoked';
  if (exp <= now) return 'expired';
  return uses !== undefined && used >= uses ? 'spent' : 'valid';
}

function stateTag(state: State): Html {
  return html`<span class="${state === 'valid' ? 'tag' : 'tag over'}">${text.tickets.states[state]}</span>`;
}

function place({ ns, pod }: TicketRow): string {
  return `${ns}/${pod ?? text.tickets.anyPod}`;
}

/** When it ends, or was revoked. */
function end({ revokedAt, exp }: TicketRow, now: number): Html {
  return revokedAt === undefined ? shownUntil(exp, now) : shownTime(revokedAt, now);
}

function usesOf({ used, uses }: TicketRow): string {
  return uses === undefined ? String(used) : text.tickets.usedOf(used, uses);
}

function names(secrets: TicketRow['secrets'], most: number): Html {
  const first = secrets.slice(0, most);
  return html`<span
    >${first.map((name, at) => html`${at > 0 && ', '}<a href="${secretPath(name)}">${name}</a>`)}
    ${secrets.length > most && ` +${secrets.length - most}`}</span
  >`;
}

function row({ ticket }: UsedTicket, now: number): Html {
  const { columns } = text.tickets;
  const state = stateOf(ticket, now);
  return html`<tr>
    <th scope="row"><a href="${ticketPath(ticket.jti)}">${place(ticket)}</a></th>
    <td data-label="${columns.state}">${stateTag(state)}</td>
    <td data-label="${columns.secrets}">${names(ticket.secrets, MAX_SHOWN_NAMES)}</td>
    <td data-label="${columns.used}"><span>${usesOf(ticket)}</span></td>
    <td data-label="${columns.issued}">${shownTime(ticket.issuedAt, now)}</td>
    <td data-label="${columns.until}">${end(ticket, now)}</td>
    <td class="actions">
      ${
        state === 'valid' &&
        html`<a class="button small quiet" href="${ticketPath(ticket.jti)}#revoke"
          >${text.tickets.revoke}<span class="visually-hidden"> ${place(ticket)}</span></a
        >`
      }
    </td>
  </tr>`;
}

function table(tickets: readonly UsedTicket[], now: number): Html {
  const { actions, ...columns } = text.tickets.columns;
  return html`<div class="card">
    <table class="records">
      <thead>
        <tr>
          ${Object.values(columns).map((label) => html`<th scope="col">${label}</th>`)}
          <th scope="col"><span class="visually-hidden">${actions}</span></th>
        </tr>
      </thead>
      <tbody>
        ${tickets.map((ticket) => row(ticket, now))}
      </tbody>
    </table>
  </div>`;
}

function createList({ cases, clock }: Ports) {
  return async (request: Request, { ownerId }: Visitor, said: string | undefined): Promise<Page> => {
    const mark = (name: 'after' | 'before') => parseSecretId(queryText(request, name)); // both are UUIDs
    const marks = { after: mark('after'), before: mark('before') };
    const found = await readPage(PAGE_SIZE, marks, (page) => cases.listTickets(ownerId, page));
    return {
      title: text.tickets.title,
      here: 'tickets',
      wide: true,
      body: html`<h1>${text.tickets.title}</h1>
        <p class="lead">${text.tickets.lead}</p>
        <div class="said" data-island="said"><p role="status">${said}</p></div>
        ${found.rows.length > 0 ? table(found.rows, clock()) : html`<p class="card pad">${text.tickets.none}</p>`}
        ${pager(found, ({ ticket }) => ticket.jti, pathTo(TICKETS_PATH))}`,
    };
  };
}

function facts(ticket: TicketRow, now: number): Html {
  const { columns, facts: labels } = text.tickets;
  const rows: readonly Fact[] = [
    [columns.state, stateTag(stateOf(ticket, now))],
    [columns.until, end(ticket, now)],
    [columns.used, usesOf(ticket)],
    [columns.issued, shownTime(ticket.issuedAt, now)],
    [text.launch.namespace, html`<code>${ticket.ns}</code>`],
    [text.launch.account, html`<code>${ticket.sa}</code>`],
    [text.launch.pod, html`<code>${ticket.pod ?? text.tickets.anyPod}</code>`],
    ...(ticket.launcher === undefined
      ? []
      : [[labels.launcher, html`<code>${ticket.launcher}</code>`] as const]),
    [columns.secrets, names(ticket.secrets, ticket.secrets.length)],
    [labels.id, html`<code>${ticket.jti}</code>`],
  ];
  return factList(rows);
}

function sessionsTable(sessions: readonly SessionRow[], now: number): Html {
  const { session, opened, first, last, claims } = text.tickets.sessionColumns;
  return html`<div class="card">
    <table class="records">
      <thead>
        <tr>
          ${[session, opened, first, last, claims].map((label) => html`<th scope="col">${label}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${sessions.map(
          (row) =>
            html`<tr>
              <th scope="row">
                <a href="${sessionPath(row.sid)}">${row.pod ?? text.tickets.noPod}</a>
                <span class="hint">${row.sid.slice(0, 8)}</span>
              </th>
              <td data-label="${opened}">${shownTime(row.openedAt, now)}</td>
              <td data-label="${first}">${shownTime(row.firstClaimAt, now)}</td>
              <td data-label="${last}">${shownTime(row.lastClaimAt, now)}</td>
              <td data-label="${claims}"><span>${row.claims}</span></td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function revokeForm(jti: string, visitor: Visitor | undefined): Html {
  return html`<form class="card pad" id="revoke" method="post" action="${ticketPath(jti)}">
    ${csrfField(visitor)}
    <p>${text.tickets.revokeLead}</p>
    <p class="buttons">
      <button class="danger" type="submit">${text.tickets.revokeNow}</button>
      <a class="button quiet" href="${TICKETS_PATH}">${text.cancel}</a>
    </p>
  </form>`;
}

function ticketPage({ ticket, sessions }: UsedTicket, visitor: Visitor, now: number): Page {
  return {
    title: text.tickets.ticketTitle(place(ticket)),
    here: 'tickets',
    wide: true,
    body: html`<p class="crumb"><a href="${TICKETS_PATH}">${text.tickets.title}</a></p>
      <h1 class="name">${text.tickets.ticketTitle(place(ticket))}</h1>
      ${facts(ticket, now)}
      <h2>${text.tickets.sessions}</h2>
      ${sessions.length > 0 ? sessionsTable(sessions, now) : html`<p>${text.tickets.noSessions}</p>`}
      ${
        stateOf(ticket, now) === 'valid' &&
        html`<h2>${text.tickets.revoke}</h2>
          ${revokeForm(ticket.jti, visitor)}`
      }`,
  };
}

function unknownTicketPage(): Page {
  return failurePage({ status: 404, code: 'not_found', detail: text.tickets.unknown });
}

export function mountTickets(routes: PageRoutes, ports: Ports): void {
  const { cases, flashMessages, clock } = ports;
  const list = createList(ports);
  routes.show(TICKETS_PATH, 'tickets', async (request, visitor, response) =>
    list(request, visitor, await flashMessages.take(request, response)),
  );
  const path = ticketPath(':jti');
  routes.show(path, 'ticket', async (request, visitor) => {
    const found = await cases.findTicket(visitor.ownerId, parameter(request, 'jti'));
    return found ? ticketPage(found, visitor, clock()) : unknownTicketPage();
  });
  const submit = async ({ request, response, visitor }: Submission): Promise<PageAnswer> => {
    const revoked = await cases.revokeTicket({ ownerId: visitor.ownerId, jti: parameter(request, 'jti') });
    if (revoked.ok) {
      await flashMessages.set(response, { what: 'revoked' });
      return { to: TICKETS_PATH };
    }
    noteRefusal(response, revoked.refusal);
    return unknownTicketPage();
  };
  routes.form(path, 'ticket', {
    maxBytes: MAX_FORM_BYTES,
    submit,
    again: (request, _form, why, visitor) => {
      const jti = parseSecretId(parameter(request, 'jti'));
      if (!jti) return Promise.resolve(unknownTicketPage());
      return Promise.resolve({
        status: againStatus(why),
        title: text.tickets.revoke,
        here: 'tickets',
        body: html`<h1>${text.tickets.revoke}</h1>
          <div class="alert" role="alert">${againNotice(why)}</div>
          ${revokeForm(jti, visitor)}`,
      });
    },
  });
}
