/**
 * Where the files of a session may be mounted: one table, tested whole (webhook/plan.test.ts). No zone;
 * docs/design.md#annotations. Pure, and the same for every pod. The webhook also checks against the pod's own mounts.
 */
import type { Parsed } from './parsed.ts';

export const DEFAULT_MOUNT_PATH = '/secrets';
const MAX_LENGTH = 1024;

/** Neither these, nor anything under them, nor anything above them: an image's own programs and credentials. */
const forbidden: readonly RegExp[] = [
  '/bin',
  '/boot',
  '/dev',
  '/etc',
  '/lib[^/]*',
  '/proc',
  '/root/\\.ssh[^/]*',
  '/run/secrets/kubernetes\\.io',
  '/sbin',
  '/sys',
  '/usr',
  '/var/run/secrets/kubernetes\\.io',
].map((path) => new RegExp(`^${path}(/|$)`));

/** Folders above the nested ones of the table. */
const above: ReadonlySet<string> = new Set([
  '/',
  '/root',
  '/run',
  '/run/secrets',
  '/var',
  '/var/run',
  '/var/run/secrets',
]);

/** One leading slash, none trailing, none doubled, no `.`: the same folder is always the same text. */
export function normaliseMountPath(path: string): string {
  return `/${path
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .join('/')}`;
}

/** The normalised path, or why no pod can have it: `forbidden` where it belongs to the image or to Kubernetes. */
export function parseMountPath(text: string): Parsed<string> {
  const example = `use an absolute path of your own, for example ${DEFAULT_MOUNT_PATH}`;
  const no = (why: string, forbidden = false): Parsed<string> => ({
    ok: false,
    forbidden,
    problem: `${why}; ${example}`,
  });
  if (!text.startsWith('/')) return no('it is not an absolute path');
  if (text.length > MAX_LENGTH) return no(`it is longer than ${MAX_LENGTH} characters`);
  // Kubernetes refuses a colon in a mount path; a control character is never meant.
  // eslint-disable-next-line no-control-regex
  if (/[:\u0000-\u001f\u007f]/.test(text)) return no('it contains a colon or a control character');
  if (text.split('/').includes('..')) return no('it contains ".."');
  const path = normaliseMountPath(text);
  if (above.has(path) || forbidden.some((pattern) => pattern.test(path))) {
    return no('it belongs to the image or to Kubernetes, or lies above such a folder', true);
  }
  return { ok: true, value: path };
}
