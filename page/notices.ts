/** What a page says besides its forms: about what was just sent, where a value is sealed, what was done before. Zone 0. */
import { text } from '../console/web/shared/text.ts';
import { make, part } from './elements.ts';

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

/** What the list shows once. */
export function say(sentence: string): void {
  sessionStorage.setItem(KEY, sentence);
}

export function showSaid(element: HTMLElement): void {
  const sentence = sessionStorage.getItem(KEY);
  if (sentence === null) return;
  sessionStorage.removeItem(KEY);
  element.textContent = sentence;
}
