/**
 * Puts documents (the shipped manifests, built-in roles) into the store; kinds that this server does not know are
 * left out. Development tool, no zone.
 */

import { decode } from './objects/decode.ts';
import { prepareMetaForCreate } from './objects/object-meta.ts';
import { isJsonObject, nameOf, stringAt } from './objects/object.ts';
import { namespaces, resourceOfKind, serviceAccounts } from './objects/resource.ts';
import type { Implicit } from './objects/service-account.ts';
import { strategyOf } from './objects/strategy.ts';
import { StatusError } from './status.ts';
import type { Store } from './store.ts';

/** Adds or replaces, without admission: what an administrator would apply. Throws for a malformed document. */
export function applyDocument(
  ports: { store: Store; implicit: Implicit; now: () => Date },
  document: unknown,
): void {
  const { store, implicit } = ports;
  if (!isJsonObject(document)) throw new Error('a manifest is not an object');
  const { apiVersion, kind } = {
    apiVersion: stringAt(document, 'apiVersion'),
    kind: stringAt(document, 'kind'),
  };
  const resource = resourceOfKind(apiVersion ?? '', kind ?? '');
  if (resource === undefined || apiVersion === undefined || kind === undefined) return;
  const { object } = decode(document, { apiVersion, kind, shape: resource.shape });
  const { namespace = '' } = object.metadata;
  const strategy = strategyOf(resource);
  strategy.defaults(object);
  const old = store.get(resource, resource.namespaced ? namespace : undefined, nameOf(object));
  if (old !== undefined) {
    const { uid, creationTimestamp } = old.metadata;
    Object.assign(object.metadata, { uid, creationTimestamp });
    store.replace(resource, object, undefined);
    return;
  }
  prepareMetaForCreate(object, ports.now());
  strategy.prepareForCreate(object);
  const causes = strategy.causes(object);
  if (causes.length > 0)
    throw new Error(`${kind} ${nameOf(object)}: ${causes.map((one) => one.message).join(', ')}`);
  if (resource.namespaced) implicit.namespace(namespace);
  else if (resource === namespaces) {
    const { uid } = implicit.namespace(nameOf(object)).metadata;
    if (uid !== undefined) object.metadata.uid = uid;
    store.replace(resource, object, undefined);
    return;
  }
  if (resource === serviceAccounts) {
    object.metadata.uid = implicit.serviceAccount(namespace, nameOf(object)).metadata.uid ?? '';
  }
  store.insert(resource, object);
}

/** Says which document is at fault. */
export function applyDocuments(
  ports: Parameters<typeof applyDocument>[0],
  documents: readonly unknown[],
): void {
  for (const document of documents) {
    try {
      applyDocument(ports, document);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      throw new Error(`a manifest cannot be loaded: ${error.message}`, { cause: error });
    }
  }
}
