/**
 * The operator's file of trusted launchers, which console and webhook both read. No zone;
 * docs/design.md#trusted-launchers.
 *
 *     {"launchers": [{"username": "system:serviceaccount:hub:hub", "namespaces": ["hub-sessions"],
 *                     "annotation": "hub.jupyter.org/username", "claim": "preferred_username", "loginWithinDays": 30}]}
 *
 * | member | meaning |
 * |---|---|
 * | username | who must have created the pod, exactly as the API server names it |
 * | namespaces | where, each by its name; one username has at most one entry for a namespace |
 * | annotation | the pod's annotation that names the user |
 * | claim | the login claim that this annotation holds |
 * | loginWithinDays | how recently the user must have logged in with it, 1 to 3650 |
 * | sharedNamespace | `true` where sessions run in the namespace of the launcher's own account; left out otherwise |
 *
 * Anyone who may create pods, workloads or tokens where a launcher's account lives is that launcher. So an account in a
 * session namespace, where users often may, has to be stated explicitly.
 */
import { isJsonObject, parseJson, type JsonObject } from '#envelope/json.ts';
import { enabledByName } from './namespaces.ts';

export interface Launcher {
  readonly username: string;
  readonly namespaces: readonly string[];
  readonly annotation: string;
  readonly claim: string;
  readonly loginWithinDays: number;
  readonly sharedNamespace?: true;
}

const MEMBERS = ['annotation', 'claim', 'loginWithinDays', 'namespaces', 'username'];
const OPTIONAL_MEMBER = 'sharedNamespace';
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const ANNOTATION =
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const OURS = /^twofold\.dev\//;
const SERVICE_ACCOUNT =
  /^system:serviceaccount:([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?):[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const MAX_TEXT_LENGTH = 253;

function isText(value: unknown): value is string {
  return (
    typeof value === 'string' && value !== '' && value.length <= MAX_TEXT_LENGTH && value.trim() === value
  );
}

/** The namespace of a launcher's account in the cluster; undefined outside it (the name of a certificate or a login). */
export function accountNamespace(username: string): string | undefined {
  return SERVICE_ACCOUNT.exec(username)?.[1];
}

/**
 * Controllers and nodes create pods for the template's author, so their pods tell nothing about a user:
 * of the names that Kubernetes reserves, only a service account outside kube-system can be a launcher.
 */
function isController(username: string): boolean {
  return username.startsWith('system:') && (accountNamespace(username) ?? 'kube-system') === 'kube-system';
}

function problemOf(entry: JsonObject): string | undefined {
  const { username, namespaces, annotation, claim, loginWithinDays, sharedNamespace } = entry;
  const members = Object.keys(entry).filter((name) => name !== OPTIONAL_MEMBER);
  if (members.sort().join() !== MEMBERS.join())
    return `must have exactly ${MEMBERS.join(', ')}, and ${OPTIONAL_MEMBER} where it is true`;
  if (!isText(username) || /[\s*]/.test(username)) return 'username must be a name, without patterns';
  if (isController(username)) return 'username is a controller or a node, which can never be a launcher';
  if (OPTIONAL_MEMBER in entry && (sharedNamespace !== true || accountNamespace(username) === undefined))
    return `${OPTIONAL_MEMBER} must be true, for a service account, or be left out`;
  if (!Array.isArray(namespaces) || namespaces.length === 0) return 'namespaces must be a non-empty list';
  if (!namespaces.every((name) => typeof name === 'string' && NAMESPACE.test(name)))
    return (
      'namespaces must hold names of namespaces, without patterns: whoever made a namespace of such a name would ' +
      'choose where this launcher speaks for people'
    );
  if (!isText(annotation) || !ANNOTATION.test(annotation) || OURS.test(annotation))
    return 'annotation must be a prefixed annotation key that is not one of Twofold’s';
  if (!isText(claim)) return 'claim must be the name of a login claim';
  const days = Number.isInteger(loginWithinDays) ? Number(loginWithinDays) : 0;
  return days >= 1 && days <= 3650 ? undefined : 'loginWithinDays must be a whole number from 1 to 3650';
}

function parseLauncher(value: unknown, index: number): Launcher {
  const where = `launcher ${index + 1}`;
  if (!isJsonObject(value)) throw new Error(`${where} is not an object`);
  const problem = problemOf(value);
  if (problem !== undefined) throw new Error(`${where}: ${problem}`);
  return value as object as Launcher; // every member has just been checked
}

/** Throws an Error that says which entry is wrong and why; a SyntaxError where it is not JSON. */
export function parseLaunchers(json: string): readonly Launcher[] {
  const file = parseJson(json);
  if (file === undefined) throw new SyntaxError('it is not JSON');
  const launchers = isJsonObject(file) ? file['launchers'] : undefined;
  if (!Array.isArray(launchers)) throw new Error('there is no list "launchers"');
  const parsed = launchers.map(parseLauncher);
  const places = parsed.flatMap(({ username, namespaces }) =>
    namespaces.map((name) => `${username} ${name}`),
  );
  const seen = new Set<string>();
  const twice = places.find((place) => {
    const known = seen.has(place);
    seen.add(place);
    return known;
  });
  if (twice !== undefined) throw new Error(`"${twice}" is configured twice`);
  const shared = sharedLauncher(
    parsed,
    parsed.flatMap(({ namespaces }) => namespaces),
  );
  if (shared !== undefined) throw new Error(shared);
  return parsed;
}

/**
 * Why a launcher's account may not live where it does, and what to do; undefined where all may. `sessionNamespaces` are
 * those where sessions may run, as in `TWOFOLD_NAMESPACES`; those that a label enables are not among them (the guard lets
 * nobody set it where a launcher lives).
 */
export function sharedLauncher(
  launchers: readonly Launcher[],
  sessionNamespaces: readonly string[],
): string | undefined {
  const index = launchers.findIndex(({ username, sharedNamespace }) => {
    const home = accountNamespace(username);
    if (home === undefined || sharedNamespace) return false;
    return enabledByName(sessionNamespaces, home) === 'enabled';
  });
  const launcher = launchers[index];
  if (!launcher) return undefined;
  const home = accountNamespace(launcher.username) ?? '';
  const everywhere = sessionNamespaces.includes('*') && !sessionNamespaces.includes(home);
  const where = everywhere ? 'in every namespace' : `in ${home}`;
  return (
    `launcher ${index + 1}: sessions may run ${where}, where the account ${launcher.username} lives, so anyone who may ` +
    'create pods or tokens there is this launcher; move it or its sessions to a separate namespace, or set ' +
    '"sharedNamespace": true (docs/launchers.md)'
  );
}

/** The launcher that this username is in this namespace. */
export function findLauncher<L extends Pick<Launcher, 'username' | 'namespaces'>>(
  launchers: readonly L[],
  { username, namespace }: { readonly username: string; readonly namespace: string },
): L | undefined {
  return launchers.find(
    (launcher) => launcher.username === username && launcher.namespaces.includes(namespace),
  );
}

/** In the form of the guard's policies: a line `username namespace annotation` for each namespace. */
export function guardLines(
  launchers: readonly Pick<Launcher, 'username' | 'namespaces' | 'annotation'>[],
): string[] {
  return launchers.flatMap(({ username, namespaces, annotation }) =>
    namespaces.map((namespace) => `${username} ${namespace} ${annotation}`),
  );
}
