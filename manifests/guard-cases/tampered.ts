/** A rendered pod with one thing changed. No zone. */
import { podCreation } from '../guard.ts';
import { sessionPod } from '../session-pod.ts';
import { changed, type Change, type GuardCase } from './case.ts';

/** A rendered pod with one thing changed: refused, and the refusal speaks of that thing. */
export function tampered(title: string, says: RegExp, change: Change): GuardCase {
  return { title, denied: 'twofold-shape', says, request: podCreation(changed(sessionPod(), change)) };
}
