/**
 * What `/launch` shows besides its form: where to choose, what to send again, what its address lacks, and its answer.
 * Zone 1; docs/design.md#page.
 */
import { csrfField } from './frame.ts';
import { html, type Html } from './html.ts';
import {
  answerFields,
  declineButtons,
  declineForms,
  messageOf,
  type LaunchAnswer,
} from './launch-decline.ts';
import type { Picks } from './launch-form.ts';
import type { LaunchRequest } from './launch-request.ts';
import { LOGGED_IN_PATH, loginAddress } from './shared/addresses.ts';
import { text } from './shared/text.ts';
import type { Visitor } from './visitors.ts';

/** Leads to the same address in a window of its own, whose answer this frame relays. */
export function launchElsewhere(launch: LaunchRequest, action: string): Html {
  return html`<section class="notice" data-island="launch-relay">
    <h1>${text.launch.title}</h1>
    <p role="status" data-part="state">${text.launch.elsewhere(launch.returnTo.host)}</p>
    <p class="buttons" data-part="choices">
      <a class="button primary" href="${action}" target="_blank" rel="opener">${text.launch.elsewhereOpen}</a>
      ${declineButtons(launch)}
    </p>
    ${declineForms(launch)}
  </section>`;
}

function hiddenFields({ picked, kinds, names, fields }: Picks): Html {
  const pairs: readonly (readonly [string, string])[] = [
    ...[...picked].map((name) => ['pick', name] as const),
    ...[...kinds].map(([name, kind]) => [`as:${name}`, kind] as const),
    ...[...names].map(([name, to]) => [`to:${name}`, to] as const),
    ...fields,
  ];
  return html`${pairs.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}`;
}

/** After a login that has ended: the form's fields wait for the next one. */
export function launchAgain(launch: LaunchRequest, action: string, picks: Picks): Html {
  return html`<section class="notice">
    <h1>${text.launch.title}</h1>
    <p>${text.launch.loginEnded}</p>
    <form class="buttons" method="post" action="${action}" data-island="send-on-login">
      <a class="button primary" href="${loginAddress(LOGGED_IN_PATH)}" target="_blank" rel="noopener"
        >${text.logIn}</a
      >
      ${hiddenFields(picks)}
      <button type="submit">${text.launch.loggedIn}</button>
      ${declineButtons(launch)}
    </form>
    ${declineForms(launch)}
  </section>`;
}

export interface FailedLaunch {
  readonly launch: LaunchRequest;
  readonly action: string;
  readonly picks: Picks;
  readonly visitor: Visitor;
  readonly sentence: string;
}

/** The console could not make the ticket: the form's fields wait to be sent again. */
export function launchFailed({ launch, action, picks, visitor, sentence }: FailedLaunch): Html {
  return html`<section class="notice">
    <h1>${text.failed.title}</h1>
    <p role="alert">${sentence} ${text.launch.stillTicked}</p>
    <form class="buttons" method="post" action="${action}">
      ${csrfField(visitor)} ${hiddenFields(picks)}
      <button class="primary" type="submit">${text.login.again}</button>
      ${declineButtons(launch)}
    </form>
    ${declineForms(launch)}
  </section>`;
}

/** For the launcher's author, by way of the person who met it. */
export function badLaunch(problems: readonly string[]): Html {
  return html`<section class="notice">
    <h1>${text.launch.badRequest}</h1>
    <p>${text.launch.badLead}</p>
    <ul>
      ${problems.map((problem) => html`<li>${problem}</li>`)}
    </ul>
    <p>${text.launch.badNext}</p>
  </section>`;
}

/** The answer as a page: its script posts the message, or sends the form, which a person can do as well. */
export function launchDone(launch: LaunchRequest, answer: LaunchAnswer): Html {
  const { origin, href } = launch.returnTo;
  if (launch.mode === 'message') {
    return html`<section
      class="notice"
      data-island="launch-message"
      data-origin="${origin}"
      data-answer="${messageOf(answer)}"
    >
      <h1>${text.launch.title}</h1>
      <p role="status" data-part="state">${text.launch.needsScript}</p>
    </section>`;
  }
  return html`<section class="notice">
    <h1>${text.launch.title}</h1>
    <p role="status">${text.launch.sending}</p>
    <form method="post" action="${href}" data-island="launch-return">
      ${answerFields(answer)}
      <p><button class="primary" type="submit">${text.launch.returnNow}</button></p>
    </form>
  </section>`;
}
