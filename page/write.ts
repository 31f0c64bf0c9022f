/** The form that adds or replaces a secret, with the value sealed in this browser. Zone 0; docs/design.md#writing. */
import { looksLikeValue, parseNote } from '#envelope/note.ts';
import { secretPath } from '../console/web/shared/addresses.ts';
import { expiryOf, type TypedExpiry } from '../console/web/shared/expiry-field.ts';
import { nameProblem, noteProblem } from '../console/web/shared/rules.ts';
import { text } from '../console/web/shared/text.ts';
import { find, make, part, showError } from './elements.ts';
import { enhanceExpiry } from './expiry.ts';
import { notice, say, saySealedHere } from './notices.ts';
import { store, type Stored } from './store.ts';
import { createValueField, type ValueField } from './value-field.ts';

interface State {
  readonly form: HTMLFormElement;
  readonly value: ValueField;
  readonly nameInput: HTMLInputElement | undefined;
  /** Only of a form that adds. */
  readonly noteInput: HTMLInputElement | undefined;
  readonly expiry: { readonly input: HTMLInputElement; readonly typed: () => TypedExpiry };
  /** The secret that is replaced; undefined adds. */
  replaces: { readonly name: string; seen: number } | undefined;
}

function nameOf({ replaces, nameInput, form }: State): string {
  return replaces?.name ?? nameInput?.value ?? form.dataset['name'] ?? '';
}

function showTaken(state: State, name: string): void {
  const link = make('a', { href: secretPath(name, 'replace') }, text.write.replaceThat(name));
  if (state.nameInput) {
    showError(state.nameInput, 'name-error', text.write.taken(name), link);
    state.nameInput.focus();
  } else notice(text.write.taken(name));
}

/** What is stored is not what this form was made for. The next attempt is for what is there now. */
function showDifference(state: State, version: number): void {
  const name = nameOf(state);
  if (!state.replaces) {
    showTaken(state, name);
    return;
  }
  notice(version === 0 ? text.write.gone : text.write.changed);
  state.replaces = version === 0 ? undefined : { name, seen: version };
}

function show(state: State, stored: Stored): void {
  if (stored.kind === 'differs') showDifference(state, stored.version);
  else if (stored.kind === 'refused') {
    const { code, detail } = stored;
    if (code === 'name_taken') showTaken(state, nameOf(state));
    else if (code === 'name_malformed' && state.nameInput) showError(state.nameInput, 'name-error', detail);
    else if (code === 'expiry_past') {
      showError(state.expiry.input, 'expires-error', text.write.expiryPast);
    } else if (code === 'note_malformed' && state.noteInput) {
      showError(state.noteInput, 'note-error', detail);
    } else if (code === 'version_changed') notice(text.write.changed);
    else if (code.startsWith('value_')) state.value.showProblem(detail);
    else notice(code === 'login_ended' ? text.expired.inPlace : detail);
  }
}

function checkName({ nameInput }: State): boolean {
  if (!nameInput) return true;
  const problem = nameProblem(nameInput.value);
  showError(nameInput, 'name-error', problem);
  return problem === undefined;
}

function checkExpiry({ expiry: { input, typed } }: State): boolean {
  const end = expiryOf(typed());
  const bad = input.validity.badInput || end === undefined;
  const past = typeof end === 'number' && end <= Date.now();
  const problem = bad ? text.write.expiryMalformed : past ? text.write.expiryPast : undefined;
  showError(input, 'expires-error', problem);
  return problem === undefined;
}

/** Asks once more where the note looks like a value, or has this one in it. */
function checkNote({ form, noteInput, value }: State): boolean {
  if (!noteInput) return true;
  const sure = find(form, '[name="noteSure"]', HTMLInputElement);
  const bytes = value.bytes();
  const own = new TextDecoder().decode(bytes);
  bytes.fill(0);
  const asks = !sure.checked && looksLikeValue(parseNote(noteInput.value) ?? '', own);
  if (asks) part(form, 'note-sure').hidden = false;
  const problem = noteProblem(noteInput.value) ?? (asks ? text.note.asks : undefined);
  showError(noteInput, 'note-error', problem);
  return problem === undefined;
}

async function send(state: State): Promise<void> {
  const [name, value, adds] = [nameOf(state), state.value.bytes(), !state.replaces];
  const expiresAt = expiryOf(state.expiry.typed());
  try {
    const stored = await store({
      name,
      value,
      expiresAt,
      note: state.noteInput?.value,
      seen: state.replaces?.seen,
    });
    if (stored.kind === 'stored') {
      say(adds ? text.said.created(name) : text.said.replaced(name));
      location.assign('/secrets');
    } else show(state, stored);
  } catch {
    notice(text.write.broken);
  } finally {
    value.fill(0);
  }
}

async function submit(state: State): Promise<void> {
  notice('');
  const good = [checkName(state), state.value.check(), checkExpiry(state), checkNote(state)];
  if (good.includes(false)) {
    if (state.nameInput && !good[0]) state.nameInput.focus();
    else if (!good[1]) state.value.focus();
    else if (!good[2]) state.expiry.input.focus();
    else state.noteInput?.focus();
    return;
  }
  const button = find(state.form, 'button[type="submit"]', HTMLButtonElement);
  const label = button.textContent;
  button.disabled = true;
  button.textContent = text.write.sealing;
  await send(state);
  button.disabled = false;
  button.textContent = label;
}

export function enhanceWrite(element: HTMLElement): void {
  if (!(element instanceof HTMLFormElement)) return;
  const { name = '', max = '' } = element.dataset;
  const version = element.querySelector<HTMLInputElement>('input[name="version"]')?.value;
  const state: State = {
    form: element,
    value: createValueField(element, Number(max)),
    nameInput: element.querySelector<HTMLInputElement>('#name') ?? undefined,
    noteInput: element.querySelector<HTMLInputElement>('#note') ?? undefined,
    expiry: enhanceExpiry(element),
    replaces: version === undefined ? undefined : { name, seen: Number(version) },
  };
  saySealedHere(element);
  state.nameInput?.addEventListener('input', () => {
    // An empty name is not an error until it is sent.
    if (state.nameInput?.value === '') showError(state.nameInput, 'name-error', undefined);
    else checkName(state);
  });
  element.addEventListener('submit', (event) => {
    event.preventDefault();
    void submit(state);
  });
}
