/**
 * Untrusted text, made safe to look at. No zone. It may hold what a terminal obeys (C0 and C1 controls, DEL), what
 * ends a line (U+2028), or what disguises the text (bidi overrides, invisible and private characters).
 */

/** Controls, formats, surrogates without a partner, private characters, separators of lines and paragraphs. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;
const HIDDEN_BUT_LINES = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

/** `\u202e`, as JSON and JavaScript write it: within a JSON string it means the same character. */
function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');
}

/** One line in which every character can be seen. */
export function shown(text: string): string {
  return text.replaceAll(HIDDEN, escaped);
}

/** The same for a text of several lines, or of JSON: line feeds and tabs stay. */
export function shownLines(text: string): string {
  return text.replaceAll(HIDDEN_BUT_LINES, escaped);
}

/** Never half of a pair of surrogates. */
function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, '');
}

/**
 * One line of at most `length` characters, then `…`, for a log, an audit record or a message. Looks at no more of the
 * text than that.
 */
export function boundedText(text: string, length: number): string {
  const safe = shown(text.length > length ? cut(text, length) : text);
  return safe.length > length || text.length > length ? `${cut(safe, length)}…` : safe;
}
