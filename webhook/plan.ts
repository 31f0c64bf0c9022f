/**
 * From a pod to what is to be done with it, or to every reason against it. Zone 2, pure;
 * docs/design.md#admission. Nothing here depends on the secrets themselves: those come from the console.
 */
import type { AnnotationValues } from '#envelope/annotation-values.ts';
import { annotations, SESSION_LABEL } from '#envelope/annotations.ts';
import { selectedNames, quote } from '#envelope/selection.ts';
import type { SecretName } from '#envelope/names.ts';
import { parsePlace, PLACE_RULE, type Place } from '#envelope/place.ts';
import { accountNamespace, findLauncher } from '#platform/launchers.ts';
import { enabledByName } from '#platform/namespaces.ts';
import { chooseContainers, MAX_SHOWN, readAnnotations, shortList, type Chosen } from './annotations.ts';
import { claimRefusal, claimWarnings } from './claim-address.ts';
import { conflicts } from './conflicts.ts';
import { exposures } from './exposures.ts';
import { meshGroup, skipAnnotations } from './neighbours.ts';
import type { Container, Pod } from './pod.ts';
import { refuse, type Refusal } from './refusals.ts';
import { INIT_CONTAINER, VOLUME_PREFIX } from './session-objects.ts';

/** Pods created by exactly this username in these namespaces speak for the user in exactly this annotation. */
interface TrustedLauncher {
  readonly username: string;
  readonly namespaces: readonly string[];
  readonly annotation: string;
}

export interface PlanConfig {
  /** As in `TWOFOLD_NAMESPACES`. */
  readonly namespaces: readonly string[];
  readonly envEnabled: boolean;
  readonly launchers: readonly TrustedLauncher[];
  /** Where init containers claim their keys. */
  readonly claimUrl: string;
}

/** What the review says besides the pod. */
interface ReviewContext {
  readonly namespace: string;
  /** Who creates the pod. */
  readonly username: string;
  /** The pod that the creator's token is bound to. */
  readonly boundPodUid: string | undefined;
}

/** What the annotations say, and what follows from it for this pod. */
export interface Plan extends AnnotationValues {
  /** As in the review: keyservice and grant get nothing else. */
  readonly place: Place;
  /** Every selected secret, once. */
  readonly names: readonly SecretName[];
  readonly fileMode: number;
  readonly runAsUser: number;
  /** Where a service mesh lets only this group through. */
  readonly runAsGroup: number | undefined;
  /** What is set on the pod for other webhooks. */
  readonly podAnnotations: Readonly<Record<string, string>>;
  readonly chosen: Chosen;
  readonly launcher: { readonly username: string; readonly user: string } | undefined;
  readonly warnings: readonly string[];
}

type Planned =
  { readonly ok: true; readonly plan: Plan } | { readonly ok: false; readonly refusals: readonly Refusal[] };

/** The image's own user, where the pod names none that may be used. */
const IMAGE_UID = 65_532;

function notASession(pod: Pod, { namespace }: ReviewContext, config: PlanConfig): Refusal | undefined {
  // Where only a label can enable it, `resolve` answers: the webhook may not read namespaces.
  if (enabledByName(config.namespaces, namespace) === 'not-enabled') {
    const next = 'ask the cluster’s operator to enable it (TWOFOLD_NAMESPACES)';
    return refuse(
      'namespace_not_enabled',
      `Twofold is not enabled in namespace ${quote(namespace)}; ${next}`,
    );
  }
  if (pod.windows)
    return refuse('pod_unsupported', 'Windows pods cannot have secrets; schedule the pod on Linux');
  if ('kubernetes.io/config.mirror' in pod.annotations) {
    return refuse(
      'pod_unsupported',
      'mirror pods of a kubelet cannot have secrets; create the pod through the API',
    );
  }
  return undefined;
}

/** Undefined for what the API server will refuse afterwards: invalid names, or no name at all. */
function placeOf(pod: Pod, { namespace, username }: ReviewContext): Place | undefined {
  return parsePlace({
    ns: namespace,
    sa: pod.serviceAccount,
    // Kubernetes treats an empty name as none.
    name: pod.name || undefined,
    generateName: pod.generateName || undefined,
    by: username,
  });
}

/** Reserved names that the pod must not have yet: an injected pod, exported and created again, has them. */
function reservedNames(pod: Pod): Refusal | undefined {
  const found = [
    ...(SESSION_LABEL in (pod.labels ?? {}) ? [`label ${SESSION_LABEL}`] : []),
    ...[...pod.containers, ...(pod.initContainers ?? [])].flatMap(({ name }) =>
      name === INIT_CONTAINER ? [`container ${name}`] : [],
    ),
    ...pod.sessionSecrets.map((secret) => `Secret ${secret}`),
    ...(pod.volumes ?? []).flatMap(({ name, audiences }) => [
      ...(name.startsWith(VOLUME_PREFIX) ? [`volume ${name}`] : []),
      ...audiences
        .filter((audience) => audience.startsWith('twofold'))
        .map((audience) => `audience ${audience}`),
    ]),
  ];
  if (found.length === 0) return undefined;
  const debug = 'to debug a session, add a container to its pod (kubectl debug POD --target=CONTAINER)';
  const next = `a copy of a session’s pod cannot start: ${debug}; or strip these, and the mounts and variables that use them, and create it again with a fresh ticket`;
  return refuse(
    'reserved_names',
    `the pod already carries ${shortList(found)}, which only Twofold may add; ${next}`,
  );
}

