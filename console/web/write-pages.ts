/**
 * Add and replace a secret by a form: what works without JavaScript, where the console seals. Zone 1;
 * docs/design.md#page.
 */
import type { Request } from 'express';
import { utf8 } from '#envelope/bytes.ts';
import { parseSecretName } from '#envelope/names.ts';
import { ok } from '#envelope/result.ts';
import type { Outcome, Refusal } from '../core/outcome.ts';
import type { SecretRow, SecretStore } from '../core/stores.ts';
import type { UseCases } from '../core/use-cases.ts';
import { noteRefusal } from '../http/answer.ts';
import { queryText } from '../http/request.ts';
import { refusals } from '../refusals.ts';
import { secretPath } from './shared/addresses.ts';
import { expiryIn, expiryProblem, noteErrors, noteIn } from './expiry-and-note.ts';
import { typedLines, type Form } from './forms.ts';
import type { Page, PageAnswer } from './frame.ts';
import { html, type Html } from './html.ts';
import {
  againNotice,
  againStatus,
  type ResubmitReason,
  type PageRoutes,
  type Submission,
} from './routing.ts';
import type { FlashMessages } from './flash-messages.ts';
import { findSecret, nameIn, unknownSecretPage } from './secret-page.ts';
import { expiryOf, typedExpiry, type TypedExpiry } from './shared/expiry-field.ts';
import { nameProblem, valueProblem } from './shared/rules.ts';
import { text } from './shared/text.ts';
import type { Visitor } from './visitors.ts';
import { nothingTyped, writeForm, type FormValues, type WriteErrors, type WriteForm } from './write-form.ts';

interface Ports {
  readonly secrets: Pick<SecretStore, 'find'>;
  readonly cases: Pick<UseCases, 'createSecret' | 'replaceSecret'>;
  readonly clock: () => number;
  readonly flashMessages: FlashMessages;
  readonly maxValueBytes: number;
}

/** A value of the largest size in a file, typed, or kept from before, with room to spare. */
const MAX_FORM_BYTES = 512 * 1024;

function typedIn(form: Form, name: string): { typed: FormValues; bytes: Uint8Array } {
  const value = typedLines(form.text('value'));
  const file = form.file('file');
  const kept = Buffer.from(form.text('keptFile'), 'base64');
  const bytes = file ?? (value === '' ? kept : utf8(value));
  const keptFile = file ? Buffer.from(file).toString('base64') : value === '' ? kept.toString('base64') : '';
  const typed = { name, value, keptFile, expiry: expiryIn(form), note: noteIn(form) };
  return { typed, bytes };
}

/** The seen version of a replace; undefined where the form adds. */
function versionIn(form: Form): number | undefined {
  const version = form.text('version');
  return /^[1-9]\d{0,14}$/.test(version) ? Number(version) : undefined;
}

function createViews({ maxValueBytes }: Pick<Ports, 'maxValueBytes'>) {
  const page = (form: Omit<WriteForm, 'maxBytes'>, status = 200): Page => ({
    status,
    here: 'secrets',
    title: form.replaces === undefined ? text.write.addTitle : text.write.replaceTitle(form.typed.name),
    body: writeForm({ ...form, maxBytes: maxValueBytes }),
  });
  return {
    page,
    /** Everything that was typed, for another try. */
    again: (
      request: Request,
      form: Form,
      why: ResubmitReason,
      visitor: Visitor | undefined,
    ): Promise<Page> => {
      const replaced = parseSecretName(nameIn(request));
      const { typed } = typedIn(form, replaced ?? form.text('name'));
      const notice = againNotice(why);
      const replaces = replaced === undefined ? undefined : (versionIn(form) ?? 0);
      return Promise.resolve(page({ replaces, typed, errors: {}, notice, visitor }, againStatus(why)));
    },
  };
}

/** Where a refusal belongs in the form. */
function errorsOf({ code, detail }: Refusal, name: string): { errors: WriteErrors; notice?: Html } {
  if (code === 'name_taken') {
    const link = html`<a href="${secretPath(name, 'replace')}">${text.write.replaceThat(name)}</a>`;
    return { errors: { name: html`${text.write.taken(name)} ${link}` } };
  }
  if (code === 'expiry_past') return { errors: { expires: text.write.expiryPast } };
  if (code.startsWith('value_')) return { errors: { value: detail } };
  if (code === 'version_changed') return { errors: {}, notice: html`<p>${text.write.changed}</p>` };
  if (code === 'secret_unknown') return { errors: {}, notice: html`<p>${text.write.gone}</p>` };
  return { errors: {}, notice: html`<p>${refusals[code].title} ${detail}</p>` };
}

