/** What the internal ports take, as zod schemas. Zone 1; design §5. */
import { z } from 'zod';
import { MAX_JWS_BYTES, MAX_NAMES } from '#envelope/limits.ts';
import { isNamespace, isSubdomain } from '#envelope/pod.ts';
import { parseNames } from '#envelope/ticket.ts';

const names = z.array(z.string()).max(MAX_NAMES);
const text = z.string().min(1).max(253);
const jws = z.string().max(MAX_JWS_BYTES);

export const resolveBody = z
  .strictObject({
    dryRun: z.boolean(),
    namespace: z.string().refine(isNamespace, 'must be the name of a namespace'),
    serviceAccount: z.string().refine(isSubdomain, 'must be the name of a service account'),
    pod: z.strictObject({ name: text.optional(), generateName: text.optional() }),
    names: names.refine((value) => parseNames(value) !== undefined, 'must hold names of secrets, none twice'),
    variables: names,
    ticket: jws.optional(),
    launcher: z.strictObject({ username: text, user: z.string().max(1024) }).optional(),
  })
  .refine(({ names: all, variables }) => variables.every((name) => all.includes(name)), {
    message: 'must be among the names',
    path: ['variables'],
  });

export const claimBody = z.strictObject({ grant: jws });
