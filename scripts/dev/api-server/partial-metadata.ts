/** Answers without spec, status and data, for those who ask so by `Accept`. Development tool, no zone. */

import { isJsonObject, type JsonObject } from './objects/object.ts';
import { failure } from './status.ts';

const group = ['g=meta.k8s.io', 'v=v1'];
const apiVersion = 'meta.k8s.io/v1';

type Form = 'whole' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';

/** One media range of `Accept`; undefined for what this server does not write. */
function formOf(range: string): Form | undefined {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  if (!['application/json', 'application/*', '*/*'].includes(type)) return undefined;
  const as = parameters.find((parameter) => parameter.startsWith('as='));
  if (as === undefined) return 'whole';
  if (!group.every((parameter) => parameters.includes(parameter))) return undefined;
  if (as === 'as=partialobjectmetadata') return 'PartialObjectMetadata';
  return as === 'as=partialobjectmetadatalist' ? 'PartialObjectMetadataList' : undefined;
}

/** The first that can be written. Throws 406 where there is none. */
function wanted(accept: string | undefined): Form {
  if (accept === undefined || accept.trim() === '') return 'whole';
  const found = accept
    .split(',')
    .map(formOf)
    .find((form) => form !== undefined);
  if (found !== undefined) return found;
  const message = 'only the following media types are accepted: application/json';
  throw failure(406, 'NotAcceptable', message);
}

function partial(object: JsonObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion, metadata: object['metadata'] };
}

/** The object or list as `accept` wants it; anything else stays as it is. Throws 406. */
export function inFormOf(accept: string | undefined, body: object): object {
  const form = wanted(accept);
  if (form === 'whole' || !isJsonObject(body) || body['kind'] === 'Status') return body;
  const { items } = body as { items?: unknown }; // any object may lack it
  if (form === 'PartialObjectMetadata' && items === undefined) return partial(body);
  if (form === 'PartialObjectMetadataList' && Array.isArray(items)) {
    return {
      kind: form,
      apiVersion,
      metadata: body['metadata'],
      // As Go writes a list that nothing was added to.
      items: items.length === 0 ? null : items.filter(isJsonObject).map(partial),
    };
  }
  throw failure(406, 'NotAcceptable', `the server cannot write this as ${form}`);
}
