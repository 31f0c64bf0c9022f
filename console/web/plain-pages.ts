/**
 * Pages that only inform: a person who is not logged in, about a console without a page, and about what was
 * refused or has failed. Zone 1; docs/design.md#page.
 */
import type { RefusalCode } from '../refusals.ts';
import type { Page } from './frame.ts';
import { html } from './html.ts';
import { text } from './shared/text.ts';

export function welcomePage(loggedOut: boolean): Page {
  return {
    title: text.welcome.title,
    body: html`<section class="welcome">
      ${loggedOut && html`<div class="said"><p role="status">${text.welcome.loggedOut}</p></div>`}
      <h1>${text.welcome.title}</h1>
      <p class="lead">${text.welcome.lead}</p>
      <p><a class="button primary" href="/login">${text.logIn}</a></p>
      <ol class="steps">
        ${text.welcome.steps.map(
          ([title, sentence]) =>
            html`<li>
              <h2>${title}</h2>
              <p>${sentence}</p>
            </li>`,
        )}
      </ol>
    </section>`,
  };
}

export const apiOnlyPage: Page = {
  title: text.apiOnly.title,
  body: html`<section class="notice">
    <h1>${text.apiOnly.title}</h1>
    <p>${text.apiOnly.lead}</p>
    <p><a href="/api/v1/openapi.json">${text.apiOnly.link}</a></p>
  </section>`,
};

interface Failure {
  readonly status: number;
  readonly code: RefusalCode;
  readonly detail: string;
  readonly retryAfterSeconds?: number | undefined;
  /** What may work later. */
  readonly again?: string | undefined;
  /** Of a window that shows nothing else of the console. */
  readonly alone?: boolean;
}

export function failureSentence({ code, detail, retryAfterSeconds = 60 }: Failure): string {
  if (code === 'not_found') return detail === '' ? text.failed.notFound : detail;
  if (code === 'rate_limited') return text.failed.tooMany(retryAfterSeconds);
  if (code === 'internal_error') return text.failed.internal;
  if (code === 'body_too_large') return text.failed.tooLarge;
  if (code === 'database_unavailable' || code === 'user_key_unavailable' || code === 'overloaded')
    return text.failed.down;
  return detail;
}

export function failurePage(failure: Failure): Page {
  const { status, code, retryAfterSeconds, again, alone } = failure;
  const title = code === 'not_found' ? text.failed.notFoundTitle : text.failed.title;
  const waits = retryAfterSeconds ?? (status === 503 ? 1 : undefined);
  return {
    status,
    title,
    ...(waits === undefined ? {} : { retryAfterSeconds: waits }),
    body: html`<section class="notice" data-code="${code}">
      <h1>${title}</h1>
      <p>${failureSentence(failure)}</p>
      ${again !== undefined && html`<p><a class="button primary" href="${again}">${text.login.again}</a></p>`}
      ${!alone && html`<p><a href="/">${text.back}</a></p>`}
    </section>`,
  };
}
