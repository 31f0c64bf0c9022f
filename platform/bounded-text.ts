/** Text from outside as it may stand in a log, an audit record or a message: shown whole, and cut. No zone; design §9. */
import { shown } from './shown.ts';

/** What is unsafe as `\u001b`; at most `length` characters of that, then `…`. Looks at no more of the text than that. */
export function boundedText(text: string, length: number): string {
  const safe = shown(text.slice(0, length));
  return safe.length > length || text.length > length ? `${safe.slice(0, length)}…` : safe;
}
