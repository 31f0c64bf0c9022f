/**
 * JSON Patch (RFC 6902) and JSON merge patch (RFC 7386) on objects. Development tool, no zone.
 */

import jsonPatch, { type Operation } from 'fast-json-patch';

import { checkDepth } from './objects/decode.ts';
import { isJsonObject, type JsonObject } from './objects/object.ts';
import { badRequest, failure, unsupportedMediaType } from './status.ts';

export const patchTypes = ['application/json-patch+json', 'application/merge-patch+json'] as const;

const maxOperations = 10_000;

/** A patch that does not fit the object it was made for. */
export class PatchMismatch extends Error {}

/** A new object; the old one is untouched. Throws PatchMismatch for a failing test or path, or a malformed patch. */
export function applyJsonPatch(object: JsonObject, patch: unknown): JsonObject {
  if (!Array.isArray(patch)) throw new PatchMismatch('the patch is not an array of operations');
  try {
    // The library validates each operation before it applies it.
    const { newDocument } = jsonPatch.applyPatch<unknown>(object, patch as Operation[], true, false);
    if (isJsonObject(newDocument)) return newDocument;
  } catch (error) {
    const message = error instanceof Error ? error.message.split('\n')[0] : undefined;
    throw new PatchMismatch(message ?? 'the patch cannot be applied');
  }
  throw new PatchMismatch('the patch leaves no object');
}

function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const merged = new Map(isJsonObject(target) ? Object.entries(target) : []);
  for (const [member, value] of Object.entries(patch)) {
    if (value === null) merged.delete(member);
    else merged.set(member, mergePatch(merged.get(member), value));
  }
  return Object.fromEntries(merged);
}

/** Applies a PATCH request's body. Throws 415 for another kind of patch, 400 malformed, 413 too long, 422 misfit. */
export function patchObject(object: JsonObject, contentType: string, patch: unknown): unknown {
  checkDepth(patch);
  if (contentType === 'application/merge-patch+json') {
    if (!isJsonObject(patch)) throw badRequest('a merge patch must be a JSON object');
    return mergePatch(object, patch);
  }
  if (contentType !== 'application/json-patch+json') throw unsupportedMediaType(patchTypes);
  if (!Array.isArray(patch))
    throw badRequest('json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  if (patch.length > maxOperations) {
    throw failure(
      413,
      'RequestEntityTooLarge',
      `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`,
    );
  }
  try {
    return applyJsonPatch(object, patch);
  } catch (error) {
    if (!(error instanceof PatchMismatch)) throw error;
    throw failure(
      422,
      'Invalid',
      `the server rejected our request due to an error in our request: ${error.message}`,
    );
  }
}