function createSubmit(ports: Ports, views: ReturnType<typeof createViews>) {
  const check = (typed: FormValues, bytes: Uint8Array, adds: boolean): WriteErrors => {
    const name = adds ? nameProblem(typed.name) : undefined;
    const value = valueProblem(bytes.length, ports.maxValueBytes);
    const expires = expiryProblem(typed.expiry);
    return {
      ...(name === undefined ? {} : { name }),
      ...(value === undefined ? {} : { value }),
      ...(expires === undefined ? {} : { expires }),
      ...(adds ? noteErrors(typed.note, typed.value) : {}),
    };
  };
  const write = (
    { ownerId }: Visitor,
    { typed, bytes }: { typed: FormValues; bytes: Uint8Array },
    version: number | undefined,
  ): Promise<Outcome<SecretRow>> => {
    const { name } = typed;
    const asked = { content: { bytes }, expiresAt: expiryOf(typed.expiry) };
    return version === undefined
      ? ports.cases.createSecret({ ownerId, asked: ok({ ...asked, name, note: typed.note.note }) })
      : ports.cases.replaceSecret({ ownerId, name, asked: ok({ ...asked, ifMatch: [version] }) });
  };
  const refused = async (submission: Submission, typed: FormValues, refusal: Refusal): Promise<Page> => {
    const { request, response, visitor } = submission;
    noteRefusal(response, refusal);
    // The version that is there now: the form is sent again for it.
    const name = parseSecretName(typed.name);
    const [current] = name ? await ports.secrets.find(visitor.ownerId, [name]) : [];
    const adds = request.path === '/new' || refusal.code === 'secret_unknown';
    const replaces = adds ? undefined : (current?.version ?? 0);
    return views.page(
      { replaces, typed, visitor, ...errorsOf(refusal, typed.name) },
      refusals[refusal.code].status,
    );
  };
  return async (submission: Submission, seen: number | undefined): Promise<PageAnswer> => {
    const { request, response, form, visitor } = submission;
    const adds = seen === undefined;
    const brought = typedIn(form, adds ? form.text('name') : nameIn(request));
    const { typed } = brought;
    const errors = check(typed, brought.bytes, adds);
    if (Object.keys(errors).length > 0) return views.page({ replaces: seen, typed, errors, visitor }, 422);
    const outcome = await write(visitor, brought, seen);
    if (!outcome.ok) return await refused(submission, typed, outcome.refusal);
    await ports.flashMessages.set(response, {
      what: adds ? 'created' : 'replaced',
      name: outcome.value.name,
    });
    return { to: '/secrets' };
  };
}

export function mountWriting(routes: PageRoutes, ports: Ports): void {
  const views = createViews(ports);
  const submit = createSubmit(ports, views);
  const { again } = views;
  routes.show('/new', 'new', (request, visitor) => {
    const typed = { ...nothingTyped, name: queryText(request, 'name').slice(0, 300) };
    return Promise.resolve(views.page({ replaces: undefined, typed, errors: {}, visitor }));
  });
  routes.form('/new', 'new', {
    maxBytes: MAX_FORM_BYTES,
    again,
    submit: (submission) => submit(submission, undefined),
  });
  routes.show('/secret/:name/replace', 'replace', async (request, visitor) => {
    const secret = await findSecret(ports.secrets, request, visitor);
    if (!secret) return unknownSecretPage(nameIn(request));
    const typed = { ...nothingTyped, name: secret.name, expiry: keptExpiry(secret, ports.clock()) };
    return views.page({ replaces: secret.version, typed, errors: {}, visitor });
  });
  routes.form('/secret/:name/replace', 'replace', {
    maxBytes: MAX_FORM_BYTES,
    again,
    submit: (submission) => submit(submission, versionIn(submission.form) ?? 0),
  });
}

/** An expiry in the future stays unless it is changed. */
function keptExpiry({ expiresAt }: SecretRow, now: number): TypedExpiry {
  return typedExpiry(expiresAt !== undefined && expiresAt > now ? expiresAt : undefined);
}
