/** Import of a .env file, read and sealed in this browser. Zone 0; docs/design.md#writing. */
import { utf8 } from '#envelope/bytes.ts';
import { decodeImport, planImport, type ImportPlan } from '#envelope/import-plan.ts';
import { withQuery } from '../console/web/shared/addresses.ts';
import { importRows, wholeProblem, type ImportRow } from '../console/web/shared/import-rows.ts';
import { text } from '../console/web/shared/text.ts';
import { call, type CallResult } from './calls.ts';
import { action, find, make, part, showError } from './elements.ts';
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

const { columns } = text.import;

function sizeCell(size: string): HTMLElement {
  return make('td', { 'data-label': columns.size, class: 'size' }, size);
}

function cell(label: string, ...children: readonly (Node | string)[]): HTMLElement {
  return make('td', { 'data-label': label }, ...children);
}

function notesList(notes: readonly string[]): readonly HTMLElement[] {
  return notes.length === 0
    ? []
    : [make('ul', { class: 'notes' }, ...notes.map((note) => make('li', {}, note)))];
}

/** The value is hidden until the box above the table is ticked. */
function valueCell(value: string): HTMLElement {
  if (value === '') return cell(columns.value, make('span', { class: 'none' }, text.none));
  const masked = make('span', { class: 'masked', role: 'img', 'aria-label': text.import.hiddenLabel });
  masked.append(text.import.hidden);
  return cell(columns.value, masked, make('code', { class: 'clear' }, value));
}

function tableRow({ line, entry, refused, state, warns, notes }: ImportRow): HTMLElement {
  const middle = entry
    ? [make('th', { scope: 'row' }, entry.name), valueCell(entry.value), sizeCell(entry.size)]
    : [
        make(
          'td',
          { colspan: '3', class: 'problem' },
          make(
            'div',
            {},
            `${refused?.problem ?? ''}. ${refused?.next ?? ''} `,
            make('code', {}, refused?.code ?? ''),
          ),
        ),
      ];
  const tag = make('span', { class: warns ? 'tag warn' : 'tag' }, state);
  const last = cell(columns.state, make('div', {}, tag, ...notesList(notes)));
  return make('tr', {}, cell(columns.line, String(line)), ...middle, last);
}

function table(plan: ImportPlan): HTMLElement {
  const heads = Object.values(columns).map((label) => make('th', { scope: 'col' }, label));
  const head = make('thead', {}, make('tr', {}, ...heads));
  const body = make('tbody', {}, ...importRows(plan).map(tableRow));
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

interface Preview {
  readonly plan: ImportPlan;
  /** About the file that was read. */
  readonly notes: readonly string[];
  /** Back to the text. */
  readonly edit: () => void;
}

function importButton({ plan, edit }: Preview): HTMLButtonElement {
  const { secrets } = plan;
  const button = make('button', { type: 'button', class: 'primary' }, text.import.run(secrets.length));
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
        edit();
        notice(stopped);
        scrollTo(0, 0);
      })
      .catch(() => notice(text.failed.internal));
  });
  return button;
}

function showPlan(box: HTMLElement, preview: Preview): void {
  const { plan, notes, edit } = preview;
  const { refused } = plan;
  const title = make('h2', { tabindex: '-1' }, text.import.previewTitle);
  const reveal = make('input', { type: 'checkbox', class: 'reveal', autocomplete: 'off' });
  const back = action(text.import.edit, edit, refused.length === 0 ? 'quiet' : 'primary');
  box.replaceChildren(
    make(
      'div',
      { class: 'title' },
      title,
      make('label', { class: 'inline' }, reveal, ' ', text.import.showValues),
    ),
    ...(refused.length === 0
      ? []
      : [make('p', { class: 'alert', role: 'alert' }, text.import.refused(refused.length))]),
    ...notesList([...notes, ...plan.notes]),
    table(plan),
    make('p', { class: 'buttons' }, ...(refused.length === 0 ? [importButton(preview)] : []), back),
  );
  title.focus();
}

/** Wherever on the form a file is dropped. */
function acceptDrops(form: HTMLElement, take: (files: FileList) => void): void {
  const drops = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
  for (const kind of ['dragenter', 'dragover'] as const) {
    form.addEventListener(kind, (event) => {
      if (!drops(event)) return;
      event.preventDefault();
      form.classList.add('dropping');
    });
  }
  for (const kind of ['dragleave', 'drop'] as const) {
    form.addEventListener(kind, () => form.classList.remove('dropping'));
  }
  form.addEventListener('drop', (event) => {
    const files = event.dataTransfer?.files;
    if (!files || files.length === 0) return;
    event.preventDefault();
    take(files);
  });
}

export function enhanceImport(form: HTMLElement): void {
  const editor = form.querySelector<HTMLElement>('[data-part="editor"]');
  // The console has rendered a preview: without this script until now, or by a button of that page.
  if (!editor) return;
  const content = find(form, '#source', HTMLTextAreaElement);
  const file = find(form, '#file', HTMLInputElement);
  const box = part(form, 'preview');
  saySealedHere(form);
  find(editor, '.file label', HTMLLabelElement).textContent = text.import.drop;
  const explain = (problem: string | undefined): void => showError(content, 'source-error', problem);
  const edit = (): void => {
    box.replaceChildren();
    editor.hidden = false;
    content.focus();
  };
  const preview = async (notes: readonly string[]): Promise<void> => {
    notice('');
    explain(undefined);
    const versions = await listVersions();
    if (!versions.ok) {
      notice(versions.problem.detail);
      return;
    }
    const limits = { versions: versions.value, maxValueBytes: Number(form.dataset['max']) };
    const plan = planImport(content.value, limits);
    const problem = wholeProblem(plan);
    explain(problem);
    if (problem !== undefined) return;
    editor.hidden = true;
    showPlan(box, { plan, notes, edit });
  };
  const load = async (files: FileList): Promise<void> => {
    const [chosen, another] = files;
    if (!chosen) return;
    edit();
    if (another) {
      explain(text.import.oneFile);
      return;
    }
    const bytes = await chosen.arrayBuffer().catch(() => undefined);
    file.value = '';
    if (!bytes) {
      explain(text.import.unreadable);
      return;
    }
    const decoded = decodeImport(new Uint8Array(bytes));
    if (decoded.ok) {
      content.value = decoded.text;
      await preview(decoded.notes);
    } else explain(text.import.about(decoded.refused));
  };
  file.addEventListener('change', () => {
    if (file.files) void load(file.files);
  });
  acceptDrops(form, (files) => void load(files));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void preview([]);
  });
}
