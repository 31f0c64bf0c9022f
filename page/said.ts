/** What the list says once after this script has done something. Zone 0. */

const KEY = 'said';

export function say(sentence: string): void {
  sessionStorage.setItem(KEY, sentence);
}

export function showSaid(element: HTMLElement): void {
  const sentence = sessionStorage.getItem(KEY);
  if (sentence === null) return;
  sessionStorage.removeItem(KEY);
  element.textContent = sentence;
}
