/**
 * What the public API takes and gives, as zod schemas: requests are parsed by them, and the OpenAPI document is made
 * of them, so that the two cannot drift apart. Zone 1; design §5.
 */
import { z } from 'zod';
import type { MemberForm, MemberForms } from '#envelope/annotation-row.ts';
import { annotationRows, type MemberFormOf } from '#envelope/annotation-values.ts';
import { MAX_FILES, MAX_NAMES, MAX_VALUE_BYTES } from '#envelope/limits.ts';
import { parseSecretName, SECRET_NAME_RULE } from '#envelope/names.ts';
import { isNamespace, isSubdomain, parsePodPattern } from '#envelope/pod.ts';
import { parseNames } from '#envelope/ticket.ts';
import { refusals } from '../refusals.ts';

const NAME_PATTERN = '^(?!\\.\\.)(?!\\.$)[A-Za-z0-9._-]{1,253}$';
const UUID_PATTERN = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';
const KID_PATTERN = '^[A-Za-z0-9_-]{43}$';
const MAX_USES = 1_000_000_000;

/** A problem of its own names a wrong name, so the schema only tells of the rule. */
const nameText = z
  .string()
  .meta({ pattern: NAME_PATTERN, description: `Name of a secret: ${SECRET_NAME_RULE}.` });

const uuid = z.string().regex(new RegExp(UUID_PATTERN));
const time = z.iso.datetime({ offset: true });
const maybeTime = time.nullable();
const count = z.int().min(0);
function base64url(bytes: string): z.ZodString {
  return z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .meta({ description: `base64url of ${bytes}` });
}
const expiresAt = time.nullish().meta({ description: 'End of the secret; absent or null: none.' });

const text = {
  value: z.string().meta({ description: `1 to ${MAX_VALUE_BYTES} bytes as UTF-8.` }),
  expiresAt,
};
const bytes = {
  valueBase64: z
    .string()
    .meta({ description: `base64 (RFC 4648 section 4) of 1 to ${MAX_VALUE_BYTES} bytes.` }),
  expiresAt,
};
const sealed = {
  envelope: z.string().meta({ description: 'Both layers, sealed for a reservation of POST …/sealing.' }),
  size: z.int().min(0).meta({ description: 'Bytes of the value.' }),
  envSafe: z.boolean().meta({ description: 'Whether the value can be an environment variable.' }),
  expiresAt,
};
const name = { name: nameText };

/** The three forms of a write, by the member that tells them apart. */
export const createForms = {
  value: z.strictObject({ ...name, ...text }),
  valueBase64: z.strictObject({ ...name, ...bytes }),
  envelope: z.strictObject({ ...name, ...sealed }),
};
export const replaceForms = {
  value: z.strictObject(text),
  valueBase64: z.strictObject(bytes),
  envelope: z.strictObject(sealed),
};

export const loginOffer = z
  .strictObject({
    issuer: z.string().meta({ description: 'The identity provider, exactly as it writes itself.' }),
    audience: z.string().meta({ description: 'What access tokens must be for.' }),
    clientId: z.string().meta({ description: 'The provider’s public client for command lines.' }),
    scope: z.string().meta({ description: 'To ask for, separated by spaces.' }),
    cluster: z.string().meta({ description: 'Where the secrets go.' }),
  })
  .meta({ id: 'LoginOffer', description: 'How a command line logs in: nothing in it is secret.' });

export const caller = z
  .strictObject({ ownerId: uuid, issuer: z.string(), sub: z.string() })
  .meta({ id: 'Caller', description: 'An owner of secrets, and the login that it is.' });

export const secretItem = z
  .strictObject({
    id: uuid,
    name: nameText,
    version: z.int().min(1),
    size: z.int().min(1),
    envSafe: z.boolean(),
    createdAt: time,
    modifiedAt: time,
    expiresAt: maybeTime,
    lastUsedAt: maybeTime,
  })
  .meta({ id: 'Secret', description: 'A stored secret; its value never comes back.' });

export const secretPage = z.strictObject({ items: z.array(secretItem) });

export const sealingOffer = z
  .strictObject({
    ownerId: uuid,
    secretId: uuid,
    version: z.int().min(1),
    gen: z.int().min(1),
    salt: base64url('16 bytes'),
    innerKey: base64url('32 bytes'),
    publicKey: z.strictObject({
      kty: z.literal('RSA'),
      n: base64url('the modulus'),
      e: base64url('the exponent'),
      alg: z.literal('RSA-OAEP-256'),
      use: z.literal('enc'),
      kid: z.string().regex(new RegExp(KID_PATTERN)).meta({ description: 'RFC 7638 thumbprint; pin it.' }),
    }),
    expiresAt: time,
  })
  .meta({ id: 'SealingOffer', description: 'What a client needs to seal one write for itself.' });

const namespace = z.string().refine(isNamespace, 'must be the name of a namespace');
const serviceAccount = z.string().refine(isSubdomain, 'must be the name of a service account');
const pod = z
  .string()
  .refine((value) => parsePodPattern(value) !== undefined, 'must be a pod’s name, or a prefix and *')
  .meta({ description: 'The pod’s exact name, or a prefix followed by *.' });
