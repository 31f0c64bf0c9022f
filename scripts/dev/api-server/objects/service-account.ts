/**
 * Service accounts and namespaces of the development API server: each exists once something names it.
 * Development tool, no zone.
 */

import { createHash } from 'node:crypto';

import { notFound } from '../status.ts';
import type { Store } from '../store.ts';
import { isDnsLabel, timestamp } from './object-meta.ts';
import type { ApiObject } from './object.ts';
import { namespaces, serviceAccounts } from './resource.ts';

/** A uid that stays the same between runs, so that nothing depends on the order of first use. */
function stableUid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [8, 13, 17, 21, 33]
    .map((end, index, ends) => hex.slice(index === 0 ? 0 : (ends[index - 1] ?? 0) - 1, end - 1))
    .join('-');
}

export type Implicit = {
  /** The account that was created, or the one that exists without having been created. */
  serviceAccount(namespace: string, name: string): ApiObject;
  /** Throws 404 for what cannot be a namespace's name. */
  namespace(name: string): ApiObject;
};

export function createImplicit(store: Store, now: () => Date): Implicit {
  const born = timestamp(now());
  return {
    serviceAccount(namespace, name) {
      const found = store.get(serviceAccounts, namespace, name);
      if (found !== undefined) return found;
      return {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: {
          name,
          namespace,
          uid: stableUid(`${namespace}/${name}`),
          resourceVersion: '1',
          creationTimestamp: born,
        },
      };
    },

    namespace(name) {
      const found = store.get(namespaces, undefined, name);
      if (found !== undefined) return found;
      if (!isDnsLabel(name)) throw notFound(namespaces, name);
      return store.insert(namespaces, {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: {
          name,
          uid: stableUid(name),
          creationTimestamp: born,
          labels: { 'kubernetes.io/metadata.name': name },
        },
        spec: { finalizers: ['kubernetes'] },
        status: { phase: 'Active' },
      });
    },
  };
}
