/**
 * The annotations of a session pod, one row each; then the label and the names that the webhook adds. No zone;
 * docs/design.md#annotations.
 *
 * Launchers and people set them on a pod or on its template. Every zone reads this table: the
 * webhook plans by it, the console takes its members, the command line its options, the init container its variables.
 */
import { row } from './annotation-row.ts';
import { encodeFileMode, parseFileMode } from './file-mode.ts';
import { DEFAULT_MOUNT_PATH, parseMountPath } from './mount-path.ts';
import type { Parsed } from './parsed.ts';
import {
  encodeFiles,
  encodeVariables,
  parseFileList,
  parseFiles,
  parseVariableList,
  parseVariables,
} from './selection.ts';

export const PREFIX = 'twofold.dev/';
/** Kubernetes' own: the container that `kubectl` picks. Injectors of sidecars set it too. */
export const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';

const containerName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

function parseContainerList(list: readonly string[]): Parsed<readonly string[]> {
  const named = list.length > 0 && list.every((name) => containerName.test(name));
  return named || list.join() === '*'
    ? { ok: true, value: list }
    : { ok: false, problem: 'it is not a list of container names; name some, or "*" alone' };
}

export const annotations = {
  files: row({
    key: 'twofold.dev/secrets',
    doc: 'secrets, as `name` or `name=path/of/file`, joined by commas without spaces; a secret may have several files',
    docFallback: '',
    fallback: [],
    parse: parseFiles,
    encode: encodeFiles,
    member: {
      name: 'files',
      form: 'files',
      doc: 'Paths below the mount path, for files not named after their secret.',
      parse: parseFileList,
    },
    option: {
      name: 'secrets',
      value: 'LIST',
      short: 's',
      doc: 'Secrets as files: db-password,aws-key=aws/credentials',
    },
    variable: 'TWOFOLD_FILES',
  }),
  ticket: row({
    key: 'twofold.dev/ticket',
    doc: "the console's consent; not needed where a trusted launcher creates the pod",
    docFallback: '',
    fallback: undefined,
    parse: (text) => ({ ok: true, value: ticketText(text) }),
    encode: (ticket) => ticket,
    member: undefined,
    option: undefined,
    variable: undefined,
  }),
  variables: row({
    key: 'twofold.dev/env',
    doc: 'environment variables, as `PGPASSWORD=db-password`; off until the operator turns it on (Kubernetes ≥ 1.35)',
    docFallback: '',
    fallback: [],
    parse: parseVariables,
    encode: encodeVariables,
    member: {
      name: 'env',
      form: 'variables',
      doc: 'Secrets as environment variables, where the operator has turned them on.',
      parse: parseVariableList,
    },
    option: {
      name: 'env',
      value: 'LIST',
      short: 'e',
      doc: 'Secrets as environment variables: PGPASSWORD=db-password',
    },
    variable: 'TWOFOLD_ENV',
  }),
  mountPath: row({
    key: 'twofold.dev/mount-path',
    doc: "folder of the files: absolute, not in or above the image's own folders, not where something is mounted",
    docFallback: `\`${DEFAULT_MOUNT_PATH}\``,
    fallback: DEFAULT_MOUNT_PATH,
    parse: parseMountPath,
    encode: (path) => path,
    member: {
      name: 'mountPath',
      form: 'text',
      doc: `Folder of the files; ${DEFAULT_MOUNT_PATH} by default.`,
      field: 'path',
    },
    option: {
      name: 'mount-path',
      value: 'PATH',
      doc: `Folder of the files; ${DEFAULT_MOUNT_PATH} by default.`,
    },
    variable: undefined,
  }),
  containers: row({
    key: 'twofold.dev/containers',
    doc: 'who gets them: container names, or `*` for every regular one; init containers by name',
    docFallback: 'the only one, or the one that `kubectl.kubernetes.io/default-container` names',
    fallback: undefined,
    // The pod shows whether these are names: it must have such containers.
    parse: (text): Parsed<readonly string[]> => ({ ok: true, value: text.split(',') }),
    encode: (names) => names.join(','),
    member: {
      name: 'containers',
      form: 'texts',
      doc: 'Containers that get them, or "*" alone. Name them where you know them: a pod with several is refused if nothing says which.',
      parse: parseContainerList,
    },
    option: {
      name: 'containers',
      value: 'LIST',
      doc: 'Containers that get them, or * for every regular one.',
    },
    variable: undefined,
  }),
  fileMode: row({
    key: 'twofold.dev/file-mode',
    doc: 'octal, read bits only',
    docFallback: '`0400` for one known uid, `0440` with an fsGroup, else `0444`',
    fallback: undefined,
    parse: parseFileMode,
    encode: encodeFileMode,
    member: { name: 'fileMode', form: 'text', doc: 'Octal, read bits only.', field: undefined },
    option: { name: 'file-mode', value: 'MODE', doc: 'Octal, read bits only: 0440' },
    variable: 'TWOFOLD_FILE_MODE',
  }),
} as const;

/**
 * The ticket without the white space around it, wherever one is read: a file read whole ends in a line feed, and so does
 * a block of YAML.
 */
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
