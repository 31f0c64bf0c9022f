/**
 * Zod schemas of what the public API accepts and returns: they parse requests and generate the OpenAPI document, so
 * that the two cannot drift apart. Zone 1; docs/design.md#api. Secrets and tickets have files of their own; this one has
 * what they share, and the rest.
 */
import { z } from 'zod';
import { SECRET_NAME_RULE } from '#envelope/names.ts';
import { isSubdomain } from '#envelope/pod.ts';
import { refusals } from '../refusals.ts';

const NAME_PATTERN = '^(?!\\.\\.)(?!\\.$)[A-Za-z0-9._-]{1,253}$';
const UUID_PATTERN = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';

/** A wrong name has a refusal of its own, so the schema only states the rule. */
export const nameText = z
  .string()
  .meta({ pattern: NAME_PATTERN, description: `Name of a secret: ${SECRET_NAME_RULE}.` });

export const uuid = z.string().regex(new RegExp(UUID_PATTERN));
export const time = z.iso.datetime({ offset: true });
export const maybeTime = time.nullable();
export const count = z.int().min(0);

/** Query of every list: `after` is the last item of the page before. */
export function page(after: z.ZodType<string | undefined>) {
  return z.strictObject({
    limit: z.coerce.number().int().min(1).max(200).default(50),
    after,
  });
}

export const loginOffer = z
  .strictObject({
    issuer: z.string().meta({ description: 'The identity provider’s issuer identifier, verbatim.' }),
    audience: z.string().meta({ description: 'The audience that access tokens must have.' }),
    clientId: z.string().meta({ description: 'The provider’s public client for command lines.' }),
    scope: z.string().meta({ description: 'The scopes to request, separated by spaces.' }),
    cluster: z.string().meta({ description: 'The cluster that the secrets are for.' }),
  })
  .meta({ id: 'LoginOffer', description: 'How a command line logs in: nothing in it is secret.' });

export const caller = z
  .strictObject({ ownerId: uuid, issuer: z.string(), sub: z.string() })
  .meta({ id: 'Caller', description: 'An owner of secrets, and the login behind it.' });

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
        dryRun: z.boolean().meta({ description: 'A dry run: nothing was handed out.' }),
        names: z
          .array(z.string())
          .nullable()
          .meta({ description: 'Where nothing was handed out, the first few, each truncated.' }),
        nameCount: z.int().nullable().meta({ description: 'How many there were, where not all are listed.' }),
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

export const auditQuery = page(
  z
    .string()
    .regex(/^[1-9][0-9]{0,14}$/)
    .optional(),
).extend({
  secret: z.string().regex(new RegExp(NAME_PATTERN)).optional().meta({
    description: 'Only records of this secret, by its name, and by its id while there is one of this name.',
  }),
  session: z
    .string()
    .refine(isSubdomain, 'must be the id of a session, or the name of its pod')
    .optional()
    .meta({
      description:
        'Only records of this session: its id, at least the first 8 digits, or the name of its pod.',
    }),
});

export const problem = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(Object.keys(refusals)),
    detail: z.string(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457; `code` is stable.' });
