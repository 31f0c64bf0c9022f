/** Refusals, as a Kubernetes Status says them. Development tool, no zone. */
import { qualified, type JsonObject, type Resource } from './objects.ts';

/** Ends a request with a Status. Thrown, because every refusal here ends the whole request. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: JsonObject;

  constructor(code: number, reason: string, message: string, details: JsonObject = {}) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  get body(): JsonObject {
    const { code, message, reason, details } = this;
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason,
      details,
      code,
    };
  }
}

function detailsOf({ group, plural }: Resource, name: string): JsonObject {
  return {
    ...(group === '' ? { name, kind: plural } : { name, group, kind: plural }),
  };
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message);
}
export function unauthorized(): StatusError {
  return new StatusError(401, 'Unauthorized', 'Unauthorized');
}
export function notOffered(what: string): StatusError {
  return new StatusError(404, 'NotFound', `the stand-in for an API server does not offer ${what}`);
}

export function notFound(resource: Resource, name: string): StatusError {
  return new StatusError(
    404,
    'NotFound',
    `${qualified(resource)} "${name}" not found`,
    detailsOf(resource, name),
  );
}

export function alreadyExists(resource: Resource, name: string): StatusError {
  const message = `${qualified(resource)} "${name}" already exists`;
  return new StatusError(409, 'AlreadyExists', message, detailsOf(resource, name));
}

export function conflict(resource: Resource, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`;
  return new StatusError(409, 'Conflict', message, detailsOf(resource, name));
}

const NEWER = 'the object has been modified; please apply your changes to the latest version and try again';

export function modified(resource: Resource, name: string): StatusError {
  return conflict(resource, name, NEWER);
}

export function internalError(message: string): StatusError {
  return new StatusError(500, 'InternalError', `Internal error occurred: ${message}`, {
    causes: [{ message }],
  });
}
