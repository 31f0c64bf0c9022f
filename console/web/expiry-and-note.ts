/**
 * The fields for what a secret has besides its value: the last day of use, and a note. Zone 1; docs/design.md#page.
 */
import { looksLikeValue, MAX_NOTE_LENGTH, parseNote } from '#envelope/note.ts';
import type { Form } from './forms.ts';
import { html, type Html, type Part } from './html.ts';
import { expiryOf, NO_ZONE, type TypedExpiry } from './shared/expiry-field.ts';
import { noteProblem } from './shared/rules.ts';
import { text } from './shared/text.ts';

export interface TypedNote {
  readonly note: string;
  /** A person has said that it is no value. */
  readonly sure: boolean;
}

export const noNote: TypedNote = { note: '', sure: false };

export function expiryIn(form: Form): TypedExpiry {
  return { day: form.text('expires'), zone: form.text('zone') || NO_ZONE, stored: form.text('stored') };
}

export function noteIn(form: Form): TypedNote {
  return { note: form.text('note'), sure: form.text('noteSure') === 'yes' };
}

export function expiryProblem(typed: TypedExpiry): string | undefined {
  return expiryOf(typed) === undefined ? text.write.expiryMalformed : undefined;
}

interface NoteProblem {
  readonly note?: string;
  /** Whether the problem is a question. */
  readonly asks?: boolean;
}

/** Of a note that is for this value, where there is one. */
export function noteErrors({ note, sure }: TypedNote, value?: string): NoteProblem {
  const problem = noteProblem(note);
  if (problem !== undefined) return { note: problem };
  return !sure && looksLikeValue(parseNote(note) ?? '', value) ? { note: text.note.asks, asks: true } : {};
}

export function errorText(id: string, error: Part): Html {
  return html`<p class="error" id="${id}" aria-live="polite">
    ${error !== undefined && error !== '' && html`<span class="visually-hidden">${text.errorPrefix} </span>${error}`}
  </p>`;
}

export function described(hint: string, error: Part, errorId: string): Html {
  return error === undefined
    ? html`aria-describedby="${hint} ${errorId}"`
    : html`aria-describedby="${hint} ${errorId}" aria-invalid="true"`;
}

export function expiryField({ day, zone, stored }: TypedExpiry, error: Part): Html {
  return html`<div class="field" data-part="expiry">
    <label for="expires">${text.write.expires}</label>
    <input
      id="expires"
      name="expires"
      type="date"
      value="${day}"
      ${described('expires-hint', error, 'expires-error')}
    />
    <input type="hidden" name="zone" value="${zone}" />
    <input type="hidden" name="stored" value="${stored}" />
    <p class="hint" id="expires-hint" aria-live="polite">${text.write.expiresHint(zone)}</p>
    ${errorText('expires-error', error)}
  </div>`;
}

export function noteField({ note, sure }: TypedNote, { note: error, asks = sure }: NoteProblem): Html {
  return html`<div class="field">
    <label for="note">${text.note.label}</label>
    <input
      id="note"
      name="note"
      value="${note}"
      autocomplete="off"
      ${described('note-hint', error, 'note-error')}
    />
    <p class="hint" id="note-hint">${text.note.hint(MAX_NOTE_LENGTH)}</p>
    ${errorText('note-error', error)}
    <label class="sure" data-part="note-sure" ${!asks && html`hidden`}
      ><input type="checkbox" name="noteSure" value="yes" autocomplete="off" ${sure && html`checked`} />
      ${text.note.sure}</label
    >
  </div>`;
}
