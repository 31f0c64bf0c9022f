/** What somebody sees who is not logged in, or who finds a console without a page. Zone 1. */
import type { Page } from './frame.ts';
import { html } from './html.ts';
import { text } from './shared/text.ts';

export function welcomePage(loggedOut: boolean): Page {
  return {
    title: text.welcome.title,
    body: html`<section class="welcome">
      ${loggedOut && html`<p class="said" role="status">${text.welcome.loggedOut}</p>`}
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
