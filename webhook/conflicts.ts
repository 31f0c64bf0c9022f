/** What a pod already has, checked against what it requests. Zone 2, pure; docs/design.md#annotations. */
import type { AnnotationValues } from '#envelope/annotation-values.ts';
import { annotations } from '#envelope/annotations.ts';
import { quote } from '#envelope/selection.ts';
import { MAX_SHOWN } from './annotations.ts';
import { mountConflict } from './mount-path.ts';
import type { Container } from './pod.ts';
import { refuse, type Refusal } from './refusals.ts';

/** What in the pod conflicts with its request; only the first of very many. */
export function conflicts(
  values: AnnotationValues,
  consumers: readonly Container[],
  { envEnabled }: { readonly envEnabled: boolean },
): readonly Refusal[] {
  const { files, variables, mountPath } = values;
  const mounts =
    files.length === 0 ? [] : consumers.flatMap((container) => mountConflict(mountPath, container) ?? []);
  if (variables.length > 0 && !envEnabled) {
    const next = `use files instead (${annotations.files.key}), or ask the operator to turn variables on`;
    return [
      ...mounts,
      refuse('env_disabled', `variables are turned off on this cluster; ${next}`, annotations.variables.key),
    ];
  }
  return [...mounts, ...variablesTaken(variables, consumers), ...tooMany(values, consumers)];
}

/** Checks each variable of a container once, whatever is selected. */
function variablesTaken(
  variables: AnnotationValues['variables'],
  consumers: readonly Container[],
): readonly Refusal[] {
  const wanted = new Set<string>(variables.map(({ variable }) => variable));
  const taken: Refusal[] = [];
  for (const container of consumers) {
    for (const variable of new Set(container.variables)) {
      if (!wanted.has(variable)) continue;
      const where = `container ${quote(container.name)} already sets ${variable}`;
      taken.push(
        refuse(
          'variable_taken',
          `${where}; remove it there, or choose another name`,
          annotations.variables.key,
        ),
      );
      if (taken.length > MAX_SHOWN) return taken;
    }
  }
  return taken;
}

/** More than etcd accepts in one pod: the product of two of the sender's lists must not become an answer. */
const MAX_ADDED = 10_000;

function tooMany(
  { files, variables }: AnnotationValues,
  consumers: readonly Container[],
): readonly Refusal[] {
  const added = consumers.length * (variables.length + (files.length > 0 ? 1 : 0));
  if (added <= MAX_ADDED) return [];
  const why = `mounts and variables of ${consumers.length} containers take more than ${MAX_ADDED} entries`;
  return [
    refuse(
      'selection_too_long',
      `${why}; select fewer, or name fewer containers`,
      annotations.containers.key,
    ),
  ];
}
