/** Choosing secrets for a session: what is checked while it is typed, and how the answer gets back. Zone 0. */
import { launchFields } from '#envelope/annotation-values.ts';
import { FILTER_FROM } from '../console/web/shared/rules.ts';
import { text } from '../console/web/shared/text.ts';
import { find, make, part, showError } from './elements.ts';
import { onLogin } from './login-again.ts';

/** `db-password` as a variable would be called. */
function variableName(name: string): string {
  return name
    .toUpperCase()
    .replaceAll(/[^A-Z0-9_]/g, '_')
    .replace(/^([0-9])/, '_$1');
}

function enhancePick(item: HTMLElement): void {
  const name = item.dataset['name'] ?? '';
  const kind = item.querySelector('select');
  const target = find(item, '.as input', HTMLInputElement);
  kind?.addEventListener('change', () => {
    const [from, to] = [name, variableName(name)];
    if (kind.value === 'variable' && target.value === from) target.value = to;
    else if (kind.value === 'file' && target.value === to) target.value = from;
  });
}

function addFilter(list: HTMLElement, items: readonly HTMLElement[]): void {
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
}

export function enhanceLaunch(form: HTMLElement): void {
  const items = [...form.querySelectorAll<HTMLElement>('.picks li')];
  items.forEach(enhancePick);
  const list = form.querySelector<HTMLElement>('.picks');
  if (list && items.length >= FILTER_FROM) addFilter(list, items);
  for (const { field, problemOf } of launchFields) {
    const input = form.querySelector<HTMLInputElement>(`#${field}`);
    input?.addEventListener('input', () => showError(input, `${field}-error`, problemOf(input.value)));
  }
}

/** What a window tells the console's frame that opened it: an answer, and the one origin that it is for. */
interface Relayed {
  readonly type: typeof RELAYED;
  readonly to: string;
  readonly answer: unknown;
}

const RELAYED = 'twofold-launch-relayed';

/** Whether a window is this console's: such a one can be looked into. */
function isOwn(other: Window): boolean {
  try {
    return other.location.origin === location.origin;
  } catch {
    return false;
  }
}

/** To the opener or embedder of this page, if its origin is the listed one (the browser compares), or to the console's frame there. */
export function postAnswer(section: HTMLElement): void {
  const { origin: to = '', answer: json = '' } = section.dataset;
  const opener = window.opener as Window | null; // the library types it as any
  const receiver = opener ?? (window.parent === window ? undefined : window.parent);
  const state = part(section, 'state');
  if (!receiver) {
    state.textContent = text.launch.noListener;
    return;
  }
  const answer: unknown = JSON.parse(json);
  const relayed: Relayed = { type: RELAYED, to, answer };
  if (isOwn(receiver)) receiver.postMessage(relayed, location.origin);
  else receiver.postMessage(answer, to);
  state.textContent = text.launch.done;
}

/** In a launcher's frame: relays the answer of the window that was opened here, and nothing from any other. */
export function relayAnswer(section: HTMLElement): void {
  addEventListener('message', ({ origin, source, data }: MessageEvent<Partial<Relayed> | null>) => {
    const from = source as Window | null; // no port and no worker sends to a window
    if (origin !== location.origin || from?.opener !== window) return;
    if (data?.type !== RELAYED || data.to === undefined) return;
    window.parent.postMessage(data.answer, data.to);
    from.close();
    part(section, 'open').remove();
    part(section, 'state').textContent = text.launch.elsewhereDone;
  });
}

export function returnAnswer(form: HTMLElement): void {
  if (form instanceof HTMLFormElement) form.requestSubmit();
}

export function sendOnLogin(form: HTMLElement): void {
  onLogin(() => returnAnswer(form));
}
