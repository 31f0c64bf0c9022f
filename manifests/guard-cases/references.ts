/** A session's Secret, named in every field of a pod that can name one: by any pod, and by a session's. No zone. */
import { changed, podCreation, type GuardCase } from './case.ts';
import { plainPod, sessionPod, SID, type Pod } from '../session-pod.ts';
import { secretFields, specNaming } from './secret-fields.ts';
import { update } from './updates.ts';

const EPHEMERAL = 'ephemeralContainers';

/** The pod with an addition to its spec. */
function withPart(pod: Pod, field: string, secret: string): Pod {
  return changed(pod, ({ spec }) => {
    for (const [key, items] of Object.entries(specNaming(field, secret))) {
      const known = (spec[key] ?? []) as readonly unknown[]; // lists, like those added
      spec[key] = [...known, ...items];
    }
  });
}

function created(what: string, pod: () => Pod): GuardCase[] {
  return secretFields
    .filter((field) => !field.startsWith(EPHEMERAL))
    .flatMap((field) => [
      {
        title: `${what} names a session's Secret in ${field}`,
        denied: 'twofold-reference',
        says: /session's Secret.*: remove (that|it)/,
        request: podCreation(withPart(pod(), field, `twofold-${SID}`)),
      },
      {
        title: `${what} names a Secret like it in ${field}`,
        request: podCreation(withPart(pod(), field, `twofold-${SID.slice(1)}`)),
      },
    ]);
}

function debugged(): GuardCase[] {
  return secretFields
    .filter((field) => field.startsWith(EPHEMERAL))
    .map((field) =>
      update(
        `a debugging container names a session's Secret in ${field}`,
        plainPod(),
        (pod) => withPart(pod, field, `twofold-${SID}`),
        'twofold-ephemeral',
        /session's Secret/,
        'ephemeralcontainers',
      ),
    );
}

export const referenceCases: readonly GuardCase[] = [
  ...created('a plain pod', plainPod),
  ...created('a rendered pod', sessionPod),
  ...debugged(),
];
