/** Choosing secrets for a session: what is checked while it is typed, and how the answer gets back. Zone 0. */
import { parseMountPath } from '#envelope/mount-path.ts';
import { text } from '../console/web/text.ts';
import { find, make, part, showError } from './elements.ts';
import { onLogin } from './login-again.ts';

const FILTER_FROM = 10;

/** `db-password` as a variable would be called. */
const variableName = (name: string): string =>
  name
    .toUpperCase()
    .replaceAll(/[^A-Z0-9_]/g, '_')
    .replace(/^([0-9])/, '_$1');

const enhancePick = (item: HTMLElement): void => {
  const name = item.dataset['name'] ?? '';
  const kind = find(item, 'select', HTMLSelectElement);
  const target = find(item, '.as input', HTMLInputElement);
  kind.addEventListener('change', () => {
    const [from, to] = [name, variableName(name)];
    if (kind.value === 'variable' && target.value === from) target.value = to;
    else if (kind.value === 'file' && target.value === to) target.value = from;
  });
};

const addFilter = (list: HTMLElement, items: readonly HTMLElement[]): void => {
  const input = make('input', { type: 'search', id: 'filter', autocomplete: 'off', spellcheck: 'false' });
  const label = make('label', { for: 'filter' }, text.list.filter);
  input.addEventListener('input', () => {
    const wanted = input.value.trim().toLowerCase();
    for (const item of items) item.hidden = !(item.dataset['name'] ?? '').toLowerCase().includes(wanted);
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') event.preventDefault();
  });
  list.before(make('div', { class: 'filter' }, label, input));
};

export const enhanceLaunch = (form: HTMLElement): void => {
  const items = [...form.querySelectorAll<HTMLElement>('.picks li')];
  items.forEach(enhancePick);
  const list = form.querySelector<HTMLElement>('.picks');
  if (list && items.length >= FILTER_FROM) addFilter(list, items);
  const path = form.querySelector<HTMLInputElement>('#path');
  path?.addEventListener('input', () => {
    const parsed = parseMountPath(path.value);
    showError(path, 'path-error', parsed.ok ? undefined : parsed.problem);
  });
};

/** To whoever opened or embeds this page, if it is of the listed origin: the browser compares. */
export const postAnswer = (section: HTMLElement): void => {
  const { origin = '', answer = '' } = section.dataset;
  const opener = window.opener as Window | null; // the library types it as any
  const receiver = opener ?? (window.parent === window ? undefined : window.parent);
  const state = part(section, 'state');
  if (!receiver) {
    state.textContent = text.launch.noListener;
    return;
  }
  const message: unknown = JSON.parse(answer);
  receiver.postMessage(message, origin);
  state.textContent = text.launch.done;
};

export const returnAnswer = (form: HTMLElement): void => {
  if (form instanceof HTMLFormElement) form.requestSubmit();
};

export const reloadOnLogin = (section: HTMLElement): void => {
  onLogin(() => {
    const again = section.querySelector('form');
    if (again) again.requestSubmit();
    else location.reload();
  });
};
