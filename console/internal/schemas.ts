/** What the internal ports take, as zod schemas. Zone 1; design §5. */
import { z } from 'zod';
import { MAX_JWS_BYTES, MAX_NAMES } from '#envelope/limits.ts';
import { isUsername } from '#envelope/place.ts';
import { isGenerateName, isNamespace, isSubdomain } from '#envelope/pod.ts';
import { parseNames } from '#envelope/ticket.ts';

const names = z.array(z.string()).max(MAX_NAMES);
const jws = z.string().max(MAX_JWS_BYTES);

/** As the webhook has checked them too. A minted ticket is for this pod alone, so that there must be a name to say. */
const pod = z
  .strictObject({
    name: z.string().refine(isSubdomain, 'must be the name of a pod').optional(),
    generateName: z.string().refine(isGenerateName, 'must be what the name of a pod begins with').optional(),
  })
  .refine(({ name, generateName }) => name !== undefined || generateName !== undefined, {
    message: 'must have name or generateName',
  });

const launcher = z.strictObject({
  username: z.string().refine(isUsername, 'must be the name of a Kubernetes user'),
  user: z.string().max(1024),
});

export const resolveBody = z
  .strictObject({
    dryRun: z.boolean(),
    namespace: z.string().refine(isNamespace, 'must be the name of a namespace'),
    serviceAccount: z.string().refine(isSubdomain, 'must be the name of a service account'),
    pod,
    names: names.refine((value) => parseNames(value) !== undefined, 'must hold names of secrets, none twice'),
    variables: names,
    ticket: jws.optional(),
    launcher: launcher.optional(),
  })
  .refine(({ names: all, variables }) => variables.every((name) => all.includes(name)), {
    message: 'must be among the names',
    path: ['variables'],
  });

export const claimBody = z.strictObject({ grant: jws });
