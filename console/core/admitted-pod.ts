/** Whether a pod as admitted is the one that its session was opened for. Zone 1; design §6 step 5. */
import { annotations as keys, SESSION_LABEL } from '#envelope/annotations.ts';
import { selectedNames } from '#envelope/selection.ts';
import type { AdmittedPod } from './cluster.ts';
import { done, refuse, type Outcome } from './outcome.ts';
import type { SessionRow } from './stores.ts';
import type { TicketHash } from './ticket-hash.ts';

interface Ports {
  readonly ticketHash: TicketHash;
}

/** Names that the pod's annotations select; undefined where they cannot be read. */
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
  if (pod.labels[SESSION_LABEL] !== session.sid) return `its label ${SESSION_LABEL} is not this session`;
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
      ? done(undefined)
      : refuse('pod_differs', `The pod is not as it was admitted: ${differs}; start the session again.`);
  };
}
