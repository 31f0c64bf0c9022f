/**
 * The pod that claims: which one it is, by its token; whether ticket and grant are for it; and whether it is still
 * the admitted pod that its session was opened for. Zone 1; docs/design.md#claim.
 */
import { annotations as keys, SESSION_LABEL } from '#envelope/annotations.ts';
import type { Grant } from '#envelope/grant.ts';
import { fitsPod, mayBeNamed, type PodPattern } from '#envelope/pod.ts';
import { ok } from '#envelope/result.ts';
import { selectedNames } from '#envelope/selection.ts';
import type { AdmittedPod, TokenOwner } from './cluster.ts';
import { refuse, type Outcome } from './outcome.ts';
import type { SessionRow } from './stores.ts';
import type { TicketHash } from './ticket-minting.ts';

/** The pod that the token is bound to, if it has the session's account and the ticket allows it. */
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
      `The token belongs to ${username}, the session to ${ns}:${sa}; start the session again.`,
    );
  }
  const unfit = patterns.find((pattern) => pattern !== undefined && !fitsPod(pattern, { name: podName }));
  return unfit === undefined
    ? ok({ name: podName, uid: podUid })
    : refuse(
        'pod_not_in_ticket',
        `The ticket is for the pod ${unfit}, not ${podName}; get a ticket for this pod.`,
      );
}

/** Whether the grant is for the pod that claims, as far as the webhook knew its name. */
export function checkGrantedPod({ place }: Grant, name: string): Outcome<void> {
  return mayBeNamed(place, name)
    ? ok(undefined)
    : refuse(
        'pod_not_in_grant',
        `The grant is for the pod ${place.name ?? `${place.generateName}…`}, not ${name}; start the session again.`,
      );
}

interface Ports {
  readonly ticketHash: TicketHash;
}

/** Names that the pod's annotations select; undefined if they cannot be read. */
function selectedBy(annotations: AdmittedPod['annotations']): readonly string[] | undefined {
  const { [keys.files.key]: secrets, [keys.variables.key]: env } = annotations;
  const files = secrets === undefined ? undefined : keys.files.parse(secrets);
  const variables = env === undefined ? undefined : keys.variables.parse(env);
  if (files?.ok === false || variables?.ok === false) return undefined;
  return selectedNames(files?.value ?? [], variables?.value ?? []);
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}

/** The first thing that differs, in words. */
function difference(
  { ticketHash }: Ports,
  pod: AdmittedPod,
  { session, podUid }: { readonly session: SessionRow; readonly podUid: string },
): string | undefined {
  if (pod.uid !== podUid) return 'its uid is not the one that the token is bound to';
  if (pod.labels[SESSION_LABEL] !== session.sid)
    return `its label ${SESSION_LABEL} does not name this session`;
  const selected = selectedBy(pod.annotations);
  const names = session.secrets.map(({ name }) => name);
  if (!selected || !sameNames(selected, names)) return 'its annotations do not select this session’s secrets';
  const { [keys.ticket.key]: ticket } = pod.annotations;
  const expected = session.ticketOnPod ? session.ticketHash : undefined;
  if ((ticket === undefined ? undefined : ticketHash.of(ticket)) !== expected) {
    return `its annotation ${keys.ticket.key} is not the ticket that it was admitted with`;
  }
  const { launcher } = session;
  return launcher && pod.annotations[launcher.annotation] !== launcher.user
    ? `its annotation ${launcher.annotation} does not name this session’s user`
    : undefined;
}

export function createPodCheck(ports: Ports) {
  return (pod: AdmittedPod, session: SessionRow, podUid: string): Outcome<void> => {
    const differs = difference(ports, pod, { session, podUid });
    return differs === undefined
      ? ok(undefined)
      : refuse('pod_differs', `The pod is not as it was admitted: ${differs}; start the session again.`);
  };
}
