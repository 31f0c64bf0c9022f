/** Change until when a secret is used, and its note, without its value. Zone 1; docs/design.md#page. */
import type { Request } from 'express';
import { parseNote } from '#envelope/note.ts';
import { ok } from '#envelope/result.ts';
import type { SecretRow, SecretStore } from '../core/stores.ts';
import type { UseCases } from '../core/use-cases.ts';
import { noteRefusal } from '../http/answer.ts';
import { refusals } from '../refusals.ts';
import {
  expiryField,
  expiryIn,
  expiryProblem,
  noteErrors,
  noteField,
  noteIn,
  type TypedNote,
} from './expiry-and-note.ts';
import type { FlashMessages } from './flash-messages.ts';
import type { Form } from './forms.ts';
import { csrfField, type Page, type PageAnswer } from './frame.ts';
import { html, type Html } from './html.ts';
import { againNotice, againStatus, type PageRoutes, type Submission } from './routing.ts';
import { findSecret, nameIn, unknownSecretPage } from './secret-page.ts';
import { secretPath } from './shared/addresses.ts';
import { expiryOf, typedExpiry, type TypedExpiry } from './shared/expiry-field.ts';
import { text } from './shared/text.ts';
import type { Visitor } from './visitors.ts';

interface Ports {
  readonly secrets: Pick<SecretStore, 'find'>;
  readonly cases: Pick<UseCases, 'updateSecret'>;
  readonly flashMessages: FlashMessages;
}

const MAX_FORM_BYTES = 16 * 1024;

interface Edit {
  readonly name: string;
  readonly expiry: TypedExpiry;
  readonly note: TypedNote;
  /** The note that the form was made with. */
  readonly storedNote: string;
}

interface Errors {
  readonly expires?: string | undefined;
  readonly note?: string;
  readonly asks?: boolean;
}

interface View extends Edit {
  readonly visitor: Visitor | undefined;
  readonly errors?: Errors;
  readonly notice?: Html;
  readonly status?: number;
}

function view({ name, expiry, note, storedNote, visitor, errors = {}, notice, status = 200 }: View): Page {
  return {
    status,
    here: 'secrets',
    title: text.edit.title(name),
    body: html`<p class="crumb"><a href="/secrets">${text.list.title}</a></p>
      <h1 class="name">${text.edit.title(name)}</h1>
      <div class="alert" role="alert" data-part="notice">${notice}</div>
      <form class="card pad" method="post" action="${secretPath(name, 'edit')}" data-island="edit" novalidate>
        ${csrfField(visitor)}
        <input type="hidden" name="storedNote" value="${storedNote}" />
        ${expiryField(expiry, errors.expires)} ${noteField(note, errors)}
        <p class="hint">${text.edit.stays}</p>
        <p class="buttons">
          <button class="primary" type="submit">${text.edit.save}</button>
          <a class="button quiet" href="${secretPath(name)}">${text.cancel}</a>
        </p>
      </form>`,
  };
}

function editIn(request: Request, form: Form): Edit {
  return {
    name: nameIn(request),
    expiry: expiryIn(form),
    note: noteIn(form),
    storedNote: form.text('storedNote'),
  };
}

function stored({ name, expiresAt, note = '' }: SecretRow): Edit {
  return { name, expiry: typedExpiry(expiresAt), note: { note, sure: false }, storedNote: note };
}

/** What was edited, of what the form was made with. */
function changesIn({ expiry, note: { note: typed }, storedNote }: Edit) {
  const expiresAt = expiryOf(expiry);
  const seen = expiry.stored === '' ? 'never' : Date.parse(expiry.stored);
  const note = parseNote(typed);
  return {
    expiresAt: expiresAt === seen ? undefined : expiresAt,
    note: note === storedNote ? undefined : note,
  };
}

/** Whether what is edited was changed since the form was made. */
function isStale(edit: Edit, changes: ReturnType<typeof changesIn>, row: SecretRow): boolean {
  const now = stored(row);
  return (
    (changes.expiresAt !== undefined && now.expiry.stored !== edit.expiry.stored) ||
    (changes.note !== undefined && now.storedNote !== edit.storedNote)
  );
}

function errorsOf(edit: Edit): Errors {
  const expires = expiryProblem(edit.expiry);
  return {
    ...(expires === undefined ? {} : { expires }),
    ...(edit.note.note === edit.storedNote ? {} : noteErrors(edit.note)),
  };
}

export function mountEditing(routes: PageRoutes, ports: Ports): void {
  const path = '/secret/:name/edit';
  routes.show(path, 'edit', async (request, visitor) => {
    const secret = await findSecret(ports.secrets, request, visitor);
    return secret ? view({ ...stored(secret), visitor }) : unknownSecretPage(nameIn(request));
  });
  const submit = async ({ request, response, form, visitor }: Submission): Promise<PageAnswer> => {
    const secret = await findSecret(ports.secrets, request, visitor);
    if (!secret) return unknownSecretPage(nameIn(request));
    const edit = editIn(request, form);
    const errors = errorsOf(edit);
    if (Object.keys(errors).length > 0) return view({ ...edit, errors, visitor, status: 422 });
    const changes = changesIn(edit);
    const { name, ownerId } = secret;
    if (isStale(edit, changes, secret)) {
      const { expiry, storedNote } = stored(secret);
      const seen = { ...edit, storedNote, expiry: { ...edit.expiry, stored: expiry.stored } };
      return view({ ...seen, visitor, notice: html`<p>${text.edit.changed}</p>`, status: 412 });
    }
    if (changes.expiresAt !== undefined || changes.note !== undefined) {
      const outcome = await ports.cases.updateSecret({ ownerId, name, asked: ok(changes) });
      if (!outcome.ok) {
        const { code, detail } = outcome.refusal;
        noteRefusal(response, outcome.refusal);
        const { status, title } = refusals[code];
        if (code === 'secret_unknown') return unknownSecretPage(name);
        return code === 'expiry_past'
          ? view({ ...edit, errors: { expires: text.write.expiryPast }, visitor, status })
          : view({ ...edit, notice: html`<p>${title} ${detail}</p>`, visitor, status });
      }
    }
    await ports.flashMessages.set(response, { what: 'updated', name });
    return { to: '/secrets' };
  };
  routes.form(path, 'edit', {
    maxBytes: MAX_FORM_BYTES,
    submit,
    again: (request, form, why, visitor) =>
      Promise.resolve(
        view({
          ...editIn(request, form),
          visitor,
          notice: againNotice(why),
          status: againStatus(why),
        }),
      ),
  });
}
