/** The annotations and labels that Twofold reads and writes. No zone; design §6. */
export const PREFIX = 'twofold.dev/';

/** Set by launchers on a pod, or on the template it is made from. */
export const annotations = {
  /** Secrets, and optionally another file for each. */
  secrets: 'twofold.dev/secrets',
  /** Folder of the files; default `/secrets`. */
  mountPath: 'twofold.dev/mount-path',
  ticket: 'twofold.dev/ticket',
  /** Containers that get files and variables: names, or `*` for every regular one. */
  containers: 'twofold.dev/containers',
  /** Octal, read bits only. */
  fileMode: 'twofold.dev/file-mode',
  /** Environment variables. */
  env: 'twofold.dev/env',
} as const;

/** The ticket in that annotation: white space around it is no part of it, since a file read whole ends in a line feed. */
export function ticketText(annotation: string): string {
  return annotation.trim();
}

/** Set by the webhook on pod, Lease and Secret. */
export const SESSION_LABEL = 'twofold.dev/session';

/** Name of a session's Lease and Secret. */
export function sessionObjectName(sid: string): string {
  return `twofold-${sid}`;
}

/** Audience of the init container's service-account token. */
export function sessionAudience(sid: string): string {
  return `twofold:${sid}`;
}
