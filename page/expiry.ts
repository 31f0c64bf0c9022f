/** Days in the time zone of this browser: the field of the last day, and days that the page shows. Zone 0. */
import { localZone } from '#envelope/expiry.ts';
import {
  expiryOf,
  inZone,
  shownInstant,
  shownLastDay,
  type TypedExpiry,
} from '../console/web/shared/expiry-field.ts';
import { text } from '../console/web/shared/text.ts';
import { find, part } from './elements.ts';

interface ExpiryField {
  readonly input: HTMLInputElement;
  readonly typed: () => TypedExpiry;
}

/** The form's field, with what is stored named by its day here, and the instant told while a day is chosen. */
export function enhanceExpiry(form: HTMLElement): ExpiryField {
  const field = part(form, 'expiry');
  const input = find(field, '#expires', HTMLInputElement);
  const hidden = (name: string): HTMLInputElement => find(field, `[name="${name}"]`, HTMLInputElement);
  const [zone, stored] = [hidden('zone'), hidden('stored')];
  const hint = find(field, '#expires-hint', HTMLElement);
  const typed = (): TypedExpiry => ({ day: input.value, zone: zone.value, stored: stored.value });
  const show = (): void => {
    const end = expiryOf(typed());
    const told = typeof end === 'number' ? [' ', text.write.expiresAt(shownInstant(end))] : [];
    hint.replaceChildren(text.write.expiresHint(zone.value), ...told);
  };
  const here = inZone(typed(), localZone());
  zone.value = here.zone;
  if (input.value !== here.day) input.value = here.day;
  input.addEventListener('input', show);
  show();
  return { input, typed };
}

/** A day of the list, which the console named in UTC. */
export function showLastDay(element: HTMLElement): void {
  const at = element instanceof HTMLTimeElement ? Date.parse(element.dateTime) : NaN;
  if (!Number.isNaN(at)) element.textContent = shownLastDay(at, localZone());
}