/** A token that anyone minted for a launcher's account, or an editor's right to impersonate it, is not the launcher. */
function unbound({ username, boundPodUid }: ReviewContext): boolean {
  return accountNamespace(username) !== undefined && boundPodUid === undefined;
}

function identify(
  pod: Pod,
  context: ReviewContext,
  { launchers }: PlanConfig,
  ticket: string | undefined,
): { launcher: Plan['launcher'] } | Refusal {
  const { namespace, username } = context;
  const launcher = findLauncher(launchers, { username, namespace });
  const user = launcher && pod.annotations[launcher.annotation];
  if (launcher && user && unbound(context)) {
    const why = `${quote(username)} names a user, but its token is not bound to a pod`;
    const next = 'let the launcher use the token that Kubernetes mounts in its own pod';
    return refuse('launcher_not_pod_bound', `${why}; ${next}`, launcher.annotation);
  }
  if (launcher && user) return { launcher: { username, user } };
  if (ticket) return { launcher: undefined };
  if (launcher) {
    const next = `set it, or give a ticket in ${annotations.ticket.key}`;
    return refuse('launcher_annotation_missing', `it does not name the user; ${next}`, launcher.annotation);
  }
  const why = `there is no ticket, and ${quote(username)} is not a trusted launcher in namespace ${quote(namespace)}`;
  const next = 'have the launcher request a ticket from the console (POST /api/v1/tickets) and put it here';
  return refuse('no_identity', `${why}; ${next}`, annotations.ticket.key);
}

function chosenContainers(pod: Pod, { containers, initContainers }: Chosen): readonly Container[] {
  return [
    ...containers.flatMap((at) => pod.containers[at] ?? []),
    ...initContainers.flatMap((at) => pod.initContainers?.[at] ?? []),
  ];
}

/**
 * Who may read the files: 0400 for one known uid that is not 0, 0440 where only fsGroup is known, else 0444. The
 * init container runs as the pod's own uid, never as 0; where containers differ, as one of them: an OpenShift namespace
 * has a range of uids.
 */
function permissions(pod: Pod, consumers: readonly Container[]): { fileMode: number; runAsUser: number } {
  const uids = new Set(consumers.map(({ runAsUser }) => runAsUser ?? pod.runAsUser));
  const [uid] = uids;
  if (uids.size === 1 && uid) return { fileMode: 0o400, runAsUser: uid };
  const runAsUser = pod.runAsUser || [...uids].find((each) => each !== undefined && each > 0);
  return { fileMode: pod.fsGroup === undefined ? 0o444 : 0o440, runAsUser: runAsUser ?? IMAGE_UID };
}

function isRefusal(value: object): value is Refusal {
  return 'code' in value;
}

/** Reports refusals together, the first of very many; for a pod that cannot be a session at all, only that. */
export function planSession(pod: Pod, context: ReviewContext, config: PlanConfig): Planned {
  const first = notASession(pod, context, config) ?? reservedNames(pod);
  if (first) return { ok: false, refusals: [first] };
  const place = placeOf(pod, context);
  if (!place) {
    const why = `the review does not say which pod this is, where and whose: ${PLACE_RULE}`;
    return { ok: false, refusals: [refuse('pod_unsupported', `${why}; correct metadata and spec`)] };
  }
  const { values, refusals } = readAnnotations(pod);
  const chosen = chooseContainers(pod, values.containers);
  const identity = identify(pod, context, config, values.ticket);
  const unreachable = claimRefusal(pod, config.claimUrl) ?? {};
  if (refusals.length > 0 || isRefusal(chosen) || isRefusal(identity) || isRefusal(unreachable)) {
    return { ok: false, refusals: [...refusals, ...[chosen, identity, unreachable].filter(isRefusal)] };
  }
  const consumers = chosenContainers(pod, chosen);
  const found = conflicts(values, consumers, config);
  if (found.length > 0) return { ok: false, refusals: found.slice(0, MAX_SHOWN) };
  const { fileMode, runAsUser } = permissions(pod, consumers);
  const plan: Plan = {
    ...values,
    place,
    names: selectedNames(values.files, values.variables),
    fileMode: values.fileMode ?? fileMode,
    runAsUser,
    runAsGroup: meshGroup(pod),
    podAnnotations: skipAnnotations(pod),
    chosen,
    launcher: identity.launcher,
    warnings: [
      ...unreadable(values.fileMode, consumers, pod),
      ...claimWarnings(pod, config.claimUrl),
      ...exposures(pod),
    ],
  };
  return { ok: true, plan };
}

/** A requested mode may leave a container unable to read: a warning, not a refusal, since root can read anyway. */
function unreadable(mode: number | undefined, consumers: readonly Container[], pod: Pod): readonly string[] {
  if (mode === undefined || (mode & 0o004) !== 0) return [];
  const { runAsUser } = permissions(pod, consumers);
  const blind = consumers.filter((container) => {
    const owner = (container.runAsUser ?? pod.runAsUser) === runAsUser && (mode & 0o400) !== 0;
    return !owner && !(pod.fsGroup !== undefined && (mode & 0o040) !== 0);
  });
  return blind
    .slice(0, MAX_SHOWN)
    .map(
      ({ name }) => `${annotations.fileMode.key}: container ${quote(name)} may be unable to read its files`,
    );
}
