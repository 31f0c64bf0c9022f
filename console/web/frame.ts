/** What surrounds every page, and the headers it is sent with. Zone 1; docs/design.md#page. */
import type { Request, Response } from 'express';
import type { Assets } from './assets.ts';
import { documentText, html, type Html } from './html.ts';
import { LAUNCH_PATH, TICKETS_PATH } from './shared/addresses.ts';
import { text } from './shared/text.ts';
import type { Visitor } from './visitors.ts';

export interface Page {
  readonly status?: number;
  readonly title: string;
  readonly body: Html;
  /** This page's entry in the navigation. */
  readonly here?: 'secrets' | 'tickets' | 'activity';
  /** Narrow pages hold one form, wide ones a table. */
  readonly wide?: boolean;
  /** No navigation: a page that another one opens or embeds. */
  readonly alone?: boolean;
  /** Another origin that its forms may be sent to. */
  readonly formTo?: string;
  /** May be opened by another origin that waits for its message. */
  readonly keepsOpener?: boolean;
  readonly retryAfterSeconds?: number;
  /** Where the page leads on to by itself: not by a form, whose targets are fixed. */
  readonly refreshTo?: string;
}

export type PageAnswer = Page | { readonly to: string };

export interface Frame {
  send(request: Request, response: Response, page: Page, visitor?: Visitor): void;
}

function policy(page: Page, embeddedBy: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    `form-action 'self'${page.formTo === undefined ? '' : ` ${page.formTo}`}`,
    `frame-ancestors ${embeddedBy.length > 0 ? embeddedBy.join(' ') : "'none'"}`,
    'report-uri /csp-report',
  ].join('; ');
}

/** Referrers reach other sites from /launch only, as an origin: a launcher may check where a form came from. */
function headersOf(page: Page, embeddedBy: readonly string[]): Record<string, string> {
  return {
    'cache-control': 'no-store',
    'content-security-policy': policy(page, embeddedBy),
    'referrer-policy': page.formTo === undefined ? 'same-origin' : 'strict-origin',
    'cross-origin-opener-policy': page.keepsOpener ? 'unsafe-none' : 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
    ...(page.retryAfterSeconds === undefined ? {} : { 'retry-after': String(page.retryAfterSeconds) }),
  };
}

/** Attributes of a field whose text browsers must not correct or complete. */
export const verbatim = html`autocomplete="off" autocapitalize="none" spellcheck="false"`;

/** Attributes of a field that the password managers of people must neither fill nor save. */
export const unmanaged = html`data-1p-ignore data-bwignore data-lpignore="true" data-protonpass-ignore="true"
data-form-type="other"`;

export function csrfField(visitor: Visitor | undefined): Html {
  return html`<input type="hidden" name="csrf" value="${visitor?.csrf ?? ''}" />`;
}

function navigation(page: Page): Html {
  const link = (at: Page['here'], path: string, label: string): Html =>
    page.here === at
      ? html`<a href="${path}" aria-current="page">${label}</a>`
      : html`<a href="${path}">${label}</a>`;
  return html`<nav aria-label="${text.nav.label}">
    ${link('secrets', '/secrets', text.nav.secrets)} ${link('tickets', TICKETS_PATH, text.nav.tickets)}
    ${link('activity', '/activity', text.nav.activity)}
  </nav>`;
}

function person(visitor: Visitor): Html {
  return html`<div class="person">
    <span class="who" title="${text.loggedInAs} ${visitor.shownName}"
      ><span class="visually-hidden">${text.loggedInAs} </span>${visitor.shownName}</span
    >
    <form method="post" action="/logout">
      ${csrfField(visitor)}<button class="quiet" type="submit">${text.logOut}</button>
    </form>
  </div>`;
}

const mark = html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
  <rect width="32" height="32" rx="8"></rect>
  <path d="M7 12.5 16 8l9 4.5-9 4.5z"></path>
  <path d="m7 19.5 9 4.5 9-4.5"></path>
</svg>`;

function wholePage(page: Page, assets: Assets, visitor: Visitor | undefined): Html {
  return html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      ${page.refreshTo !== undefined && html`<meta http-equiv="refresh" content="${`0; url=${page.refreshTo}`}" />`}
      <title>${page.title} · ${text.product}</title>
      <link rel="icon" href="${assets.icon}" />
      <link rel="stylesheet" href="${assets.style}" />
      <script src="${assets.script}" defer></script>
    </head>
    <body data-csrf="${visitor?.csrf ?? ''}" data-owner="${visitor?.ownerId ?? ''}">
      <a class="skip" href="#content">${text.skip}</a>
      <header class="top">
        <div class="bar">
          ${page.alone ? html`<span class="brand">${mark}${text.product}</span>` : html`<a class="brand" href="/">${mark}${text.product}</a>`}
          ${visitor && !page.alone && navigation(page)} ${visitor && !page.alone && person(visitor)}
        </div>
      </header>
      <main id="content" tabindex="-1" class="${page.wide ? 'wide' : 'narrow'}">${page.body}</main>
    </body>
  </html>`;
}

/** Whatever `/launch` answers, its failures too, these origins may open and embed. */
export function createFrame(assets: Assets, launcherOrigins: readonly string[] = []): Frame {
  return {
    send: (request, response, answer, visitor) => {
      const launching = request.path === LAUNCH_PATH;
      const page: Page = launching ? { ...answer, alone: true, keepsOpener: true } : answer;
      response
        .status(page.status ?? 200)
        .set(headersOf(page, launching ? launcherOrigins : []))
        .type('html');
      response.send(documentText(wholePage(page, assets, visitor)));
    },
  };
}
