/**
 * A secret's note: what its owner wrote down about it. It is stored in clear, so it must not hold the value. Zones 0 and 1;
 * pure.
 */

export const MAX_NOTE_LENGTH = 200;
export const NOTE_RULE = `one line of at most ${MAX_NOTE_LENGTH} characters`;

/** Control characters, line ends, halves of characters, and what changes the direction of the text around it. */
const FOREIGN = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u;

/** Without white space around it, empty for none; undefined where it cannot be a note. */
export function parseNote(text: string): string | undefined {
  const note = text.trim();
  // A character is at most two units.
  const fits = note.length <= 2 * MAX_NOTE_LENGTH && Array.from(note).length <= MAX_NOTE_LENGTH;
  return fits && !FOREIGN.test(note) ? note : undefined;
}

const known =
  /-----BEGIN|\b(?:gh[opsur]_|github_pat_|glpat-|AKIA|ASIA|sk-|xox[abeprs]-|eyJ|hf_|npm_|pypi-|dckr_pat_|AGE-SECRET-KEY-)[\w-]{6}/;
const login = /:\/\/[^\s/@]{0,200}:[^\s/@]{1,200}@/;
const assigned = /(?:pass|passwd|password|passphrase|pwd|pw|pin|secret|token|key)\s?[:=]\s?\S+$/i;
const harmless = /^(?:https?:\/\/\S+|[a-z0-9-]+(?:\.[a-z0-9-]+)+|[\w.+-]+@[\w.-]+|\d{4}-\d\d-\d\d\S*)$/i;
const classes = [/[a-z]/, /[A-Z]/, /[0-9]/, /[!#$%&*+;<=>?@^|~]/];

function classesIn(word: string): number {
  return classes.filter((one) => one.test(word)).length;
}

/** Whether a word looks made up: a password, or the text of random bytes. */
function isRandom(word: string): boolean {
  if (harmless.test(word)) return false;
  if (word.length >= 20 && /^[\w+/=-]+$/.test(word) && /[0-9]/.test(word) && /[A-Za-z]/.test(word))
    return true;
  return word.length >= 10 && classesIn(word) >= 3;
}

/** A single word such as hunter2, and nothing else. */
function isPassword(note: string): boolean {
  return note.length >= 7 && /^[^\s./:_-]+$/.test(note) && classesIn(note) >= 2 && /[^A-Za-z]/.test(note);
}

/** Whether it may hold a secret value. A guess, for a question: it misses some, and asks about some that are none. */
export function looksLikeValue(note: string, value = ''): boolean {
  const own = value.trim();
  if (own.length >= 4 && note.includes(own)) return true;
  return (
    known.test(note) ||
    login.test(note) ||
    assigned.test(note) ||
    isPassword(note) ||
    note.split(/\s+/).some((word) => isRandom(word.replace(/[.,;:!?)\]}]+$/, '')))
  );
}
