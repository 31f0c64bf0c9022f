/** Time as a port, so that tests set it. No zone. */

/** Milliseconds since 1970. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

/** Milliseconds since this process began: for durations, since it is never adjusted. */
export const monotonicClock: Clock = () => performance.now();

export function secondsOf(clock: Clock): number {
  return Math.floor(clock() / 1000);
}
