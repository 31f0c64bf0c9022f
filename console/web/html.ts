/**
 * HTML as a value: a tagged template that escapes every part. Zone 1; docs/design.md#page. Only `html` makes
 * one, so text from a user, a query or a provider can never become markup.
 */

const markup: unique symbol = Symbol('markup');

export interface Html {
  readonly [markup]: string;
}

export type Part = Html | string | number | false | undefined | readonly Part[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
}

function isList(part: Part): part is readonly Part[] {
  return Array.isArray(part);
}

function render(part: Part): string {
  if (part === undefined || part === false) return '';
  if (isList(part)) return part.map(render).join('');
  return typeof part === 'object' ? part[markup] : escape(String(part));
}

const checked = new WeakSet<TemplateStringsArray>();

/** Throws where a part is an attribute's value without quotes: escaping could not contain it there. */
function checkQuotes(strings: TemplateStringsArray): void {
  let [inTag, quote] = [false, ''];
  for (const string of strings.slice(0, -1)) {
    for (const character of string) {
      if (quote !== '') quote = character === quote ? '' : quote;
      else if (inTag && (character === '"' || character === "'")) quote = character;
      else if (character === '<' || character === '>') inTag = character === '<';
    }
    if (inTag && quote === '' && /=\s*$/.test(string)) throw new Error('an attribute’s value needs quotes');
  }
  checked.add(strings);
}

/** Throws where a template is not safe for any part. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  if (!checked.has(strings)) checkQuotes(strings);
  const pieces = strings.flatMap((string, at) =>
    at < parts.length ? [string, render(parts[at])] : [string],
  );
  return { [markup]: pieces.join('') };
}

/** A whole document, as it is sent. */
export function documentText(page: Html): string {
  return `<!doctype html>\n${page[markup]}`;
}
