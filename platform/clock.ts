/** Time as a port, so that tests set it. No zone. */

/** Milliseconds since 1970. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

export const secondsOf = (clock: Clock): number => Math.floor(clock() / 1000);
