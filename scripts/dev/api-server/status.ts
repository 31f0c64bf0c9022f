/**
 * The Kubernetes Status object and the refusals that the development API server answers, in the real one's words.
 * Development tool, no zone.
 */

export type Cause = { reason?: string; message: string; field?: string };

export type Status = {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, never>;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: { name?: string; group?: string; kind?: string; uid?: string; causes?: Cause[] };
  code: number;
};

/** What a refusal names: enough of a resource for messages and details. */
export type Named = { group: string; plural: string; kind: string };

/** Ends a request with a Status. Thrown, because every refusal here ends the whole request. */
export class StatusError extends Error {
  readonly status: Status;

  constructor(status: Status) {
    super(status.message ?? status.reason ?? 'failure');
    this.name = 'StatusError';
    this.status = status;
  }
}

/** `secrets`, `leases.coordination.k8s.io`: how messages name a resource. */
export function qualified(resource: Named): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

export function failure(
  code: number,
  reason: string,
  message: string,
  details: NonNullable<Status['details']> = {},
): StatusError {
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason === '' ? {} : { reason }),
    details,
    code,
  });
}

function detailsOf(resource: Named, name: string, kind = resource.plural): NonNullable<Status['details']> {
  return {
    ...(name === '' ? {} : { name }),
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind,
  };
}

export function badRequest(message: string): StatusError {
  return failure(400, 'BadRequest', message);
}

export function expired(message: string): StatusError {
  return failure(410, 'Expired', message);
}

export function unauthorized(): StatusError {
  return failure(401, 'Unauthorized', 'Unauthorized');
}

export function notFound(resource: Named, name: string): StatusError {
  return failure(404, 'NotFound', `${qualified(resource)} "${name}" not found`, detailsOf(resource, name));
}

export function unknownPath(): StatusError {
  return failure(404, 'NotFound', 'the server could not find the requested resource');
}

export function methodNotAllowed(): StatusError {
  return failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
}

export function alreadyExists(resource: Named, name: string): StatusError {
  return failure(
    409,
    'AlreadyExists',
    `${qualified(resource)} "${name}" already exists`,
    detailsOf(resource, name),
  );
}

export function conflict(resource: Named, name: string, why: string): StatusError {
  return failure(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`,
    detailsOf(resource, name),
  );
}

export function modified(resource: Named, name: string): StatusError {
  return conflict(
    resource,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );
}

/** 403 by an admission plugin or by authorization: `pods "x" is forbidden: why`. */
export function forbidden(resource: Named, name: string, why: string): StatusError {
  const object = name === '' ? qualified(resource) : `${qualified(resource)} "${name}"`;
  return failure(403, 'Forbidden', `${object} is forbidden: ${why}`, detailsOf(resource, name));
}

export function forbiddenPath(username: string, verb: string, path: string): StatusError {
  return failure(403, 'Forbidden', `forbidden: User "${username}" cannot ${verb} path "${path}"`);
}

/** 422 with one cause or several, named by their field. */
export function invalid(resource: Named, name: string, causes: Cause[]): StatusError {
  const texts = causes.map((cause) => `${cause.field ?? ''}: ${cause.message}`);
  const listed = texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
  const kind = resource.group === '' ? resource.kind : `${resource.kind}.${resource.group}`;
  return failure(422, 'Invalid', `${kind} "${name}" is invalid: ${listed}`, {
    ...detailsOf(resource, name, resource.kind),
    causes,
  });
}

export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  return failure(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
}

export function tooLarge(limitBytes: number): StatusError {
  return failure(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limitBytes}`);
}

export function internalError(message: string): StatusError {
  return failure(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
}

/** Field causes, in the wording of the API machinery's field errors. */
export const cause = {
  required(field: string, detail = ''): Cause {
    const message = detail === '' ? 'Required value' : `Required value: ${detail}`;
    return { reason: 'FieldValueRequired', message, field };
  },
  invalid(field: string, value: unknown, detail: string): Cause {
    const shown = JSON.stringify(value) as string | undefined; // undefined has no JSON text
    return { reason: 'FieldValueInvalid', message: `Invalid value: ${shown ?? 'null'}: ${detail}`, field };
  },
  forbidden(field: string, detail: string): Cause {
    return { reason: 'FieldValueForbidden', message: `Forbidden: ${detail}`, field };
  },
  duplicate(field: string, value: unknown): Cause {
    return { reason: 'FieldValueDuplicate', message: `Duplicate value: ${JSON.stringify(value)}`, field };
  },
  notFound(field: string, value: unknown): Cause {
    return { reason: 'FieldValueNotFound', message: `Not found: ${JSON.stringify(value)}`, field };
  },
  tooLong(field: string, detail: string): Cause {
    return { reason: 'FieldValueTooLong', message: `Too long: ${detail}`, field };
  },
  notSupported(field: string, value: unknown, supported: readonly string[]): Cause {
    const values = supported.map((one) => JSON.stringify(one)).join(', ');
    return {
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${values}`,
      field,
    };
  },
};
