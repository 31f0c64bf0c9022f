/** Reads the annotations of a session pod. Zone 2; design §6 step 1. Pure: text to values, or refusals. */
import { annotations, PREFIX, ticketText } from '#envelope/annotations.ts';
import { FILE_MODE_RULE, parseFileMode } from '#envelope/file-mode.ts';
import { MAX_SELECTION_BYTES } from '#envelope/limits.ts';
import { DEFAULT_MOUNT_PATH } from '#envelope/mount-path.ts';
import {
  encodeFiles,
  encodeVariables,
  parseFiles,
  parseVariables,
  quote,
  type FileSelection,
  type VariableSelection,
} from '#envelope/selection.ts';
import { readMountPath } from './mount-path.ts';
import type { Container, Pod } from './pod.ts';
import { refuse, type Refusal } from './refusals.ts';

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';
/** Of a list that a pod brings: more would make the answer longer, and not clearer. */
export const MAX_SHOWN = 20;
const known: readonly string[] = Object.values(annotations);

export interface Wishes {
  readonly files: readonly FileSelection[];
  readonly variables: readonly VariableSelection[];
  readonly mountPath: string;
  readonly fileMode: number | undefined;
  readonly ticket: string | undefined;
}

export function hasAnnotations(pod: Pod): boolean {
  return Object.keys(pod.annotations).some((key) => key.startsWith(PREFIX));
}

function readFileMode(text: string): number | Refusal {
  return (
    parseFileMode(text) ??
    refuse('annotation_invalid', `${quote(text)} is not ${FILE_MODE_RULE}`, annotations.fileMode)
  );
}

function tooLong(what: string, annotation: string): Refusal {
  return refuse(
    'selection_too_long',
    `${what} take more than ${MAX_SELECTION_BYTES} bytes; select fewer`,
    annotation,
  );
}

/** Without the white space around it; the same text goes to console and keyservice. */
export function ticketOf({ annotations: { [annotations.ticket]: ticket } }: Pod): string | undefined {
  return ticket === undefined ? undefined : ticketText(ticket);
}

/** Everything that the annotations say, or all that is wrong with them. */
export function readAnnotations(pod: Pod): { wishes: Wishes } | { refusals: readonly Refusal[] } {
  const refusals: Refusal[] = [];
  const unknown = Object.keys(pod.annotations).filter(
    (name) => name.startsWith(PREFIX) && !known.includes(name),
  );
  for (const key of unknown.slice(0, MAX_SHOWN)) {
    refusals.push(refuse('annotation_unknown', `remove it, or use one of ${known.join(', ')}`, key));
  }
  const select = <T>(
    annotation: string,
    parse: (text: string) => { ok: true; items: readonly T[] } | { ok: false; problem: string },
  ): readonly T[] => {
    const text = pod.annotations[annotation];
    if (text === undefined) return [];
    const selected = parse(text);
    if (selected.ok) return selected.items;
    refusals.push(refuse('annotation_invalid', selected.problem, annotation));
    return [];
  };
  const files = select(annotations.secrets, parseFiles);
  const variables = select(annotations.env, parseVariables);
  if (encodeFiles(files).length > MAX_SELECTION_BYTES)
    refusals.push(tooLong('its files', annotations.secrets));
  if (encodeVariables(variables).length > MAX_SELECTION_BYTES)
    refusals.push(tooLong('its variables', annotations.env));
  if (pod.annotations[annotations.secrets] === undefined && pod.annotations[annotations.env] === undefined) {
    const next =
      'name the secrets, for example "db-password,aws-key", or remove the other twofold.dev annotations';
    refusals.push(refuse('annotation_missing', `it is missing; ${next}`, annotations.secrets));
  }
  const mountPath = readMountPath(pod.annotations[annotations.mountPath] ?? DEFAULT_MOUNT_PATH);
  if ('refusal' in mountPath) refusals.push(mountPath.refusal);
  const modeText = pod.annotations[annotations.fileMode];
  const fileMode = modeText === undefined ? undefined : readFileMode(modeText);
  if (typeof fileMode === 'object') refusals.push(fileMode);
  if (refusals.length > 0 || 'refusal' in mountPath || typeof fileMode === 'object') return { refusals };
  const ticket = ticketOf(pod);
  return { wishes: { files, variables, mountPath: mountPath.path, fileMode, ticket } };
}

export interface Chosen {
  /** Indices into the pod's containers. */
  readonly containers: readonly number[];
  /** Indices into the pod's init containers, as they come. */
  readonly initContainers: readonly number[];
}

/** The first of each name. */
function indicesOf(containers: readonly Container[] = []): ReadonlyMap<string, number> {
  const indices = new Map<string, number>();
  for (const [at, { name }] of containers.entries()) if (!indices.has(name)) indices.set(name, at);
  return indices;
}

/** The first names, and how many there are besides. */
export function shortList(names: readonly string[]): string {
  const more = names.length - MAX_SHOWN;
  return names.slice(0, MAX_SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function byDefault(pod: Pod): Chosen | Refusal {
  const name = pod.annotations[DEFAULT_CONTAINER];
  if (name === undefined) return { containers: [0], initContainers: [] };
  const at = pod.containers.findIndex((container) => container.name === name);
  if (at >= 0) return { containers: [at], initContainers: [] };
  const next = `correct it, or name containers in ${annotations.containers}`;
  return refuse('container_unknown', `the pod has no container ${quote(name)}; ${next}`, DEFAULT_CONTAINER);
}

/**
 * The containers that get files and variables. Default: the one that `kubectl` would pick. Sidecars and proxies get
 * nothing unless named, init containers neither: `*` means every regular container.
 */
export function chooseContainers(pod: Pod): Chosen | Refusal {
  const text = pod.annotations[annotations.containers];
  if (text === undefined) return byDefault(pod);
  if (text === '*') return { containers: pod.containers.map((_, at) => at), initContainers: [] };
  const [regular, init] = [indicesOf(pod.containers), indicesOf(pod.initContainers)];
  const containers: number[] = [];
  const initContainers: number[] = [];
  for (const name of text.split(',')) {
    const at = regular.get(name);
    const initAt = init.get(name);
    if (at === undefined && initAt === undefined) {
      const names = shortList([...regular.keys(), ...init.keys()]);
      const next = `the pod has ${names}; name some of these, or "*" for every regular one`;
      return refuse(
        'container_unknown',
        `there is no container ${quote(name)}; ${next}`,
        annotations.containers,
      );
    }
    if (at !== undefined) containers.push(at);
    else if (initAt !== undefined) initContainers.push(initAt);
  }
  const unique = (list: number[]): number[] => [...new Set(list)].sort((a, b) => a - b);
  return { containers: unique(containers), initContainers: unique(initContainers) };
}
