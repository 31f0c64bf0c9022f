/**
 * The field of a value: typed or pasted text, or a file that is picked, dropped or pasted. Zone 0;
 * docs/design.md#page.
 */
import { utf8 } from '#envelope/bytes.ts';
import { valueProblem } from '../console/web/shared/rules.ts';
import { text } from '../console/web/shared/text.ts';
import { action, find, make, part, showError } from './elements.ts';

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

export function createValueField(form: HTMLElement, maxBytes: number): ValueField {
  const field = part(form, 'value');
  const typed = find(field, 'textarea', HTMLTextAreaElement);
  const input = find(field, 'input[type="file"]', HTMLInputElement);
  const [size, box] = [part(field, 'size'), part(field, 'file')];
  const picker = [...box.children];
  let chosen: Chosen | undefined = keptFile(field);

  const length = (): number => chosen?.bytes.length ?? utf8(typed.value).length;
  const show = (): void => {
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
    const problem = length() > maxBytes ? valueProblem(length(), maxBytes) : undefined;
    showError(typed, 'value-error', problem);
  };
  const choose = (next: Chosen | undefined): void => {
    chosen?.bytes.fill(0);
    chosen = next;
    if (!next) input.value = '';
    show();
    if (!next) typed.focus();
  };
  const take = async (file: File | undefined): Promise<void> => {
    if (file) choose({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
  };
  const takeFrom = (event: Event, files: FileList | undefined): void => {
    const [file] = files ?? [];
    if (!file) return;
    event.preventDefault();
    void take(file);
  };
  find(box, 'label', HTMLLabelElement).textContent = text.write.drop;
  typed.addEventListener('input', show);
  input.addEventListener('change', () => void take(input.files?.[0]));
  field.addEventListener('paste', (event) => takeFrom(event, event.clipboardData?.files));
  for (const kind of ['dragenter', 'dragover'] as const) {
    field.addEventListener(kind, (event) => {
      event.preventDefault();
      field.classList.add('dropping');
    });
  }
  for (const kind of ['dragleave', 'drop'] as const) {
    field.addEventListener(kind, () => field.classList.remove('dropping'));
  }
  field.addEventListener('drop', (event) => takeFrom(event, event.dataTransfer?.files));
  show();
  return {
    bytes: () => (chosen ? Uint8Array.from(chosen.bytes) : utf8(typed.value)),
    check: () => {
      const broken = !chosen && HALF_PAIR.test(typed.value) ? text.write.notText : undefined;
      const problem = broken ?? valueProblem(length(), maxBytes);
      showError(typed, 'value-error', problem);
      return problem === undefined;
    },
    showProblem: (problem) => showError(typed, 'value-error', problem),
    focus: () => (chosen ? find(box, 'button', HTMLButtonElement) : typed).focus(),
  };
}