const names = z
  .array(nameText)
  .min(1)
  .max(MAX_NAMES)
  .refine(
    (value) => parseNames(value) !== undefined,
    `must hold names of secrets, none twice: ${SECRET_NAME_RULE}`,
  )
  .meta({ uniqueItems: true });

/** Members of a request for a ticket that become annotations, by their form. */
const memberForms = {
  text: z.string(),
  texts: z.array(z.string()),
  files: z.array(z.strictObject({ name: nameText, path: z.string() })).max(MAX_FILES),
  variables: z.array(z.strictObject({ variable: z.string(), name: nameText })).max(MAX_FILES),
} as const satisfies { readonly [F in MemberForm]: z.ZodType<MemberForms[F]> };

type MemberShape = {
  readonly [M in keyof MemberFormOf]: z.ZodOptional<(typeof memberForms)[MemberFormOf[M]]>;
};

/** One for each row of the table of annotations that has a member. */
function annotationMembers(): MemberShape {
  const members = annotationRows.flatMap(({ member }) =>
    member === undefined
      ? []
      : [[member.name, memberForms[member.form].optional().meta({ description: member.doc })] as const],
  );
  return Object.fromEntries(members) as unknown as MemberShape; // the rows that the type is made of
}

export const ticketRequest = z
  .strictObject({
    namespace,
    serviceAccount: serviceAccount.default('default'),
    secrets: names,
    ...annotationMembers(),
    pod: pod.optional(),
    uses: z.int().min(1).max(MAX_USES).optional().meta({ description: 'Most sessions that may claim.' }),
    ttlSeconds: z.int().min(60).optional().meta({ description: 'Life; the operator sets default and most.' }),
  })
  .meta({ id: 'TicketRequest' });

export const issuedTicket = z
  .strictObject({
    ticket: z.string(),
    jti: uuid,
    expiresAt: time,
    annotations: z.record(z.string(), z.string()).meta({ description: 'Ready to be put on the pod.' }),
  })
  .meta({ id: 'IssuedTicket' });

const session = z
  .strictObject({
    sid: z.string().regex(/^[0-9a-f]{32}$/),
    pod: z.string().nullable(),
    podUid: z.string().nullable(),
    openedAt: time,
    firstClaimAt: maybeTime,
    lastClaimAt: maybeTime,
    claims: count,
  })
  .meta({ id: 'Session', description: 'One use of a ticket: the pod is bound by its first claim.' });

export const ticketPage = z.strictObject({
  items: z.array(
    z
      .strictObject({
        jti: uuid,
        namespace: z.string(),
        serviceAccount: z.string(),
        secrets: z.array(nameText),
        pod: z.string().nullable(),
        uses: z.int().nullable(),
        used: count.meta({ description: 'Sessions that have claimed.' }),
        launcher: z.string().nullable().meta({ description: 'The trusted launcher that it was made for.' }),
        issuedAt: time,
        expiresAt: time,
        revokedAt: maybeTime,
        sessions: z.array(session).meta({ description: 'The newest, 100 at most.' }),
      })
      .meta({ id: 'Ticket' }),
  ),
});

const nullableText = z.string().nullable();

export const auditPage = z.strictObject({
  items: z.array(
    z
      .strictObject({
        id: z.string(),
        at: time,
        actor: z.string(),
        action: z.enum(['create', 'replace', 'delete', 'seal', 'ticket', 'revoke', 'resolve', 'claim']),
        outcome: z.enum(['done', 'refused']),
        code: nullableText.meta({ description: 'Why it was refused.' }),
        asserted: nullableText.meta({ description: 'Whom a trusted launcher named as the user.' }),
        dryRun: z.boolean().meta({ description: 'Only asked about: nothing was handed out.' }),
        names: z
          .array(z.string())
          .nullable()
          .meta({ description: 'The first few, each cut, where nothing was handed out.' }),
        nameCount: z.int().nullable().meta({ description: 'How many there were, where not all are here.' }),
        secretIds: z.array(uuid).nullable(),
        version: z.int().nullable(),
        namespace: nullableText,
        pod: nullableText,
        podUid: nullableText,
        kid: nullableText,
        sid: nullableText,
        jti: nullableText,
      })
      .meta({ id: 'AuditRecord' }),
  ),
});

/** Query of every list: `after` is the last item of the page before. */
function page(after: z.ZodType<string | undefined>) {
  return z.strictObject({
    limit: z.coerce.number().int().min(1).max(200).default(50),
    after,
  });
}

export const secretQuery = page(
  z
    .string()
    .refine((value) => parseSecretName(value) !== undefined, 'must be the name of a secret')
    .optional(),
);
export const ticketQuery = page(z.string().regex(new RegExp(UUID_PATTERN)).optional());
export const auditQuery = page(
  z
    .string()
    .regex(/^[1-9][0-9]{0,14}$/)
    .optional(),
);

export const problem = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(Object.keys(refusals)),
    detail: z.string(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457; `code` is stable.' });
