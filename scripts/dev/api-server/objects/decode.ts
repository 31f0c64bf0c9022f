/**
 * Decodes a JSON body into a typed object, refusing values of the wrong type as the real API server's decoder does.
 * Development tool, no zone.
 */

import { badRequest } from '../status.ts';
import { isJsonObject, type ApiObject, type JsonObject } from './object.ts';

type Scalar = 'string' | 'integer' | 'boolean' | 'bytes' | 'time' | 'microtime' | 'quantity' | 'any';

/**
 * What a value must look like. `fields` drops members it does not name and reports them;
 * with `open` it keeps them, for the parts of a pod that this server does not look at.
 */
export type Shape =
  Scalar | { list: Shape } | { map: Shape } | { fields: Record<string, Shape>; open?: boolean };

/** How deep a body may nest: far more than any real object, far less than the stack. */
const maxDepth = 200;

const goTypes: Record<Scalar, string> = {
  string: 'string',
  integer: 'int32',
  boolean: 'bool',
  bytes: '[]uint8',
  time: 'Time',
  microtime: 'MicroTime',
  quantity: 'Quantity',
  any: 'interface {}',
};

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;
// The real decoder takes exactly six digits: `Date.toISOString()` has three and is refused there too.
const rfc3339Micro = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}(?:Z|[+-]\d{2}:\d{2})$/;
const quantity = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;

class DecodeError extends Error {}

function goName(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function typeOf(shape: Shape): string {
  if (typeof shape === 'string') return goTypes[shape];
  if ('list' in shape) return `[]${typeOf(shape.list)}`;
  return 'map' in shape ? `map[string]${typeOf(shape.map)}` : 'struct';
}

function mismatch(value: unknown, path: string, shape: Shape): DecodeError {
  return new DecodeError(
    `json: cannot unmarshal ${goName(value)} into Go struct field ${path} of type ${typeOf(shape)}`,
  );
}

function decodeText(value: string, shape: Scalar, path: string): string {
  if (shape === 'bytes' && !base64.test(value)) throw new DecodeError(`illegal base64 data in ${path}`);
  if (shape === 'time' && !rfc3339.test(value)) {
    throw new DecodeError(`parsing time "${value}" as "2006-01-02T15:04:05Z07:00": cannot parse ${path}`);
  }
  if (shape === 'microtime' && !rfc3339Micro.test(value)) {
    throw new DecodeError(
      `parsing time "${value}" as "2006-01-02T15:04:05.000000Z07:00": cannot parse ${path}`,
    );
  }
  if (shape === 'quantity' && !quantity.test(value)) {
    throw new DecodeError(
      `quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
    );
  }
  return value;
}

function decodeScalar(value: unknown, shape: Scalar, path: string): unknown {
  if (shape === 'any') return value;
  if (shape === 'integer') {
    if (typeof value !== 'number' || !Number.isInteger(value)) throw mismatch(value, path, shape);
    return value;
  }
  if (shape === 'boolean') {
    if (typeof value !== 'boolean') throw mismatch(value, path, shape);
    return value;
  }
  if (shape === 'quantity' && typeof value === 'number') return String(value);
  if (typeof value !== 'string') throw mismatch(value, path, shape);
  return decodeText(value, shape, path);
}

type Walk = { unknown: string[] };

function decodeFields(
  value: JsonObject,
  shape: { fields: Record<string, Shape>; open?: boolean },
  path: string,
  walk: Walk,
): JsonObject {
  const decoded: JsonObject = {};
  for (const [member, raw] of Object.entries(value)) {
    if (raw === null) continue;
    const field = Object.hasOwn(shape.fields, member) ? shape.fields[member] : undefined;
    const at = `${path}.${member}`;
    if (field === undefined && shape.open !== true) walk.unknown.push(at.slice(at.indexOf('.') + 1));
    else decoded[member] = decodeValue(raw, field ?? 'any', at, walk);
  }
  return decoded;
}

function decodeValue(value: unknown, shape: Shape, path: string, walk: Walk): unknown {
  if (typeof shape === 'string') return decodeScalar(value, shape, path);
  if ('list' in shape) {
    if (!Array.isArray(value)) throw mismatch(value, path, shape);
    return value.map((one: unknown, index) => decodeValue(one ?? {}, shape.list, `${path}[${index}]`, walk));
  }
  if (!isJsonObject(value)) throw mismatch(value, path, shape);
  if ('fields' in shape) return decodeFields(value, shape, path, walk);
  const entries = Object.entries(value).filter(([, one]) => one !== null);
  return Object.fromEntries(
    entries.map(([key, one]) => [key, decodeValue(one, shape.map, `${path}[${key}]`, walk)]),
  );
}

/** Refuses what is nested so deep that walking it could exhaust the stack. */
export function checkDepth(value: unknown, depth = 0): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > maxDepth) throw badRequest('json: exceeded max depth');
  for (const member of Object.values(value)) checkDepth(member, depth + 1);
}

/**
 * The body as an object of the wanted kind; members with null are gone, as after Go's decoder.
 * Throws a 400 Status for another kind or a value of the wrong type.
 * @returns the object and the paths of the members that were dropped because nothing knows them
 */
export function decode(
  body: unknown,
  wanted: { apiVersion: string; kind: string; shape: Shape },
): { object: ApiObject; unknown: string[] } {
  if (!isJsonObject(body)) throw badRequest(`${wanted.kind} in the body is not a JSON object`);
  const { kind = wanted.kind, apiVersion = wanted.apiVersion } = body;
  if (kind !== wanted.kind || apiVersion !== wanted.apiVersion) {
    throw badRequest(
      `${String(kind)} in version "${String(apiVersion)}" cannot be handled as a ${wanted.kind}: the API version in the data (${String(apiVersion)}) and the kind must be ${wanted.apiVersion} ${wanted.kind}`,
    );
  }
  checkDepth(body);
  const walk: Walk = { unknown: [] };
  try {
    const decoded = decodeValue({ ...body, kind, apiVersion }, wanted.shape, wanted.kind, walk);
    // `fields` at the top of every shape names apiVersion, kind and metadata.
    const object = decoded as ApiObject;
    return {
      object: { ...object, metadata: isJsonObject(object.metadata) ? object.metadata : {} },
      unknown: walk.unknown,
    };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw badRequest(
      `${wanted.kind} in version "v1" cannot be handled as a ${wanted.kind}: ${error.message}`,
    );
  }
}
