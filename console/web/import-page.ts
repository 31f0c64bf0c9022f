/** Import of a .env file: preview first, then write each. Zone 1; docs/design.md#page. It works without JavaScript. */
import { utf8 } from '#envelope/bytes.ts';
import {
  decodeImport,
  MAX_IMPORT_BYTES,
  planImport,
  type ImportPlan,
  type PlannedSecret,
} from '#envelope/import-plan.ts';
import type { SecretName } from '#envelope/names.ts';
import { ok } from '#envelope/result.ts';
import type { Outcome } from '../core/outcome.ts';
import type { SecretRow, SecretStore } from '../core/stores.ts';
import type { UseCases } from '../core/use-cases.ts';
import { noteRefusal } from '../http/answer.ts';
import { refusals } from '../refusals.ts';
import { typedLines, type Form } from './forms.ts';
import type { Page, PageAnswer } from './frame.ts';
import { html } from './html.ts';
import { importForm, type ImportForm } from './import-form.ts';
import { wholeProblem } from './shared/import-rows.ts';
import { againNotice, againStatus, type PageRoutes, type Submission } from './routing.ts';
import type { FlashMessages } from './flash-messages.ts';
import { text } from './shared/text.ts';
import type { Visitor } from './visitors.ts';

interface Ports {
  readonly secrets: Pick<SecretStore, 'find'>;
  readonly cases: Pick<UseCases, 'createSecret' | 'replaceSecret'>;
  readonly flashMessages: FlashMessages;
  readonly maxValueBytes: number;
}

/** The text twice, as a file and as it was pasted, and what the preview showed. */
const MAX_FORM_BYTES = 3 * MAX_IMPORT_BYTES;

/** A chosen file replaces what was pasted before; a preview keeps the text as it was, which a field may not. */
function contentIn(form: Form): ReturnType<typeof decodeImport> {
  const file = form.file('file');
  if (file) return decodeImport(file);
  const kept = form.text('kept');
  return kept === ''
    ? { ok: true, text: typedLines(form.text('content')), notes: [] }
    : decodeImport(Buffer.from(kept, 'base64'));
}

/** The version that the preview showed, or 0 for none. */
function seenIn(form: Form): ReadonlyMap<string, number> {
  return new Map(
    form.texts('seen').flatMap((pair): [string, number][] => {
      const [name = '', version = ''] = pair.split(' ');
      return /^\d{1,15}$/.test(version) ? [[name, Number(version)]] : [];
    }),
  );
}

function createPlan({ secrets, maxValueBytes }: Ports) {
  const versionsOf = async (
    { ownerId }: Visitor,
    names: readonly SecretName[],
  ): Promise<Map<string, number>> => {
    const rows = await secrets.find(ownerId, names);
    return new Map(rows.map(({ name, version }) => [name, version]));
  };
  return async (visitor: Visitor, content: string): Promise<ImportPlan> => {
    const { secrets: named } = planImport(content, { versions: new Map(), maxValueBytes });
    const names = named.map(({ name }) => name);
    return planImport(content, { versions: await versionsOf(visitor, names), maxValueBytes });
  };
}

function createWrite({ cases }: Ports) {
  return (
    { ownerId }: Visitor,
    { name, value }: PlannedSecret,
    seen: number,
  ): Promise<Outcome<SecretRow>> => {
    const write = { content: { bytes: utf8(value) }, expiresAt: undefined };
    return seen === 0
      ? cases.createSecret({ ownerId, asked: ok({ ...write, name }) })
      : cases.replaceSecret({ ownerId, name, asked: ok({ ...write, ifMatch: [seen] }) });
  };
}

export function mountImport(routes: PageRoutes, ports: Ports): void {
  const planFor = createPlan(ports);
  const write = createWrite(ports);
  const page = (form: Omit<ImportForm, 'maxBytes'>, status = 200): Page => ({
    status,
    title: text.import.title,
    here: 'secrets',
    body: importForm({ ...form, maxBytes: ports.maxValueBytes }),
  });
  const show = async (visitor: Visitor, content: string, notes: readonly string[] = []): Promise<Page> => {
    const plan = await planFor(visitor, content);
    const problem = wholeProblem(plan);
    return problem === undefined
      ? page({ content, plan, notes, visitor }, plan.refused.length === 0 ? 200 : 422)
      : page({ content, problem, visitor }, 422);
  };
  const run = async (submission: Submission, content: string): Promise<PageAnswer> => {
    const { response, form, visitor } = submission;
    const plan = await planFor(visitor, content);
    if (plan.refused.length > 0) return await show(visitor, content);
    const seen = seenIn(form);
    const counts = { created: 0, replaced: 0 };
    for (const secret of plan.secrets) {
      const version = seen.get(secret.name) ?? 0;
      const outcome = await write(visitor, secret, version);
      if (!outcome.ok) {
        noteRefusal(response, outcome.refusal);
        const { code, detail } = outcome.refusal;
        const why = code === 'version_changed' || code === 'name_taken' ? text.import.changed : detail;
        const notice = html`<p>${text.import.stopped(secret.name, why)}</p>`;
        return page(
          { content, plan: await planFor(visitor, content), notice, visitor },
          refusals[code].status,
        );
      }
      counts[version === 0 ? 'created' : 'replaced'] += 1;
    }
    await ports.flashMessages.set(response, { what: 'imported', ...counts });
    return { to: '/secrets' };
  };
  routes.show('/import', 'import', (_request, visitor) => Promise.resolve(page({ content: '', visitor })));
  routes.form('/import', 'import', {
    maxBytes: MAX_FORM_BYTES,
    submit: async (submission) => {
      const { form, visitor } = submission;
      const content = contentIn(form);
      if (!content.ok) {
        const problem = text.import.about(content.refused);
        return page({ content: typedLines(form.text('content')), problem, visitor }, 422);
      }
      const { text: typed, notes } = content;
      const action = form.text('do');
      if (action === 'edit') return page({ content: typed, visitor });
      if (action === 'import' && form.file('file') === undefined) return await run(submission, typed);
      return await show(visitor, typed, notes);
    },
    again: (_request, form, why, visitor) => {
      const notice = againNotice(why);
      const content = contentIn(form);
      return Promise.resolve(
        page({ content: content.ok ? content.text : '', notice, visitor }, againStatus(why)),
      );
    },
  });
}
