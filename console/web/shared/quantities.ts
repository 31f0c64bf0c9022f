/** Numbers of things, and sizes, in words. Zone 1, and zone 0 through the page’s bundle: pure. */

const KIB = 1024;
export function shownSize(bytes: number): string {
  return bytes < KIB
    ? `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`
    : `${(bytes / KIB).toFixed(bytes < 10 * KIB ? 1 : 0)} KiB`;
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
