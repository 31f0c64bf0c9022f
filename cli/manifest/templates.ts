/** Where pods are in manifests, and what their names will be. Zone 0; pure. */

export interface Kind {
  /** Path of the pod, or of the pod's template, below the document. */
  readonly at: readonly string[];
  /** The names of its pods, for a ticket: exact, or a prefix. */
  readonly pods: (name: string) => string;
}

function prefixed(name: string): string {
  return `${name}-*`;
}
const template: Kind = { at: ['spec', 'template'], pods: prefixed };

/** Kinds whose pods are made from a template in the document, as their controllers name them. */
export const kinds: Readonly<Record<string, Kind>> = {
  Pod: { at: [], pods: (name) => name },
  Deployment: template,
  ReplicaSet: template,
  StatefulSet: template,
  DaemonSet: template,
  Job: template,
  CronJob: { at: ['spec', 'jobTemplate', 'spec', 'template'], pods: prefixed },
};

export function kindOf(kind: unknown): Kind | undefined {
  return typeof kind === 'string' && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
}
