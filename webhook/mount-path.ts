/** Where a container may find its files. Zone 2; design §7: one table, tested whole. */
import { quote } from '#envelope/selection.ts';
import type { Container } from './pod.ts';
import { refuse, type Refusal } from './refusals.ts';

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
const normalise = (path: string): string =>
  `/${path
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .join('/')}`;

const isWithin = (inner: string, outer: string): boolean =>
  inner === outer || inner.startsWith(outer === '/' ? '/' : `${outer}/`);

const say = (code: 'mount_path_forbidden' | 'annotation_invalid', message: string): Refusal =>
  refuse(code, message, 'twofold.dev/mount-path');

/** The normalised path, or why it cannot be one whatever the pod. */
export const parseMountPath = (text: string): { path: string } | { refusal: Refusal } => {
  const example = `use an absolute path of your own, for example ${DEFAULT_MOUNT_PATH}`;
  const no = (why: string) => ({ refusal: say('annotation_invalid', `${quote(text)} ${why}; ${example}`) });
  if (!text.startsWith('/')) return no('is not an absolute path');
  if (text.length > MAX_LENGTH) return no(`is longer than ${MAX_LENGTH} characters`);
  // Kubernetes refuses a colon in a mount path; a control character is never meant.
  // eslint-disable-next-line no-control-regex
  if (/[:\u0000-\u001f\u007f]/.test(text)) return no('contains a colon or a control character');
  if (text.split('/').includes('..')) return no('contains ".."');
  const path = normalise(text);
  if (above.has(path) || forbidden.some((pattern) => pattern.test(path))) {
    const why = `${quote(path)} belongs to the image or to Kubernetes, or lies above such a folder`;
    return { refusal: say('mount_path_forbidden', `${why}; ${example}`) };
  }
  return { path };
};

/** Why `path` cannot be mounted in this container: something is at, inside or above it. */
export const mountConflict = (path: string, container: Container): Refusal | undefined => {
  const taken = container.mountPaths.find((mounted) => {
    const other = normalise(mounted);
    return isWithin(other, path) || isWithin(path, other);
  });
  if (taken === undefined) return undefined;
  const where = `container ${quote(container.name)} already mounts ${quote(taken)}, which overlaps ${quote(path)}`;
  return refuse('mount_path_taken', `${where}; choose another path`, 'twofold.dev/mount-path');
};
