/**
 * The operator's file of trusted launchers, which console and webhook both read. No zone; design §6 step 1.
 *
 *     {"launchers": [{"username": "system:serviceaccount:hub:hub", "namespaces": ["hub"],
 *                     "annotation": "hub.jupyter.org/username", "claim": "preferred_username", "loginWithinDays": 30}]}
 *
 * | member | meaning |
 * |---|---|
 * | username | who must have created the pod, exactly as the API server names it |
 * | namespaces | where; one username has at most one entry for a namespace |
 * | annotation | the pod's annotation that names the user |
 * | claim | the login claim that this annotation holds |
 * | loginWithinDays | how recently the user must have logged in with it, 1 to 3650 |
 */

export interface Launcher {
  readonly username: string;
  readonly namespaces: readonly string[];
  readonly annotation: string;
  readonly claim: string;
  readonly loginWithinDays: number;
}

const MEMBERS = ['annotation', 'claim', 'loginWithinDays', 'namespaces', 'username'];
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const ANNOTATION =
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const OURS = /^twofold\.dev\//;
const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):[^:]+$/;
const MAX_TEXT_LENGTH = 253;

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= MAX_TEXT_LENGTH && value.trim() === value;

/**
 * Controllers and nodes create pods for whoever wrote the template, so what they create says nothing about a user:
 * of the names that Kubernetes reserves, only a service account outside kube-system can be a launcher.
 */
const isController = (username: string): boolean =>
  username.startsWith('system:') && (SERVICE_ACCOUNT.exec(username)?.[1] ?? 'kube-system') === 'kube-system';

const problemOf = (entry: Readonly<Record<string, unknown>>): string | undefined => {
  const { username, namespaces, annotation, claim, loginWithinDays } = entry;
  if (Object.keys(entry).sort().join() !== MEMBERS.join()) return `must have exactly ${MEMBERS.join(', ')}`;
  if (!isText(username)) return 'username must be a text';
  if (isController(username)) return 'username is a controller or a node, which can never be a launcher';
  if (!Array.isArray(namespaces) || namespaces.length === 0) return 'namespaces must be a list, not empty';
  if (!namespaces.every((name) => typeof name === 'string' && NAMESPACE.test(name)))
    return 'namespaces must hold names of namespaces, without patterns';
  if (!isText(annotation) || !ANNOTATION.test(annotation) || OURS.test(annotation))
    return 'annotation must be a prefixed annotation key that is not one of Twofold’s own';
  if (!isText(claim)) return 'claim must be the name of a login claim';
  const days = Number.isInteger(loginWithinDays) ? Number(loginWithinDays) : 0;
  return days >= 1 && days <= 3650 ? undefined : 'loginWithinDays must be a whole number from 1 to 3650';
};

const parseLauncher = (value: unknown, index: number): Launcher => {
  const where = `launcher ${index + 1}`;
  if (typeof value !== 'object' || value === null) throw new Error(`${where} is not an object`);
  const problem = problemOf(value as Record<string, unknown>); // members are checked one by one
  if (problem !== undefined) throw new Error(`${where}: ${problem}`);
  return value as Launcher; // every member has just been checked
};

/** Throws an Error that says which entry is wrong and why; a SyntaxError where it is not JSON. */
export const parseLaunchers = (json: string): readonly Launcher[] => {
  const value: unknown = JSON.parse(json);
  const launchers = typeof value === 'object' && value && 'launchers' in value ? value.launchers : undefined;
  if (!Array.isArray(launchers)) throw new Error('there is no list "launchers"');
  const parsed = launchers.map(parseLauncher);
  const places = parsed.flatMap(({ username, namespaces }) =>
    namespaces.map((name) => `${username} ${name}`),
  );
  const twice = places.find((place, index) => places.indexOf(place) !== index);
  if (twice !== undefined) throw new Error(`"${twice}" is configured twice`);
  return parsed;
};

/** The launcher that this username is in this namespace. */
export const findLauncher = (
  launchers: readonly Launcher[],
  { username, namespace }: { readonly username: string; readonly namespace: string },
): Launcher | undefined =>
  launchers.find((launcher) => launcher.username === username && launcher.namespaces.includes(namespace));
