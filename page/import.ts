/** Import of a .env file, read and sealed in this browser. Zone 0; docs/design.md#writing. */
import { utf8 } from '#envelope/bytes.ts';
import { withQuery } from '../console/web/shared/addresses.ts';
import {
  MAX_IMPORT_BYTES,
  planImport,
  type ImportPlan,
  type PlannedSecret,
} from '../console/web/shared/rules.ts';
import { shownSize } from '../console/web/shared/quantities.ts';
import { text } from '../console/web/shared/text.ts';
import { call, type CallResult } from './calls.ts';
import { find, make, part, showError } from './elements.ts';
import { withLogin } from './login-again.ts';
import { notice, say, saySealedHere } from './notices.ts';
import { store } from './store.ts';

interface ListedSecret {
  readonly items: readonly { readonly name: string; readonly version: number }[];
}

const PAGE_SIZE = 200;

/** The versions of all secrets that there are. */
async function listVersions(): Promise<CallResult<Map<string, number>>> {
  const versions = new Map<string, number>();
  for (let after = ''; ;) {
    const path = withQuery('/secrets', { limit: String(PAGE_SIZE), after });
    const page = await withLogin(() => call<ListedSecret>({ method: 'GET', path }));
    if (!page.ok) return page;
    for (const { name, version } of page.value.items) versions.set(name, version);
    after = page.value.items.at(-1)?.name ?? '';
    if (page.value.items.length < PAGE_SIZE) return { ok: true, value: versions };
  }
}

const { columns, states } = text.import;

function cell(label: string, ...children: readonly (Node | string)[]): HTMLElement {
  return make('td', { 'data-label': label }, ...children);
}

function secretRow({ line, name, size, replaces }: PlannedSecret): HTMLElement {
  return make(
    'tr',
    {},
    cell(columns.line, String(line)),
    make('th', { scope: 'row' }, name),
    cell(columns.size, shownSize(size)),
    cell(columns.state, make('span', { class: 'tag' }, replaces === undefined ? states.new : states.replace)),
  );
}

function leftOutRow({ line, problem }: ImportPlan['leftOut'][number]): HTMLElement {
  return make(
    'tr',
    {},
    cell(columns.line, String(line)),
    make('td', { colspan: '2', class: 'problem' }, problem),
    cell(columns.state, make('span', { class: 'tag warn' }, states.invalid)),
  );
}

function table({ secrets, leftOut }: ImportPlan): HTMLElement {
  const rows = [
    ...secrets.map((secret) => ({ line: secret.line, row: secretRow(secret) })),
    ...leftOut.map((problem) => ({ line: problem.line, row: leftOutRow(problem) })),
  ].sort((a, b) => a.line - b.line);
  const heads = Object.values(columns).map((label) => make('th', { scope: 'col' }, label));
  const head = make('thead', {}, make('tr', {}, ...heads));
  const body = make('tbody', {}, ...rows.map(({ row }) => row));
  return make('div', { class: 'card' }, make('table', { class: 'plan' }, head, body));
}

/** Stores one after the other; stops at the first refusal, and says where. */
async function run({ secrets }: ImportPlan, progress: (done: number) => void): Promise<string | undefined> {
  for (const [at, { name, value, replaces }] of secrets.entries()) {
    progress(at);
    const bytes = utf8(value);
    const stored = await store({ name, value: bytes, expiresAt: undefined, seen: replaces });
    bytes.fill(0);
    if (stored.kind === 'differs') return text.import.stopped(name, text.import.changed);
    if (stored.kind === 'refused') return text.import.stopped(name, stored.detail);
  }
  return undefined;
}

function showPlan(box: HTMLElement, plan: ImportPlan): void {
  const { secrets, leftOut } = plan;
  if (secrets.length + leftOut.length === 0) {
    box.replaceChildren(make('p', { class: 'alert', role: 'alert' }, text.import.nothing));
    return;
  }
  const title = make('h2', { tabindex: '-1' }, text.import.previewTitle);
  const button = make('button', { type: 'button', class: 'primary' }, text.import.run(secrets.length));
  const cancel = make('a', { class: 'button quiet', href: '/secrets' }, text.cancel);
  button.addEventListener('click', () => {
    button.disabled = true;
    notice('');
    const progress = (done: number): void => {
      button.textContent = text.import.progress(done, secrets.length);
    };
    run(plan, progress)
      .catch(() => text.write.broken)
      .then((stopped) => {
        if (stopped === undefined) {
          const replaced = secrets.filter(({ replaces }) => replaces !== undefined).length;
          say(text.said.imported(secrets.length - replaced, replaced));
          location.assign('/secrets');
          return;
        }
        box.replaceChildren();
        notice(stopped);
        scrollTo(0, 0);
      })
      .catch(() => notice(text.failed.internal));
  });
  box.replaceChildren(
    title,
    table(plan),
    ...(secrets.length > 0 ? [make('p', { class: 'buttons' }, button, cancel)] : []),
  );
  title.focus();
}

export function enhanceImport(form: HTMLElement): void {
  const content = find(form, '#source', HTMLTextAreaElement);
  const file = find(form, '#file', HTMLInputElement);
  saySealedHere(form);
  const load = async (chosen: File): Promise<void> => {
    const bytes = await chosen.arrayBuffer();
    try {
      content.value = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
      showError(content, 'source-error', undefined);
    } catch {
      showError(content, 'source-error', text.import.unreadable);
    }
    file.value = '';
  };
  const preview = async (): Promise<void> => {
    notice('');
    const tooLarge = utf8(content.value).length > MAX_IMPORT_BYTES;
    showError(content, 'source-error', tooLarge ? text.import.unreadable : undefined);
    if (tooLarge) return;
    const versions = await listVersions();
    if (versions.ok)
      showPlan(part(form, 'preview'), planImport(content.value, versions.value, Number(form.dataset['max'])));
    else notice(versions.problem.detail);
  };
  file.addEventListener('change', () => {
    const chosen = file.files?.[0];
    if (chosen) void load(chosen).then(preview);
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void preview();
  });
}
