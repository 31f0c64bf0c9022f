/**
 * Answers of `/launch` that give no secrets, and so need no login: a start without secrets, and none at all. Zone 1;
 * docs/design.md#page.
 */
import { html, type Html } from './html.ts';
import type { LaunchRequest } from './launch-request.ts';
import { text } from './shared/text.ts';

/** What a launcher's window gets (docs/launchers.md); a form has the same members as fields. */
export interface LaunchAnswer {
  readonly ticket?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly expiresAt?: string;
  readonly error?: 'access_denied';
}

export function messageOf(answer: LaunchAnswer): string {
  return JSON.stringify({ type: 'twofold-launch', ...answer });
}

/** For `mode=form`, as hidden fields. */
export function answerFields({ ticket, annotations, expiresAt, error }: LaunchAnswer): Html {
  const fields = [
    ['ticket', ticket],
    ['annotations', annotations && JSON.stringify(annotations)],
    ['expires_at', expiresAt],
    ['error', error],
  ] as const;
  return html`${fields.map(
    ([name, value]) => value !== undefined && html`<input type="hidden" name="${name}" value="${value}" />`,
  )}`;
}

const without = { id: 'without', label: text.launch.without, answer: { annotations: {} }, look: '' } as const;
const cancel = {
  id: 'cancel',
  label: text.cancel,
  answer: { error: 'access_denied' },
  look: 'quiet',
} as const;

/** The buttons. A message needs the script, which shows them; a form is sent by `declineForms`, outside any other. */
export function declineButtons({ mode, returnTo }: LaunchRequest): Html {
  if (mode === 'form')
    return html`${[without, cancel].map(
      ({ id, label, look }) => html`<button type="submit" form="${id}" class="${look}">${label}</button>`,
    )}`;
  return html`<span class="decline" data-island="launch-decline" data-origin="${returnTo.origin}" hidden>
    ${[without, cancel].map(
      ({ label, answer, look }) =>
        html`<button type="button" class="${look}" data-answer="${messageOf(answer)}">${label}</button>`,
    )}
  </span>`;
}

export function declineForms({ mode, returnTo }: LaunchRequest): Html | false {
  return (
    mode === 'form' &&
    html`${[without, cancel].map(
      ({ id, answer }) =>
        html`<form id="${id}" method="post" action="${returnTo.href}">${answerFields(answer)}</form>`,
    )}`
  );
}
