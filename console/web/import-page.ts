/** Import of a .env file: preview first, then write each. Zone 1; docs/design.md#page. It works without JavaScript. */
import { fromUtf8, utf8 } from '#envelope/bytes.ts';
import { parseSecretName, type SecretName } from '#envelope/names.ts';
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
import { MAX_IMPORT_BYTES, planImport, type ImportPlan, type PlannedSecret } from './shared/rules.ts';
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

/** A chosen file replaces what was pasted before. */
function contentIn(form: Form): string | undefined {
  const file = form.file('file');
  try {
    const content = file ? fromUtf8(file) : typedLines(form.text('content'));
    return utf8(content).length > MAX_IMPORT_BYTES ? undefined : content;
  } catch {
    return undefined;
  }
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
    const { secrets: named } = planImport(content, new Map(), maxValueBytes);
    const names = named.flatMap(({ name }) => parseSecretName(name) ?? []);
    return planImport(content, await versionsOf(visitor, names), maxValueBytes);
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
  const run = async ({ response, form, visitor }: Submission, content: string): Promise<PageAnswer> => {
    const plan = await planFor(visitor, content);
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
      if (content === undefined) {
        return page({ content: '', problem: text.import.unreadable, visitor }, 422);
      }
      if (form.text('do') === 'import' && form.file('file') === undefined)
        return await run(submission, content);
      return page({ content, plan: await planFor(visitor, content), visitor });
    },
    again: (_request, form, why, visitor) => {
      const notice = againNotice(why);
      return Promise.resolve(page({ content: contentIn(form) ?? '', notice, visitor }, againStatus(why)));
    },
  });
}
