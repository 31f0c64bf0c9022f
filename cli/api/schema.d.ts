/**
 * The console's API as types, for the command line and the tests. Zone 0; docs/design.md#api.
 * Written by `make client` from the OpenAPI document; do not edit.
 */
export interface paths {
  '/api/v1/login': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** How a command line logs in here. */
    get: operations['describeLogin'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/me': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The caller that the access token identifies. */
    get: operations['whoAmI'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/secrets': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List secrets by name. */
    get: operations['listSecrets'];
    put?: never;
    /** Store a new secret. */
    post: operations['createSecret'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/secrets/{name}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    /** Store a new version. */
    put: operations['replaceSecret'];
    post?: never;
    /** Delete a secret. */
    delete: operations['deleteSecret'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/secrets/{name}/sealing': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Get what a client needs to seal the next version; the secret need not exist yet. */
    post: operations['reserveSealing'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/tickets': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List tickets and their uses, newest first. */
    get: operations['listTickets'];
    put?: never;
    /** Get a ticket for session pods. */
    post: operations['issueTicket'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/tickets/{jti}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /** Revoke a ticket. */
    delete: operations['revokeTicket'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/audit': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List the caller’s own records, newest first. */
    get: operations['listAudit'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    /** @description How a command line logs in: nothing in it is secret. */
    LoginOffer: {
      /** @description The identity provider’s issuer identifier, verbatim. */
      issuer: string;
      /** @description The audience that access tokens must have. */
      audience: string;
      /** @description The provider’s public client for command lines. */
      clientId: string;
      /** @description The scopes to request, separated by spaces. */
      scope: string;
      /** @description The cluster that the secrets are for. */
      cluster: string;
    };
    /** @description An owner of secrets, and the login behind it. */
    Caller: {
      ownerId: string;
      issuer: string;
      sub: string;
    };
    /** @description A stored secret; its value is never returned. */
    Secret: {
      id: string;
      /** @description Name of a secret: use 1 to 253 letters, digits, ".", "_" and "-", not "." alone and not starting with "..". */
      name: string;
      version: number;
      size: number;
      envSafe: boolean;
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      modifiedAt: string;
      expiresAt: string | null;
      lastUsedAt: string | null;
    };
    /** @description What a client needs to seal one write itself. */
    SealingOffer: {
      ownerId: string;
      secretId: string;
      version: number;
      gen: number;
      /** @description base64url of 16 bytes */
      salt: string;
      /** @description base64url of 32 bytes */
      innerKey: string;
      publicKey: {
        /** @constant */
        kty: 'RSA';
        /** @description base64url of the modulus */
        n: string;
        /** @description base64url of the exponent */
        e: string;
        /** @constant */
        alg: 'RSA-OAEP-256';
        /** @constant */
        use: 'enc';
        /** @description RFC 7638 thumbprint; pin it. */
        kid: string;
      };
      /** Format: date-time */
      expiresAt: string;
    };
    IssuedTicket: {
      ticket: string;
      jti: string;
      /** Format: date-time */
      expiresAt: string;
      /** @description Ready to put on the pod. */
      annotations: {
        [key: string]: string;
      };
    };
    TicketRequest: {
      namespace: string;
      /** @default default */
      serviceAccount?: string;
      secrets: string[];
      /** @description Paths below the mount path, for files not named after their secret. */
      files?: {
        /** @description Name of a secret: use 1 to 253 letters, digits, ".", "_" and "-", not "." alone and not starting with "..". */
        name: string;
        path: string;
      }[];
      /** @description Secrets as environment variables, where the operator has turned them on. */
      env?: {
        variable: string;
        /** @description Name of a secret: use 1 to 253 letters, digits, ".", "_" and "-", not "." alone and not starting with "..". */
        name: string;
      }[];
      /** @description Folder of the files; /secrets by default. */
      mountPath?: string;
      /** @description Containers that get them, or "*" alone; the main one by default. */
      containers?: string[];
      /** @description Octal, read bits only. */
      fileMode?: string;
      /** @description The pod’s exact name, or a prefix followed by *. */
      pod?: string;
      /** @description Sessions that may claim, at most. */
      uses?: number;
      /** @description Lifetime; the operator sets default and limit. */
      ttlSeconds?: number;
    };
    Ticket: {
      jti: string;
      namespace: string;
      serviceAccount: string;
      secrets: string[];
      pod: string | null;
      uses: number | null;
      /** @description Sessions that have claimed. */
      used: number;
      /** @description The trusted launcher that it was issued for. */
      launcher: string | null;
      /** Format: date-time */
      issuedAt: string;
      /** Format: date-time */
      expiresAt: string;
      revokedAt: string | null;
      /** @description The newest, at most 100. */
      sessions: components['schemas']['Session'][];
    };
    /** @description One use of a ticket: the pod is bound by its first claim. */
    Session: {
      sid: string;
      pod: string | null;
      podUid: string | null;
      /** Format: date-time */
      openedAt: string;
      firstClaimAt: string | null;
      lastClaimAt: string | null;
      claims: number;
    };
    AuditRecord: {
      id: string;
      /** Format: date-time */
      at: string;
      actor: string;
      /** @enum {string} */
      action: 'create' | 'replace' | 'delete' | 'seal' | 'ticket' | 'revoke' | 'resolve' | 'claim';
      /** @enum {string} */
      outcome: 'done' | 'refused';
      /** @description Why it was refused. */
      code: string | null;
      /** @description Whom a trusted launcher named as the user. */
      asserted: string | null;
      /** @description A dry run: nothing was handed out. */
      dryRun: boolean;
      /** @description Where nothing was handed out, the first few, each truncated. */
      names: string[] | null;
      /** @description How many there were, where not all are listed. */
      nameCount: number | null;
      secretIds: string[] | null;
      version: number | null;
      namespace: string | null;
      pod: string | null;
      podUid: string | null;
      kid: string | null;
      sid: string | null;
      jti: string | null;
    };
    /** @description RFC 9457; `code` is stable. */
    Problem: {
      type: string;
      title: string;
      status: number;
      code: string;
      detail: string;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  describeLogin: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['LoginOffer'];
        };
      };
      /** @description `method_not_allowed`: This address does not accept this method. */
      405: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'method_not_allowed';
          };
        };
      };
      /** @description `rate_limited`: Too many requests; try again after the time in Retry-After. */
      429: {
        headers: {
          /** @description Seconds. */
          'Retry-After'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'rate_limited';
          };
        };
      };
      /** @description `internal_error`: The console failed; its log has the details. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'internal_error';
          };
        };
      };
    };
  };
  whoAmI: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Caller'];
        };
      };
      /** @description `bearer_rejected`: Log in and send an access token for this service. */
      401: {
        headers: {
          /** @description RFC 6750. */
          'WWW-Authenticate'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'bearer_rejected';
          };
        };
      };
      /** @description `method_not_allowed`: This address does not accept this method. */
      405: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'method_not_allowed';
          };
        };
      };
      /** @description `rate_limited`: Too many requests; try again after the time in Retry-After. */
      429: {
        headers: {
          /** @description Seconds. */
          'Retry-After'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'rate_limited';
          };
        };
      };
      /** @description `internal_error`: The console failed; its log has the details. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'internal_error';
          };
        };
      };
      /** @description `database_unavailable`: The console’s database does not answer; nothing was changed; try again. `identity_provider_unavailable`: The identity provider does not answer; try again. */
      503: {
        headers: {
          /** @description Seconds. */
          'Retry-After'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'database_unavailable' | 'identity_provider_unavailable';
          };
        };
      };
    };
  };
  listSecrets: {
    parameters: {
      query?: {
        limit?: number;
        after?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            items: components['schemas']['Secret'][];
          };
        };
      };
      /** @description `query_malformed`: A query parameter is not what this operation accepts. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'query_malformed';
          };
        };
      };
      /** @description `bearer_rejected`: Log in and send an access token for this service. */
      401: {
        headers: {
          /** @description RFC 6750. */
          'WWW-Authenticate'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'bearer_rejected';
          };
        };
      };
      /** @description `method_not_allowed`: This address does not accept this method. */
      405: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'method_not_allowed';
          };
        };
      };
      /** @description `rate_limited`: Too many requests; try again after the time in Retry-After. */
      429: {
        headers: {
          /** @description Seconds. */
          'Retry-After'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'rate_limited';
          };
        };
      };
      /** @description `internal_error`: The console failed; its log has the details. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'internal_error';
          };
        };
      };
      /** @description `database_unavailable`: The console’s database does not answer; nothing was changed; try again. `identity_provider_unavailable`: The identity provider does not answer; try again. */
      503: {
        headers: {
          /** @description Seconds. */
          'Retry-After'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'database_unavailable' | 'identity_provider_unavailable';
          };
        };
      };
    };
  };
  createSecret: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json':
          | {
              /** @description Name of a secret: use 1 to 253 letters, digits, ".", "_" and "-", not "." alone and not starting with "..". */
              name: string;
              /** @description 1 to 65536 bytes as UTF-8. */
              value: string;
              /** @description When the secret expires; absent or null: never. */
              expiresAt?: string | null;
            }
          | {
              /** @description Name of a secret: use 1 to 253 letters, digits, ".", "_" and "-", not "." alone and not starting with "..". */
              name: string;
              /** @description base64 (RFC 4648 section 4) of 1 to 65536 bytes. */
              valueBase64: string;
              /** @description When the secret expires; absent or null: never. */
              expiresAt?: string | null;
            }
          | {
              /** @description Name of a secret: use 1 to 253 letters, digits, ".", "_" and "-", not "." alone and not starting with "..". */
              name: string;
              /** @description Both layers, sealed for a reservation from POST …/sealing. */
              envelope: string;
              /** @description Size of the value in bytes. */
              size: number;
              /** @description Whether the value can be an environment variable. */
              envSafe: boolean;
              /** @description When the secret expires; absent or null: never. */
              expiresAt?: string | null;
            };
      };
    };
    responses: {
      /** @description The answer. */
      201: {
        headers: {
          /** @description The version, such as "3". */
          ETag?: string;
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Secret'];
        };
      };
      /** @description `body_malformed`: The request’s body is not what this operation accepts. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'body_malformed';
          };
        };
      };
      /** @description `bearer_rejected`: Log in and send an access token for this service. */
      401: {
        headers: {
          /** @description RFC 6750. */
          'WWW-Authenticate'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'bearer_rejected';
          };
        };
      };
      /** @description `method_not_allowed`: This address does not accept this method. */
      405: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'method_not_allowed';
          };
        };
      };
      /** @description `envelope_not_reserved`: The envelope does not belong to a live reservation; seal it again. `name_taken`: There is already a secret with this name; replace it, or choose another name. `too_many_secrets`: You have as many secrets as the quota allows; delete one. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'envelope_not_reserved' | 'name_taken' | 'too_many_secrets';
          };
        };
      };
      /** @description `body_too_large`: The request’s body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'body_too_large';
          };
        };
      };
      /** @description `content_type`: Send application/json, without content encoding. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'content_type';
          };
        };
      };
      /** @description `value_empty`: A secret has at least one byte. `value_too_large`: The value is larger than this console stores. `value_not_text`: The value is not well-formed Unicode; send its bytes as valueBase64. `value_not_base64`: valueBase64 is not base64. `expiry_past`: Choose an expiry in the future. `envelope_malformed`: The envelope is malformed. `envelope_of_another_owner`: The envelope is sealed for another owner. `envelope_of_another_name`: The envelope is sealed for another name. `envelope_key_not_active`: The envelope is sealed to a key that is not the current one; seal it again. `envelope_size_differs`: The envelope does not hold a value of the declared size. `name_malformed`: Choose another name for the secret. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?:
              | 'value_empty'
              | 'value_too_large'
              | 'value_not_text'
              | 'value_not_base64'
              | 'expiry_past'
              | 'envelope_malformed'
              | 'envelope_of_another_owner'
              | 'envelope_of_another_name'
              | 'envelope_key_not_active'
              | 'envelope_size_differs'
              | 'name_malformed';
          };
        };
      };
      /** @description `rate_limited`: Too many requests; try again after the time in Retry-After. */
      429: {
        headers: {
          /** @description Seconds. */
          'Retry-After'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'rate_limited';
          };
        };
      };
      /** @description `internal_error`: The console failed; its log has the details. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'internal_error';
          };
        };
      };
      /** @description `database_unavailable`: The console’s database does not answer; nothing was changed; try again. `identity_provider_unavailable`: The identity provider does not answer; try again. `overloaded`: The console is receiving as much as it can hold; try again. `sealing_key_retired`: This console still seals to a retired key; try again. `user_key_unavailable`: The owner’s key cannot be opened; an operator must check the at-rest keys. */
      503: {
        headers: {
          /** @description Seconds. */
          'Retry-After'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?:
              | 'database_unavailable'
              | 'identity_provider_unavailable'
              | 'overloaded'
              | 'sealing_key_retired'
              | 'user_key_unavailable';
          };
        };
      };
    };
  };
  replaceSecret: {
    parameters: {
      query?: never;
      header?: {
        /** @description A version, such as "3". */
        'If-Match'?: string;
      };
      path: {
        name: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json':
          | {
              /** @description 1 to 65536 bytes as UTF-8. */
              value: string;
              /** @description When the secret expires; absent or null: never. */
              expiresAt?: string | null;
            }
          | {
              /** @description base64 (RFC 4648 section 4) of 1 to 65536 bytes. */
              valueBase64: string;
              /** @description When the secret expires; absent or null: never. */
              expiresAt?: string | null;
            }
          | {
              /** @description Both layers, sealed for a reservation from POST …/sealing. */
              envelope: string;
              /** @description Size of the value in bytes. */
              size: number;
              /** @description Whether the value can be an environment variable. */
              envSafe: boolean;
              /** @description When the secret expires; absent or null: never. */
              expiresAt?: string | null;
            };
      };
    };
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          /** @description The version, such as "3". */
          ETag?: string;
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Secret'];
        };
      };
      /** @description `body_malformed`: The request’s body is not what this operation accepts. `if_match_malformed`: If-Match is not a list of quoted versions. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'body_malformed' | 'if_match_malformed';
          };
        };
      };
      /** @description `bearer_rejected`: Log in and send an access token for this service. */
      401: {
        headers: {
          /** @description RFC 6750. */
          'WWW-Authenticate'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'bearer_rejected';
          };
        };
      };
      /** @description `not_found`: There is nothing at this address. `secret_unknown`: You have no secret with this name. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'not_found' | 'secret_unknown';
          };
        };
      };
      /** @description `method_not_allowed`: This address does not accept this method. */
      405: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'method_not_allowed';
          };
        };
      };
      /** @description `envelope_not_reserved`: The envelope does not belong to a live reservation; seal it again. `write_conflict`: The secret is being changed by others; try again. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'envelope_not_reserved' | 'write_conflict';
          };
        };
      };
      /** @description `version_changed`: The secret has changed in the meantime; look at it again. */
      412: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'version_changed';
          };
        };
      };
      /** @description `body_too_large`: The request’s body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'body_too_large';
          };
        };
      };
      /** @description `content_type`: Send application/json, without content encoding. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'content_type';
          };
        };
      };
      /** @description `value_empty`: A secret has at least one byte. `value_too_large`: The value is larger than this console stores. `value_not_text`: The value is not well-formed Unicode; send its bytes as valueBase64. `value_not_base64`: valueBase64 is not base64. `expiry_past`: Choose an expiry in the future. `envelope_malformed`: The envelope is malformed. `envelope_of_another_owner`: The envelope is sealed for another owner. `envelope_of_another_name`: The envelope is sealed for another name. `envelope_key_not_active`: The envelope is sealed to a key that is not the current one; seal it again. `envelope_size_differs`: The envelope does not hold a value of the declared size. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?:
              | 'value_empty'
              | 'value_too_large'
              | 'value_not_text'
              | 'value_not_base64'
              | 'expiry_past'
              | 'envelope_malformed'
              | 'envelope_of_another_owner'
              | 'envelope_of_another_name'
              | 'envelope_key_not_active'
              | 'envelope_size_differs';
          };
        };
      };
      /** @description `rate_limited`: Too many requests; try again after the time in Retry-After. */
      429: {
        headers: {
          /** @description Seconds. */
          'Retry-After'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'rate_limited';
          };
        };
      };
      /** @description `internal_error`: The console failed; its log has the details. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'internal_error';
          };
        };
      };
      /** @description `database_unavailable`: The console’s database does not answer; nothing was changed; try again. `identity_provider_unavailable`: The identity provider does not answer; try again. `overloaded`: The console is receiving as much as it can hold; try again. `sealing_key_retired`: This console still seals to a retired key; try again. `user_key_unavailable`: The owner’s key cannot be opened; an operator must check the at-rest keys. */
      503: {
        headers: {
          /** @description Seconds. */
          'Retry-After'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?:
              | 'database_unavailable'
              | 'identity_provider_unavailable'
              | 'overloaded'
              | 'sealing_key_retired'
              | 'user_key_unavailable';
          };
        };
      };
    };
  };
  deleteSecret: {
    parameters: {
      query?: never;
      header?: {
        /** @description A version, such as "3". */
        'If-Match'?: string;
      };
      path: {
        name: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Done. */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `if_match_malformed`: If-Match is not a list of quoted versions. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'if_match_malformed';
          };
        };
      };
      /** @description `bearer_rejected`: Log in and send an access token for this service. */
      401: {
        headers: {
          /** @description RFC 6750. */
          'WWW-Authenticate'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'bearer_rejected';
          };
        };
      };
      /** @description `not_found`: There is nothing at this address. `secret_unknown`: You have no secret with this name. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'not_found' | 'secret_unknown';
          };
        };
      };
      /** @description `method_not_allowed`: This address does not accept this method. */
      405: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'method_not_allowed';
          };
        };
      };
      /** @description `write_conflict`: The secret is being changed by others; try again. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'write_conflict';
          };
        };
      };
      /** @description `version_changed`: The secret has changed in the meantime; look at it again. */
      412: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'version_changed';
          };
        };
      };
      /** @description `rate_limited`: Too many requests; try again after the time in Retry-After. */
      429: {
        headers: {
          /** @description Seconds. */
          'Retry-After'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'rate_limited';
          };
        };
      };
      /** @description `internal_error`: The console failed; its log has the details. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'internal_error';
          };
        };
      };
      /** @description `database_unavailable`: The console’s database does not answer; nothing was changed; try again. `identity_provider_unavailable`: The identity provider does not answer; try again. */
      503: {
        headers: {
          /** @description Seconds. */
          'Retry-After'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'database_unavailable' | 'identity_provider_unavailable';
          };
        };
      };
    };
  };
  reserveSealing: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        name: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['SealingOffer'];
        };
      };
      /** @description `bearer_rejected`: Log in and send an access token for this service. */
      401: {
        headers: {
          /** @description RFC 6750. */
          'WWW-Authenticate'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'bearer_rejected';
          };
        };
      };
      /** @description `not_found`: There is nothing at this address. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'not_found';
          };
        };
      };
      /** @description `method_not_allowed`: This address does not accept this method. */
      405: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'method_not_allowed';
          };
        };
      };
      /** @description `too_many_reservations`: Too many sealings are under way; finish one, or wait until one lapses. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'too_many_reservations';
          };
        };
      };
      /** @description `name_malformed`: Choose another name for the secret. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'name_malformed';
          };
        };
      };
      /** @description `rate_limited`: Too many requests; try again after the time in Retry-After. */
      429: {
        headers: {
          /** @description Seconds. */
          'Retry-After'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'rate_limited';
          };
        };
      };
      /** @description `internal_error`: The console failed; its log has the details. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'internal_error';
          };
        };
      };
      /** @description `database_unavailable`: The console’s database does not answer; nothing was changed; try again. `identity_provider_unavailable`: The identity provider does not answer; try again. `sealing_key_retired`: This console still seals to a retired key; try again. `user_key_unavailable`: The owner’s key cannot be opened; an operator must check the at-rest keys. */
      503: {
        headers: {
          /** @description Seconds. */
          'Retry-After'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?:
              | 'database_unavailable'
              | 'identity_provider_unavailable'
              | 'sealing_key_retired'
              | 'user_key_unavailable';
          };
        };
      };
    };
  };
  listTickets: {
    parameters: {
      query?: {
        limit?: number;
        after?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            items: components['schemas']['Ticket'][];
          };
        };
      };
      /** @description `query_malformed`: A query parameter is not what this operation accepts. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'query_malformed';
          };
        };
      };
      /** @description `bearer_rejected`: Log in and send an access token for this service. */
      401: {
        headers: {
          /** @description RFC 6750. */
          'WWW-Authenticate'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'bearer_rejected';
          };
        };
      };
      /** @description `method_not_allowed`: This address does not accept this method. */
      405: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'method_not_allowed';
          };
        };
      };
      /** @description `rate_limited`: Too many requests; try again after the time in Retry-After. */
      429: {
        headers: {
          /** @description Seconds. */
          'Retry-After'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'rate_limited';
          };
        };
      };
      /** @description `internal_error`: The console failed; its log has the details. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'internal_error';
          };
        };
      };
      /** @description `database_unavailable`: The console’s database does not answer; nothing was changed; try again. `identity_provider_unavailable`: The identity provider does not answer; try again. */
      503: {
        headers: {
          /** @description Seconds. */
          'Retry-After'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'database_unavailable' | 'identity_provider_unavailable';
          };
        };
      };
    };
  };
  issueTicket: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['TicketRequest'];
      };
    };
    responses: {
      /** @description The answer. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['IssuedTicket'];
        };
      };
      /** @description `body_malformed`: The request’s body is not what this operation accepts. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'body_malformed';
          };
        };
      };
      /** @description `bearer_rejected`: Log in and send an access token for this service. */
      401: {
        headers: {
          /** @description RFC 6750. */
          'WWW-Authenticate'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'bearer_rejected';
          };
        };
      };
      /** @description `secret_expired`: A selected secret has expired; replace it, or leave it out. `secret_not_env_safe`: A selected secret cannot be an environment variable; select it as a file. `env_disabled`: Environment variables are turned off on this cluster. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'secret_expired' | 'secret_not_env_safe' | 'env_disabled';
          };
        };
      };
      /** @description `secret_unknown`: You have no secret with this name. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'secret_unknown';
          };
        };
      };
      /** @description `method_not_allowed`: This address does not accept this method. */
      405: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'method_not_allowed';
          };
        };
      };
      /** @description `too_many_tickets`: You have as many live tickets as the quota allows; revoke one. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'too_many_tickets';
          };
        };
      };
      /** @description `body_too_large`: The request’s body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'body_too_large';
          };
        };
      };
      /** @description `content_type`: Send application/json, without content encoding. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'content_type';
          };
        };
      };
      /** @description `ttl_too_long`: The ticket would live longer than the operator allows. `annotations_malformed`: A pod cannot carry this choice for the session. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'ttl_too_long' | 'annotations_malformed';
          };
        };
      };
      /** @description `rate_limited`: Too many requests; try again after the time in Retry-After. */
      429: {
        headers: {
          /** @description Seconds. */
          'Retry-After'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'rate_limited';
          };
        };
      };
      /** @description `internal_error`: The console failed; its log has the details. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'internal_error';
          };
        };
      };
      /** @description `database_unavailable`: The console’s database does not answer; nothing was changed; try again. `identity_provider_unavailable`: The identity provider does not answer; try again. `overloaded`: The console is receiving as much as it can hold; try again. */
      503: {
        headers: {
          /** @description Seconds. */
          'Retry-After'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'database_unavailable' | 'identity_provider_unavailable' | 'overloaded';
          };
        };
      };
    };
  };
  revokeTicket: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        jti: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Done. */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `bearer_rejected`: Log in and send an access token for this service. */
      401: {
        headers: {
          /** @description RFC 6750. */
          'WWW-Authenticate'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'bearer_rejected';
          };
        };
      };
      /** @description `not_found`: There is nothing at this address. `ticket_unknown`: You have no ticket with this id. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'not_found' | 'ticket_unknown';
          };
        };
      };
      /** @description `method_not_allowed`: This address does not accept this method. */
      405: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'method_not_allowed';
          };
        };
      };
      /** @description `rate_limited`: Too many requests; try again after the time in Retry-After. */
      429: {
        headers: {
          /** @description Seconds. */
          'Retry-After'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'rate_limited';
          };
        };
      };
      /** @description `internal_error`: The console failed; its log has the details. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'internal_error';
          };
        };
      };
      /** @description `database_unavailable`: The console’s database does not answer; nothing was changed; try again. `identity_provider_unavailable`: The identity provider does not answer; try again. */
      503: {
        headers: {
          /** @description Seconds. */
          'Retry-After'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'database_unavailable' | 'identity_provider_unavailable';
          };
        };
      };
    };
  };
  listAudit: {
    parameters: {
      query?: {
        limit?: number;
        after?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            items: components['schemas']['AuditRecord'][];
          };
        };
      };
      /** @description `query_malformed`: A query parameter is not what this operation accepts. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'query_malformed';
          };
        };
      };
      /** @description `bearer_rejected`: Log in and send an access token for this service. */
      401: {
        headers: {
          /** @description RFC 6750. */
          'WWW-Authenticate'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'bearer_rejected';
          };
        };
      };
      /** @description `method_not_allowed`: This address does not accept this method. */
      405: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'method_not_allowed';
          };
        };
      };
      /** @description `rate_limited`: Too many requests; try again after the time in Retry-After. */
      429: {
        headers: {
          /** @description Seconds. */
          'Retry-After'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'rate_limited';
          };
        };
      };
      /** @description `internal_error`: The console failed; its log has the details. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'internal_error';
          };
        };
      };
      /** @description `database_unavailable`: The console’s database does not answer; nothing was changed; try again. `identity_provider_unavailable`: The identity provider does not answer; try again. */
      503: {
        headers: {
          /** @description Seconds. */
          'Retry-After'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'] & {
            /** @enum {unknown} */
            code?: 'database_unavailable' | 'identity_provider_unavailable';
          };
        };
      };
    };
  };
}
