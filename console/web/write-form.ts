/** The form that adds or replaces a secret, in each of its states. Zone 1; docs/design.md#page. */
import { described, errorText, expiryField, noNote, noteField, type TypedNote } from './expiry-and-note.ts';
import { secretPath } from './shared/addresses.ts';
import { noExpiry, type TypedExpiry } from './shared/expiry-field.ts';
import { csrfField, unmanaged, verbatim } from './frame.ts';
import { html, type Html, type Part } from './html.ts';
import { nameRule } from './shared/secret-text.ts';
import { text } from './shared/text.ts';
import type { Visitor } from './visitors.ts';

export interface WriteErrors {
  readonly name?: Part;
  readonly value?: string;
  readonly expires?: string;
  readonly note?: string;
  /** Whether what is wrong with the note is a question. */
  readonly asks?: boolean;
}

/** What a person has typed. It is returned only to that person, in an answer that nothing stores. */
export interface FormValues {
  readonly name: string;
  readonly value: string;
  /** Base64 of a file that was chosen before; a file field cannot be filled in. */
  readonly keptFile: string;
  readonly expiry: TypedExpiry;
  /** Of a secret that is added. */
  readonly note: TypedNote;
}

export interface WriteForm {
  /** The version that a replace is for; undefined adds. */
  readonly replaces: number | undefined;
  readonly typed: FormValues;
  readonly errors: WriteErrors;
  /** Above the form: why it is shown again. */
  readonly notice?: Html | undefined;
  readonly maxBytes: number;
  readonly visitor: Visitor | undefined;
}

export const nothingTyped: FormValues = {
  name: '',
  value: '',
  keptFile: '',
  expiry: noExpiry,
  note: noNote,
};

function nameField({ typed, errors }: WriteForm): Html {
  return html`<div class="field">
    <label for="name">${text.write.name}</label>
    <input
      id="name"
      name="name"
      value="${typed.name}"
      required
      ${verbatim}
      ${described('name-hint', errors.name, 'name-error')}
    />
    <p class="hint" id="name-hint">${nameRule}</p>
    ${errorText('name-error', errors.name)}
  </div>`;
}

function valueField({ typed, errors, replaces }: WriteForm): Html {
  return html`<div class="field value" data-part="value">
    <label for="value">${replaces === undefined ? text.write.value : text.write.newValue}</label>
    <label class="inline"
      ><input type="checkbox" class="reveal" autocomplete="off" /> ${text.write.show}</label
    >
    <textarea
      id="value"
      name="value"
      rows="4"
      ${verbatim}
      ${unmanaged}
      ${described('value-size', errors.value, 'value-error')}
    >
${typed.value}</textarea>
    <p class="hint" id="value-size" data-part="size" aria-live="polite"></p>
    <ul class="hints" data-part="hints" aria-live="polite" aria-label="${text.write.hints}"></ul>
    <div class="file" data-part="file">
      <label for="file">${text.write.file}</label>
      <input id="file" name="file" type="file" aria-describedby="file-hint" />
      <p class="hint" id="file-hint">${text.write.fileHint}</p>
      ${
        typed.keptFile !== '' &&
        html`<p class="hint">${text.write.fileKept(Buffer.from(typed.keptFile, 'base64').length)}</p>
          <input type="hidden" name="keptFile" value="${typed.keptFile}" />`
      }
    </div>
    ${errorText('value-error', errors.value)}
  </div>`;
}

export function writeForm(form: WriteForm): Html {
  const { replaces, typed, errors, visitor } = form;
  const title = replaces === undefined ? text.write.addTitle : text.write.replaceTitle(typed.name);
  const action = replaces === undefined ? '/new' : secretPath(typed.name, 'replace');
  return html`<p class="crumb"><a href="/secrets">${text.list.title}</a></p>
    <h1 class="name">${title}</h1>
    <div class="alert" role="alert" data-part="notice">${form.notice}</div>
    <form
      class="card pad"
      method="post"
      action="${action}"
      enctype="multipart/form-data"
      data-island="write"
      data-name="${replaces === undefined ? '' : typed.name}"
      data-max="${form.maxBytes}"
      novalidate
    >
      ${csrfField(visitor)}
      ${
        replaces === undefined
          ? nameField(form)
          : html`<input type="hidden" name="version" value="${replaces}" />`
      }
      ${valueField(form)} ${expiryField(typed.expiry, errors.expires)}
      ${replaces === undefined && noteField(typed.note, errors)}
      <p class="hint sealed" data-part="sealed">${text.write.sealedThere}</p>
      ${replaces !== undefined && html`<p class="hint">${text.write.running}</p>`}
      <p class="buttons">
        <button class="primary" type="submit">
          ${replaces === undefined ? text.write.save : text.write.replace}
        </button>
        <a class="button quiet" href="/secrets">${text.cancel}</a>
      </p>
    </form>`;
}
