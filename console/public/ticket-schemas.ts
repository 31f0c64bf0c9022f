/** Schemas of tickets and their sessions. Zone 1; docs/design.md#api. */
import { z } from 'zod';
import type { MemberForm, MemberForms } from '#envelope/annotation-row.ts';
import { annotationRows, type MemberFormOf } from '#envelope/annotation-values.ts';
import { MAX_FILES, MAX_NAMES } from '#envelope/limits.ts';
import { SECRET_NAME_RULE } from '#envelope/names.ts';
import { isNamespace, isSubdomain, parsePodPattern } from '#envelope/pod.ts';
import { parseNames } from '#envelope/ticket.ts';
import { count, maybeTime, nameText, page, time, uuid } from './schemas.ts';

const MAX_USES = 1_000_000_000;

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
    `must list names of secrets, none twice: ${SECRET_NAME_RULE}`,
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
    uses: z.int().min(1).max(MAX_USES).optional().meta({ description: 'Sessions that may claim, at most.' }),
    ttlSeconds: z
      .int()
      .min(60)
      .optional()
      .meta({ description: 'Lifetime; the operator sets default and limit.' }),
  })
  .meta({ id: 'TicketRequest' });

export const issuedTicket = z
  .strictObject({
    ticket: z.string(),
    jti: uuid,
    expiresAt: time,
    annotations: z.record(z.string(), z.string()).meta({ description: 'Ready to put on the pod.' }),
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

export const ticketItem = z
  .strictObject({
    jti: uuid,
    namespace: z.string(),
    serviceAccount: z.string(),
    secrets: z.array(nameText),
    pod: z.string().nullable(),
    uses: z.int().nullable(),
    used: count.meta({ description: 'Sessions that have claimed.' }),
    launcher: z.string().nullable().meta({ description: 'The trusted launcher that it was issued for.' }),
    issuedAt: time,
    expiresAt: time,
    revokedAt: maybeTime,
    sessions: z.array(session).meta({ description: 'The newest, at most 100.' }),
  })
  .meta({ id: 'Ticket' });

export const ticketPage = z.strictObject({ items: z.array(ticketItem) });

export const ticketQuery = page(uuid.optional());
