/** Refusals as Kubernetes Status objects. Development tool, no zone. */
import { qualified, type Resource } from './objects.ts';
import { type JsonObject } from '#envelope/json.ts';

/** Ends a request with a Status. Thrown, because every refusal here ends the whole request. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string;

  constructor(code: number, reason: string, message: string) {
    super(message);
    this.code = code;
    this.reason = reason;
  }

  get body(): JsonObject {
    const { code, message, reason } = this;
    return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
  }
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
  return new StatusError(404, 'NotFound', `${qualified(resource)} "${name}" not found`);
}
export function alreadyExists(resource: Resource, name: string): StatusError {
  return new StatusError(409, 'AlreadyExists', `${qualified(resource)} "${name}" already exists`);
}

const NEWER = 'the object has been modified; please apply your changes to the latest version and try again';

export function conflict(resource: Resource, name: string): StatusError {
  const message = `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${NEWER}`;
  return new StatusError(409, 'Conflict', message);
}

export function internalError(message: string): StatusError {
  return new StatusError(500, 'InternalError', `Internal error occurred: ${message}`);
}
