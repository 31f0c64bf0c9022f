/**
 * What `/launch` shows besides its form: where to choose, where to log in again, and its answer. Zone 1;
 * docs/design.md#page.
 */
import { html, type Html } from './html.ts';
import type { Picks } from './launch-form.ts';
import type { LaunchRequest } from './launch-request.ts';
import { LOGGED_IN_PATH, loginAddress } from './shared/addresses.ts';
import { text } from './shared/text.ts';

/** Leads to the same address in a window of its own, whose answer this frame relays. */
export function launchElsewhere({ returnTo }: LaunchRequest, action: string): Html {
  return html`<section class="notice" data-island="launch-relay">
    <h1>${text.launch.title}</h1>
    <p role="status" data-part="state">${text.launch.elsewhere(returnTo.host)}</p>
    <p>
      <a class="button primary" href="${action}" target="_blank" rel="opener" data-part="open"
        >${text.launch.elsewhereOpen}</a
      >
    </p>
  </section>`;
}

function fieldsOf({ picked, kinds, names, fields }: Picks): [string, string][] {
  return [
    ...[...picked].map((name): [string, string] => ['pick', name]),
    ...[...kinds].map(([name, kind]): [string, string] => [`as:${name}`, kind]),
    ...[...names].map(([name, to]): [string, string] => [`to:${name}`, to]),
    ...fields,
  ];
}

/** After a login that has ended: the form's fields wait for the next one. */
export function launchAgain(action: string, picks: Picks): Html {
  return html`<section class="notice">
    <h1>${text.launch.title}</h1>
    <p>${text.launch.loginEnded}</p>
    <form class="buttons" method="post" action="${action}" data-island="send-on-login">
      <a class="button primary" href="${loginAddress(LOGGED_IN_PATH)}" target="_blank" rel="noopener"
        >${text.logIn}</a
      >
      ${fieldsOf(picks).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
      <button type="submit">${text.launch.loggedIn}</button>
    </form>
  </section>`;
}

interface LaunchAnswer {
  readonly ticket: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly expiresAt: string;
}

/** The answer as a page: its script posts the message, or sends the form, which a person can do as well. */
export function launchDone(launch: LaunchRequest, answer: LaunchAnswer): Html {
  const { origin, href } = launch.returnTo;
  if (launch.mode === 'message') {
    return html`<section
      class="notice"
      data-island="launch-message"
      data-origin="${origin}"
      data-answer="${JSON.stringify({ type: 'twofold-launch', ...answer })}"
    >
      <h1>${text.launch.title}</h1>
      <p role="status" data-part="state">${text.launch.needsScript}</p>
    </section>`;
  }
  return html`<section class="notice">
    <h1>${text.launch.title}</h1>
    <p role="status">${text.launch.sending}</p>
    <form method="post" action="${href}" data-island="launch-return">
      <input type="hidden" name="ticket" value="${answer.ticket}" />
      <input type="hidden" name="annotations" value="${JSON.stringify(answer.annotations)}" />
      <input type="hidden" name="expires_at" value="${answer.expiresAt}" />
      <p><button class="primary" type="submit">${text.launch.returnNow}</button></p>
    </form>
  </section>`;
}
