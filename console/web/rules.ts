/**
 * What may be typed into the forms, as the console judges it, and as the script in the browser says it while it is
 * typed. Zone 1, and zone 0 through the page's bundle: pure.
 */
import { MAX_VALUE_BYTES } from '#envelope/limits.ts';
import { counted } from './text.ts';

/** What is wrong with a name, as a person wants to hear it; undefined for a good one. */
export const nameProblem = (name: string): string | undefined => {
  if (name === '') return 'Give the secret a name.';
  if (/\s$|^\s/.test(name)) return 'Remove the space or line break at the beginning or the end of the name.';
  if (/\s/.test(name)) return 'A name has no spaces or line breaks; use a hyphen instead.';
  if (name === '.' || name.startsWith('..'))
    return 'A name is not a single dot, and does not begin with two.';
  if (name.length > 253) return `The name has ${name.length} characters; shorten it to 253.`;
  const foreign = /[^A-Za-z0-9._-]/u.exec(name)?.[0];
  if (foreign === undefined) return undefined;
  const plain = foreign.normalize('NFKC');
  const hint =
    plain !== foreign && /^[A-Za-z0-9._-]+$/.test(plain)
      ? `“${foreign}” only looks like “${plain}”; type the plain character.`
      : `“${foreign}” cannot be part of a name.`;
  return `${hint} Use letters, digits, dot, hyphen and underscore.`;
};

export const valueProblem = (bytes: number, most: number = MAX_VALUE_BYTES): string | undefined => {
  if (bytes === 0) return 'Enter the value, or choose a file.';
  return bytes > most
    ? `The value has ${bytes.toLocaleString('en')} bytes, ${counted(bytes - most, 'byte')} more than the ${most.toLocaleString('en')} that fit. Store what is larger elsewhere, and its key here.`
    : undefined;
};

const DAY_MS = 86_400_000;

/** The end of a day in UTC; undefined where it is no date. */
export const endOfDay = (day: string): number | undefined => {
  const start = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : NaN;
  return Number.isNaN(start) ? undefined : start + DAY_MS;
};
