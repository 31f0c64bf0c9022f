/** What a page says besides its forms: about what was just sent, where a value is sealed, what was done before. Zone 0. */
import { text } from '../console/web/shared/text.ts';
import { action, find, make, part } from './elements.ts';

/** At the top of this page; an empty sentence clears it. */
export function notice(sentence: string): void {
  part(document, 'notice').replaceChildren(...(sentence === '' ? [] : [make('p', {}, sentence)]));
}

/** The form was made for a browser without this script, whose values the console seals. */
export function saySealedHere(form: HTMLElement): void {
  const sealed = part(form, 'sealed');
  sealed.textContent = text.write.sealedHere;
  sealed.classList.add('here');
}

const KEY = 'said';

/** What the next list shows once. */
export function say(sentence: string): void {
  sessionStorage.setItem(KEY, sentence);
}

/** Shows that, or what the console has said itself, until it is dismissed or the page is left. */
export function showSaid(element: HTMLElement): void {
  const said = find(element, 'p', HTMLElement);
  const sentence = sessionStorage.getItem(KEY);
  if (sentence !== null) {
    sessionStorage.removeItem(KEY);
    said.textContent = sentence;
  }
  if (said.textContent === '') return;
  const dismiss = (): void => {
    element.remove();
    find(document, 'main', HTMLElement).focus();
  };
  const close = action('×', dismiss, 'small quiet');
  close.setAttribute('aria-label', text.dismiss);
  element.append(close);
}
