/** Numbers of things, and sizes, in words. Zone 1, and zone 0 through the page’s bundle: pure. */

const KIB = 1024;
export function shownSize(bytes: number): string {
  return bytes < KIB
    ? `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`
    : `${(bytes / KIB).toFixed(bytes < 10 * KIB ? 1 : 0)} KiB`;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Of whole days from the second on, else of whole hours or minutes. */
export function shownDuration(seconds: number): string {
  if (seconds >= 2 * DAY && seconds % DAY === 0) return counted(seconds / DAY, 'day');
  return seconds >= HOUR && seconds % HOUR === 0
    ? counted(seconds / HOUR, 'hour')
    : counted(Math.ceil(seconds / MINUTE), 'minute');
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
