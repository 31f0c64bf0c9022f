/** Choosing secrets for a session: what is ticked, what is checked while it is typed, and sending it. Zone 0. */
import { launchFields } from '#envelope/annotation-values.ts';
import { FILTER_FROM } from '../console/web/shared/rules.ts';
import { text } from '../console/web/shared/text.ts';
import { action, find, make, part, showError } from './elements.ts';
import { hasLauncher, returnAnswer } from './launch-answer.ts';
import { onLogin, readSession, withLogin } from './login-again.ts';

interface Pick {
  readonly item: HTMLElement;
  readonly name: string;
  readonly box: HTMLInputElement;
}

/** `db-password` as a variable would be called. */
function variableName(name: string): string {
  return name
    .toUpperCase()
    .replaceAll(/[^A-Z0-9_]/g, '_')
    .replace(/^([0-9])/, '_$1');
}

function enhancePick({ item, name }: Pick): void {
  const kind = item.querySelector('select');
  const target = find(item, '.as input', HTMLInputElement);
  kind?.addEventListener('change', () => {
    const [from, to] = [name, variableName(name)];
    if (kind.value === 'variable' && target.value === from) target.value = to;
    else if (kind.value === 'file' && target.value === to) target.value = from;
  });
}

/** What is ticked is never hidden. */
function addFilter(list: HTMLElement, picks: readonly Pick[]): void {
  const input = make('input', { type: 'search', id: 'filter', autocomplete: 'off', spellcheck: 'false' });
  const label = make('label', { for: 'filter' }, text.list.filter);
  const found = make('span', { role: 'status', class: 'hint' });
  input.addEventListener('input', () => {
    const wanted = input.value.trim().toLowerCase();
    const matches = picks.filter(({ name }) => name.toLowerCase().includes(wanted));
    for (const pick of picks) pick.item.hidden = !pick.box.checked && !matches.includes(pick);
    found.textContent = wanted === '' ? '' : text.launch.matching(matches.length, picks.length);
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') event.preventDefault();
  });
  list.before(make('div', { class: 'filter' }, label, input, found));
}

/** Count and names of what is ticked, each of which unticks it. */
function showTicked(form: HTMLElement, picks: readonly Pick[]): void {
  const [count, names] = [part(form, 'count'), part(form, 'names')];
  const update = (): void => {
    const ticked = picks.filter(({ box }) => box.checked);
    const before = [...names.querySelectorAll('button')].findIndex((chip) => chip === document.activeElement);
    const chips = ticked.map(({ name, box }) => {
      const chip = action(name, () => box.click(), 'chip');
      chip.setAttribute('aria-label', text.launch.untick(name));
      chip.title = text.launch.untick(name);
      return make('li', {}, chip);
    });
    count.textContent = text.launch.ticked(ticked.length, picks.length);
    names.replaceChildren(...chips);
    if (before < 0) return;
    const next = names.querySelectorAll('button')[Math.min(before, chips.length - 1)];
    (next ?? part(form, 'submit')).focus();
  };
  for (const { box } of picks) box.addEventListener('change', update);
  // A browser that goes back restores ticks, but tells nobody.
  addEventListener('pageshow', update);
  part(form, 'ticked').hidden = false;
  update();
}

/** Sent once, and only while the console answers and knows this login: else everything stays where it is. */
function sendChecked(form: HTMLFormElement): void {
  const [submit, problem] = [find(form, '[data-part="submit"]', HTMLButtonElement), part(form, 'problem')];
  const wait = (waiting: boolean): void => {
    submit.disabled = waiting;
    submit.textContent = waiting ? text.launch.submitting : text.launch.submit;
  };
  addEventListener('pageshow', () => wait(false));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    problem.textContent = '';
    wait(true);
    void withLogin(readSession).then((session) => {
      if (session.ok) {
        find(form, '[name="csrf"]', HTMLInputElement).value = document.body.dataset['csrf'] ?? '';
        form.submit();
        return;
      }
      wait(false);
      problem.textContent = session.problem.detail;
      submit.focus();
    });
  });
}

export function enhanceLaunch(form: HTMLElement): void {
  const picks = [...form.querySelectorAll<HTMLElement>('.picks li')].map((item) => ({
    item,
    name: item.dataset['name'] ?? '',
    box: find(item, '[name="pick"]', HTMLInputElement),
  }));
  const orphaned = form.dataset['mode'] === 'message' && !hasLauncher();
  if (orphaned) part(document, 'notice').replaceChildren(make('p', {}, text.launch.noListener));
  if (picks.length === 0 || !(form instanceof HTMLFormElement)) return;
  picks.forEach(enhancePick);
  if (picks.length >= FILTER_FROM) addFilter(find(form, '.picks', HTMLElement), picks);
  for (const { field, problemOf } of launchFields) {
    const input = form.querySelector<HTMLInputElement>(`#${field}`);
    input?.addEventListener('input', () => showError(input, `${field}-error`, problemOf(input.value)));
  }
  showTicked(form, picks);
  if (orphaned) find(form, '[data-part="submit"]', HTMLButtonElement).disabled = true;
  else sendChecked(form);
}

export function sendOnLogin(form: HTMLElement): void {
  onLogin(() => returnAnswer(form));
}
