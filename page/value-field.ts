/**
 * The field of a value: typed or pasted text, or a file that is picked, dropped or pasted. Zone 0;
 * docs/design.md#page.
 */
import { utf8 } from '#envelope/bytes.ts';
import { valueProblem } from '../console/web/shared/rules.ts';
import { text } from '../console/web/shared/text.ts';
import { action, find, make, part, showError } from './elements.ts';
import { createHintList } from './hint-list.ts';

export interface ValueField {
  /** A copy of the value's bytes, for the caller to wipe. */
  bytes(): Uint8Array;
  /** Shows what is wrong, and returns whether anything is. */
  check(): boolean;
  showProblem(problem: string): void;
  focus(): void;
}

interface Chosen {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const HALF_PAIR = /\p{Surrogate}/u;

function keptFile(field: HTMLElement): Chosen | undefined {
  const kept = field.querySelector<HTMLInputElement>('input[name="keptFile"]')?.value;
  return kept === undefined
    ? undefined
    : { name: text.write.file, bytes: Uint8Array.from(atob(kept), (c) => c.charCodeAt(0)) };
}

function holdsFiles(data: DataTransfer | null): boolean {
  return data?.types.includes('Files') ?? false;
}

/**
 * The files that are meant. A spreadsheet's cells come with a picture of them, and then the text is meant; a file
 * manager's file may come with its name or address as a text.
 */
function filesIn(data: DataTransfer | null): readonly File[] {
  const files = [...(data?.files ?? [])];
  const lines = (data?.getData('text/plain') ?? '').split(/\r?\n/).filter(Boolean);
  const isName = (line: string): boolean =>
    files.some(({ name }) => [name, encodeURIComponent(name)].includes(line.split(/[\\/]/).at(-1) ?? ''));
  return lines.every(isName) ? files : [];
}

/** A file that misses the field would replace the whole page: the browser opens it. */
function catchOtherDrops(field: HTMLElement, say: () => void): void {
  for (const kind of ['dragover', 'drop'] as const) {
    document.addEventListener(kind, (event) => {
      const inside = event.target instanceof Node && field.contains(event.target);
      if (inside || !holdsFiles(event.dataTransfer)) return;
      event.preventDefault();
      if (kind === 'dragover') return;
      say();
      field.scrollIntoView({ block: 'nearest' });
    });
  }
}

function markDrops(field: HTMLElement): void {
  for (const kind of ['dragenter', 'dragover'] as const) {
    field.addEventListener(kind, (event) => {
      event.preventDefault();
      field.classList.add('dropping');
    });
  }
  for (const kind of ['dragleave', 'drop'] as const) {
    field.addEventListener(kind, () => field.classList.remove('dropping'));
  }
}

export function createValueField(form: HTMLElement, maxBytes: number): ValueField {
  const field = part(form, 'value');
  const typed = find(field, 'textarea', HTMLTextAreaElement);
  const input = find(field, 'input[type="file"]', HTMLInputElement);
  const [size, box] = [part(field, 'size'), part(field, 'file')];
  const hints = createHintList(part(field, 'hints'));
  const picker = [...box.children];
  let chosen: Chosen | undefined = keptFile(field);

  const value = (): Uint8Array => (chosen ? Uint8Array.from(chosen.bytes) : utf8(typed.value));
  const length = (): number => chosen?.bytes.length ?? utf8(typed.value).length;
  const showProblem = (problem: string | undefined): void => showError(typed, 'value-error', problem);
  const show = (typing = false): void => {
    typed.disabled = chosen !== undefined;
    typed.hidden = chosen !== undefined;
    if (chosen) {
      const note = make(
        'p',
        { class: 'chosen', role: 'status' },
        text.write.fileChosen(chosen.name, chosen.bytes.length),
      );
      note.append(action(text.write.removeFile, () => choose(undefined), 'small'));
      box.replaceChildren(note);
    } else box.replaceChildren(...picker);
    size.textContent = chosen || typed.value === '' ? '' : text.write.size(length());
    showProblem(length() > maxBytes ? valueProblem(length(), maxBytes) : undefined);
    hints.show(value, typing);
  };
  const choose = (next: Chosen | undefined): void => {
    chosen?.bytes.fill(0);
    chosen = next;
    if (!next) input.value = '';
    show();
    if (!next) typed.focus();
  };
  /** What cannot be taken changes nothing, and is said at the field. */
  const take = async (files: readonly File[]): Promise<void> => {
    const [file] = files;
    if (!file) return;
    if (files.length > 1) {
      showProblem(text.write.severalFiles(files.length));
      return;
    }
    try {
      choose({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
    } catch {
      input.value = '';
      showProblem(text.write.unreadable(file.name));
    }
  };
  const takeFrom = (event: Event, data: DataTransfer | null): void => {
    const files = filesIn(data);
    if (files.length === 0) return;
    event.preventDefault();
    void take(files);
  };
  find(box, 'label', HTMLLabelElement).textContent = text.write.drop;
  typed.addEventListener('input', (event) => {
    show(!(event instanceof InputEvent && event.inputType.startsWith('insertFrom')));
  });
  input.addEventListener('change', () => void take([...(input.files ?? [])]));
  field.addEventListener('paste', (event) => takeFrom(event, event.clipboardData));
  field.addEventListener('drop', (event) => takeFrom(event, event.dataTransfer));
  markDrops(field);
  catchOtherDrops(field, () => showProblem(text.write.dropBeside));
  show();
  return {
    bytes: value,
    check: () => {
      const broken = !chosen && HALF_PAIR.test(typed.value) ? text.write.notText : undefined;
      const problem = broken ?? valueProblem(length(), maxBytes);
      showProblem(problem);
      return problem === undefined;
    },
    showProblem,
    focus: () => (chosen ? find(box, 'button', HTMLButtonElement) : typed).focus(),
  };
}
