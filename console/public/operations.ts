/** The operations of the public API: addresses, bodies, answers and refusals of each. Zone 1; docs/design.md#api. */
import type { z } from 'zod';
import { z as schema } from 'zod';
import type { RefusalCode } from '../refusals.ts';
import { auditPage, auditQuery, caller, loginOffer } from './schemas.ts';
import {
  createForms,
  replaceForms,
  sealingOffer,
  secretItem,
  secretPage,
  secretQuery,
} from './secret-schemas.ts';
import { issuedTicket, ticketItem, ticketPage, ticketQuery, ticketRequest } from './ticket-schemas.ts';

export interface Operation {
  readonly id: string;
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** Below `/api/v1`, with `{parameter}`s. */
  readonly path: string;
  readonly summary: string;
  /** Needs no bearer. */
  readonly anybody?: true;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Of an operation with a body: the largest that is accepted. */
  readonly maxBodyBytes?: number;
  /** Accepts If-Match. */
  readonly ifMatch?: boolean;
  readonly success: {
    readonly status: 200 | 201 | 204;
    readonly schema?: z.ZodType;
    /** Carries the version as its ETag. */
    readonly etag?: boolean;
  };
  /** Without those that any operation may return. */
  readonly refusals: readonly RefusalCode[];
}

/** The largest value as JSON escapes of six characters a byte, with room to spare. */
const MAX_WRITE_BYTES = 512 * 1024;
/** As many names, files and variables as one pod may choose, with room to spare. */
const MAX_TICKET_BYTES = 384 * 1024;

const writeRefusals = [
  ...(['value_empty', 'value_too_large', 'value_not_text', 'value_not_base64', 'expiry_past'] as const),
  ...(['envelope_malformed', 'envelope_of_another_owner', 'envelope_of_another_name'] as const),
  ...(['envelope_key_not_active', 'envelope_not_reserved', 'envelope_size_differs'] as const),
  ...(['sealing_key_retired', 'user_key_unavailable'] as const),
];

export const operations = {
  describeLogin: {
    id: 'describeLogin',
    method: 'get',
    path: '/login',
    summary: 'How a command line logs in here.',
    anybody: true,
    success: { status: 200, schema: loginOffer },
    refusals: [],
  },
  whoAmI: {
    id: 'whoAmI',
    method: 'get',
    path: '/me',
    summary: 'The caller that the access token identifies.',
    success: { status: 200, schema: caller },
    refusals: [],
  },
  listSecrets: {
    id: 'listSecrets',
    method: 'get',
    path: '/secrets',
    summary: 'List secrets by name.',
    query: secretQuery,
    success: { status: 200, schema: secretPage },
    refusals: [],
  },
  createSecret: {
    id: 'createSecret',
    method: 'post',
    path: '/secrets',
    summary: 'Store a new secret.',
    maxBodyBytes: MAX_WRITE_BYTES,
    body: schema.union([createForms.value, createForms.valueBase64, createForms.envelope]),
    success: { status: 201, schema: secretItem, etag: true },
    refusals: [...writeRefusals, 'name_malformed', 'name_taken', 'too_many_secrets'],
  },
  replaceSecret: {
    id: 'replaceSecret',
    method: 'put',
    path: '/secrets/{name}',
    summary: 'Store a new version.',
    maxBodyBytes: MAX_WRITE_BYTES,
    body: schema.union([replaceForms.value, replaceForms.valueBase64, replaceForms.envelope]),
    ifMatch: true,
    success: { status: 200, schema: secretItem, etag: true },
    refusals: [...writeRefusals, 'secret_unknown', 'if_match_malformed', 'version_changed', 'write_conflict'],
  },
  deleteSecret: {
    id: 'deleteSecret',
    method: 'delete',
    path: '/secrets/{name}',
    summary: 'Delete a secret.',
    ifMatch: true,
    success: { status: 204 },
    refusals: ['secret_unknown', 'if_match_malformed', 'version_changed', 'write_conflict'],
  },
  reserveSealing: {
    id: 'reserveSealing',
    method: 'post',
    path: '/secrets/{name}/sealing',
    summary: 'Get what a client needs to seal the next version; the secret need not exist yet.',
    success: { status: 200, schema: sealingOffer },
    refusals: ['name_malformed', 'too_many_reservations', 'sealing_key_retired', 'user_key_unavailable'],
  },
  issueTicket: {
    id: 'issueTicket',
    method: 'post',
    path: '/tickets',
    summary: 'Get a ticket for session pods.',
    body: ticketRequest,
    maxBodyBytes: MAX_TICKET_BYTES,
    success: { status: 201, schema: issuedTicket },
    refusals: [
      ...([
        'secret_unknown',
        'secret_expired',
        'secret_not_env_safe',
        'env_disabled',
        'ttl_too_long',
      ] as const),
      ...(['annotations_malformed', 'too_many_tickets'] as const),
      ...(['namespace_not_enabled', 'kubernetes_unavailable'] as const),
    ],
  },
  listTickets: {
    id: 'listTickets',
    method: 'get',
    path: '/tickets',
    summary: 'List tickets and their uses, newest first.',
    query: ticketQuery,
    success: { status: 200, schema: ticketPage },
    refusals: [],
  },
  getTicket: {
    id: 'getTicket',
    method: 'get',
    path: '/tickets/{jti}',
    summary: 'Get one ticket and its uses.',
    success: { status: 200, schema: ticketItem },
    refusals: ['ticket_unknown'],
  },
  revokeTicket: {
    id: 'revokeTicket',
    method: 'delete',
    path: '/tickets/{jti}',
    summary: 'Revoke a ticket.',
    success: { status: 204 },
    refusals: ['ticket_unknown'],
  },
  listAudit: {
    id: 'listAudit',
    method: 'get',
    path: '/audit',
    summary: 'List the caller’s own records, newest first.',
    query: auditQuery,
    success: { status: 200, schema: auditPage },
    refusals: [],
  },
} as const satisfies Record<string, Operation>;

export type OperationId = keyof typeof operations;

/** What any operation may return besides its own refusals. */
export function refusalsOf({ path, refusals, body, query, anybody }: Operation): readonly RefusalCode[] {
  return [
    ...(['rate_limited', 'internal_error', 'method_not_allowed'] as const),
    ...(anybody
      ? []
      : ([
          'bearer_rejected',
          'database_unavailable',
          'identity_provider_misconfigured',
          'identity_provider_unavailable',
        ] as const)),
    ...(body ? (['body_malformed', 'body_too_large', 'content_type', 'overloaded'] as const) : []),
    ...(query ? (['query_malformed'] as const) : []),
    // An address whose escapes are not UTF-8.
    ...(path.includes('{') ? (['not_found'] as const) : []),
    ...refusals,
  ];
}
