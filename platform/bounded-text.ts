/**
 * Text from outside as it may stand in a log, an audit record or a message: cut, and without characters that move a
 * cursor, end a line or turn the direction of writing. No zone; design §9.
 */

/** C0, DEL and C1; line and paragraph separators; marks, embeddings and isolates of direction; half of a pair. */
const UNSAFE =
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** What is unsafe as `\u001b`; at most `length` characters of that, then `…`. Looks at no more of the text than that. */
export const boundedText = (text: string, length: number): string => {
  const shown = text.slice(0, length).replaceAll(UNSAFE, escaped);
  return shown.length > length || text.length > length ? `${shown.slice(0, length)}…` : shown;
};
