/** Which pod claims, by its token, and whether ticket and grant are for it. Zone 1; design §6 step 5. */
import type { Grant } from '#envelope/grant.ts';
import { fitsPod, mayBeNamed, type PodPattern } from '#envelope/pod.ts';
import { ok } from '#envelope/result.ts';
import type { TokenOwner } from './cluster.ts';
import { refuse, type Outcome } from './outcome.ts';
import type { SessionRow } from './stores.ts';

/** The pod that the token is bound to, where it is of the session's account and one that the ticket means. */
export function checkTokenOwner(
  { username, podName, podUid }: TokenOwner,
  { ns, sa }: SessionRow,
  patterns: readonly (PodPattern | undefined)[],
): Outcome<{ name: string; uid: string }> {
  if (podName === undefined || podUid === undefined) {
    return refuse(
      'token_not_pod_bound',
      'The token is not bound to a pod; use the projected token of the init container.',
    );
  }
  if (username !== `system:serviceaccount:${ns}:${sa}`) {
    return refuse(
      'token_other_account',
      `The token is of ${username}, the session of ${ns}:${sa}; start the session again.`,
    );
  }
  const unfit = patterns.find((pattern) => pattern !== undefined && !fitsPod(pattern, { name: podName }));
  return unfit === undefined
    ? ok({ name: podName, uid: podUid })
    : refuse(
        'pod_not_in_ticket',
        `The ticket’s pod is ${unfit}, which ${podName} is not; get a ticket for it.`,
      );
}

/** That the grant was given for the pod that claims, as far as the webhook knew its name. */
export function checkGrantedPod({ place }: Grant, name: string): Outcome<void> {
  return mayBeNamed(place, name)
    ? ok(undefined)
    : refuse(
        'pod_not_in_grant',
        `The grant is for the pod ${place.name ?? `${place.generateName}…`}, which ${name} is not; start the session again.`,
      );
}
