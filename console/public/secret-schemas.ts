/** Schemas of secrets, and of what a client that seals them itself receives. Zone 1; docs/design.md#api. */
import { z } from 'zod';
import { MAX_VALUE_BYTES } from '#envelope/limits.ts';
import { MAX_NOTE_LENGTH } from '#envelope/note.ts';
import { parseSecretName } from '#envelope/names.ts';
import { maybeTime, nameText, page, time, uuid } from './schemas.ts';

const KID_PATTERN = '^[A-Za-z0-9_-]{43}$';

const expiresAt = time.nullish().meta({ description: 'When the secret expires; absent or null: never.' });
const nextExpiresAt = time.nullish().meta({
  description: 'When the secret expires; null: never; absent: as it was, unless that has passed.',
});
const note = z.string().nullish().meta({
  maxLength: MAX_NOTE_LENGTH,
  description: 'What its owner writes about it, stored in clear: one line. Null or empty: none.',
});

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
  envelope: z.string().meta({ description: 'Both layers, sealed for a reservation from POST …/sealing.' }),
  size: z.int().min(0).meta({ description: 'Size of the value in bytes.' }),
  envSafe: z.boolean().meta({ description: 'Whether the value can be an environment variable.' }),
  expiresAt,
};
const name = { name: nameText };
const fresh = { ...name, note };
const next = { expiresAt: nextExpiresAt };

/** The three forms of a write, by the member that tells them apart. */
export const createForms = {
  value: z.strictObject({ ...fresh, ...text }),
  valueBase64: z.strictObject({ ...fresh, ...bytes }),
  envelope: z.strictObject({ ...fresh, ...sealed }),
};
export const replaceForms = {
  value: z.strictObject({ ...text, ...next }),
  valueBase64: z.strictObject({ ...bytes, ...next }),
  envelope: z.strictObject({ ...sealed, ...next }),
};

export const secretChanges = z
  .strictObject({
    expiresAt: time
      .nullish()
      .meta({ description: 'When the secret expires; null: never; absent: as it was.' }),
    note: note.meta({ description: 'Stored in clear: one line. Null or empty: none; absent: as it was.' }),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'must name what changes: expiresAt, note, or both')
  .meta({ minProperties: 1 });

export const secretItem = z
  .strictObject({
    id: uuid,
    name: nameText,
    version: z.int().min(1),
    size: z.int().min(1),
    envSafe: z.boolean(),
    createdAt: time,
    modifiedAt: time.meta({ description: 'When the value was last written.' }),
    expiresAt: maybeTime,
    lastUsedAt: maybeTime,
    note: z.string().nullable().meta({ description: 'What its owner wrote about it; stored in clear.' }),
  })
  .meta({ id: 'Secret', description: 'A stored secret; its value is never returned.' });

export const secretPage = z.strictObject({ items: z.array(secretItem) });

export const secretQuery = page(
  z
    .string()
    .refine((value) => parseSecretName(value) !== undefined, 'must be the name of a secret')
    .optional(),
);

function base64url(bytes: string): z.ZodString {
  return z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .meta({ description: `base64url of ${bytes}` });
}

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
  .meta({ id: 'SealingOffer', description: 'What a client needs to seal one write itself.' });
