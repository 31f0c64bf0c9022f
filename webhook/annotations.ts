/** Reads the annotations of a session pod. Zone 2; docs/design.md#annotations. Pure: text to values, or refusals. */
import { parseAnnotations, annotationRows, type AnnotationValues } from '#envelope/annotation-values.ts';
import { annotations, DEFAULT_CONTAINER, PREFIX } from '#envelope/annotations.ts';
import type { Container, Pod } from './pod.ts';
import { lengthOf, quote } from '#envelope/selection.ts';
import { refuse, type Refusal } from './refusals.ts';

/** Items shown of a pod's list: more would make the answer longer, not clearer. */
export const MAX_SHOWN = 20;
const known: readonly string[] = annotationRows.map(({ key }) => key);

/** By what is wrong with an annotation: only the mount path has forbidden values. */
const codes = {
  invalid: 'annotation_invalid',
  forbidden: 'mount_path_forbidden',
  too_long: 'selection_too_long',
} as const;

export function hasAnnotations(pod: Pod): boolean {
  return Object.keys(pod.annotations).some((key) => key.startsWith(PREFIX));
}

/** What the annotations say, and all that is wrong with them. */
export function readAnnotations({ annotations: texts }: Pod): {
  readonly values: AnnotationValues;
  readonly refusals: readonly Refusal[];
} {
  const unknown = Object.keys(texts).filter((key) => key.startsWith(PREFIX) && !known.includes(key));
  const refusals = unknown
    .slice(0, MAX_SHOWN)
    .map((key) => refuse('annotation_unknown', `remove it, or use one of ${known.join(', ')}`, key));
  if (texts[annotations.files.key] === undefined && texts[annotations.variables.key] === undefined) {
    const next =
      'name the secrets, for example "db-password,aws-key", or remove the other twofold.dev annotations';
    refusals.push(refuse('annotation_missing', `it is missing; ${next}`, annotations.files.key));
  }
  const { values, problems } = parseAnnotations(texts);
  const wrong = problems.map(({ kind, problem, key }) => refuse(codes[kind], problem, key));
  return { values, refusals: [...refusals, ...wrong] };
}

export interface Chosen {
  /** Indices into the pod's containers. */
  readonly containers: readonly number[];
  /** Indices into the pod's init containers, as submitted. */
  readonly initContainers: readonly number[];
}

/** The first index of each name. */
function indicesOf(containers: readonly Container[] = []): ReadonlyMap<string, number> {
  const indices = new Map<string, number>();
  for (const [at, { name }] of containers.entries()) if (!indices.has(name)) indices.set(name, at);
  return indices;
}

/** The first names, and how many more there are. */
export function shortList(names: readonly string[]): string {
  const more = names.length - MAX_SHOWN;
  return names.slice(0, MAX_SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** What cannot be a container's name may be a value. */
function shownContainer(name: string): string {
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name) ? quote(name) : `of this name (${lengthOf(name)})`;
}

/** The first of several containers may be a sidecar that another webhook has put there, so it is not guessed. */
function ambiguous({ containers }: Pod): Refusal {
  const there = shortList(containers.map(({ name }) => name));
  const why = `the pod has several containers (${there}), and nothing says which of them get the secrets`;
  const next = 'name those here, or "*" for all of them';
  return refuse('container_ambiguous', `${why}; ${next}`, annotations.containers.key);
}

function byDefault(pod: Pod): Chosen | Refusal {
  const name = pod.annotations[DEFAULT_CONTAINER];
  // To kubectl, an empty one names none either.
  if (!name) {
    return pod.containers.length === 1 ? { containers: [0], initContainers: [] } : ambiguous(pod);
  }
  const at = pod.containers.findIndex((container) => container.name === name);
  if (at >= 0) return { containers: [at], initContainers: [] };
  const next = `correct it, or name containers in ${annotations.containers.key}`;
  return refuse(
    'container_unknown',
    `the pod has no container ${shownContainer(name)}; ${next}`,
    DEFAULT_CONTAINER,
  );
}

/**
 * The containers that get files and variables. Default: the only one, or the one that kubectl's annotation names.
 * Sidecars, proxies and init containers get nothing unless named: `*` means every regular container.
 */
export function chooseContainers(pod: Pod, names: AnnotationValues['containers']): Chosen | Refusal {
  if (names === undefined) return byDefault(pod);
  if (names.join() === '*') return { containers: pod.containers.map((_, at) => at), initContainers: [] };
  const [regular, init] = [indicesOf(pod.containers), indicesOf(pod.initContainers)];
  const containers: number[] = [];
  const initContainers: number[] = [];
  for (const name of names) {
    const at = regular.get(name);
    const initAt = init.get(name);
    if (at === undefined && initAt === undefined) {
      const there = shortList([...regular.keys(), ...init.keys()]);
      const next = `the pod has ${there}; name some of these, or "*" for every regular one`;
      return refuse(
        'container_unknown',
        `there is no container ${shownContainer(name)}; ${next}`,
        annotations.containers.key,
      );
    }
    if (at !== undefined) containers.push(at);
    else if (initAt !== undefined) initContainers.push(initAt);
  }
  const unique = (list: number[]): number[] => [...new Set(list)].sort((a, b) => a - b);
  return { containers: unique(containers), initContainers: unique(initContainers) };
}
