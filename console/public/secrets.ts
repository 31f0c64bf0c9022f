/**
 * `/secrets`: list, create, replace, update, delete; and what a client needs to seal a value itself. Zone 1;
 * docs/design.md#api.
 */
import type { Request } from 'express';
import type { z } from 'zod';
import { encodeBase64url } from '#envelope/base64url.ts';
import { parseSecretName } from '#envelope/names.ts';
import { ok } from '#envelope/result.ts';
import type { SealingOffer } from '../core/client-sealing.ts';
import { refuse, type Outcome } from '../core/outcome.ts';
import type { Expiry, IfMatch } from '../core/secret-writing.ts';
import type { NewSecret, Replacement, Update } from '../core/secrets.ts';
import type { SecretRow, SecretStore, SecretSummary } from '../core/stores.ts';
import type { UseCases } from '../core/use-cases.ts';
import type { Answer } from '../http/answer.ts';
import { parseBody, parseJson, parseWith } from '../http/body.ts';
import { parameter } from '../http/request.ts';
import { instant, maybeInstant, parseQuery, type OwnerOf, type Routes } from './routes.ts';
import { createForms, replaceForms, secretChanges, secretQuery } from './secret-schemas.ts';

interface Ports {
  readonly ownerOf: OwnerOf;
  readonly secrets: Pick<SecretStore, 'list'>;
  readonly cases: Pick<
    UseCases,
    'createSecret' | 'replaceSecret' | 'updateSecret' | 'deleteSecret' | 'reserveSealing'
  >;
}

function itemOf(row: SecretSummary): object {
  return {
    id: row.id,
    name: row.name,
    version: row.version,
    size: row.size,
    envSafe: row.envSafe,
    createdAt: instant(row.createdAt),
    modifiedAt: instant(row.modifiedAt),
    expiresAt: maybeInstant(row.expiresAt),
    lastUsedAt: maybeInstant(row.lastUsedAt),
    note: row.note ?? null,
  };
}

function versioned(status: 200 | 201, row: SecretRow): Answer {
  return {
    status,
    body: itemOf(row),
    headers: { etag: `"${row.version}"` },
  };
}

function offerOf(offer: SealingOffer): object {
  return {
    ownerId: offer.ownerId,
    secretId: offer.secretId,
    version: offer.version,
    gen: offer.gen,
    salt: encodeBase64url(offer.salt),
    innerKey: encodeBase64url(offer.innerKey),
    publicKey: offer.publicKey,
    expiresAt: instant(offer.until),
  };
}

type Forms = Readonly<Record<'value' | 'valueBase64' | 'envelope', z.ZodType>>;

/** The form of the body, by the member that only it has. */
function formOf<F extends Forms>(forms: F, body: unknown): F[keyof Forms] {
  const has = (member: string): boolean => typeof body === 'object' && body !== null && member in body;
  return has('envelope') ? forms.envelope : has('valueBase64') ? forms.valueBase64 : forms.value;
}

function expiryOf({ expiresAt }: { readonly expiresAt?: string | null | undefined }): Expiry | undefined {
  if (expiresAt === undefined) return undefined;
  return expiresAt === null ? 'never' : Date.parse(expiresAt);
}

const STRONG_TAG = /^"(\d{1,15})"$/;

/** `If-Match`: versions in quotes, or `*`. A weak or foreign tag matches no version. */
function parseIfMatch(header: string | undefined): Outcome<IfMatch | undefined> {
  if (header === undefined || header.trim() === '*') return ok(header === undefined ? undefined : '*');
  const tags = header.split(',').map((tag) => tag.trim());
  if (!tags.every((tag) => /^(W\/)?"[^"]*"$/.test(tag))) {
    return refuse('if_match_malformed', 'If-Match is not a list of versions; write it like the ETag, "3".');
  }
  return ok(tags.flatMap((tag) => STRONG_TAG.exec(tag)?.[1] ?? []).map(Number));
}

function parseForm<F extends Forms>(forms: F, request: Request): Outcome<z.output<F[keyof Forms]>> {
  const json = parseJson(request);
  return json.ok ? parseWith(formOf(forms, json.value), json.value) : json;
}

function newSecretIn(request: Request): Outcome<NewSecret> {
  const body = parseForm(createForms, request);
  if (!body.ok) return body;
  const { name, note, expiresAt: _text, ...content } = body.value;
  return ok({ name, content, note: note ?? undefined, expiresAt: expiryOf(body.value) });
}

function replacementIn(request: Request): Outcome<Replacement> {
  const ifMatch = parseIfMatch(request.headers['if-match']);
  if (!ifMatch.ok) return ifMatch;
  const body = parseForm(replaceForms, request);
  if (!body.ok) return body;
  const { expiresAt: _text, ...content } = body.value;
  return ok({ content, expiresAt: expiryOf(body.value), ifMatch: ifMatch.value });
}

function updateIn(request: Request): Outcome<Update> {
  const ifMatch = parseIfMatch(request.headers['if-match']);
  if (!ifMatch.ok) return ifMatch;
  const body = parseBody(secretChanges, request);
  if (!body.ok) return body;
  const { note } = body.value;
  return ok({ expiresAt: expiryOf(body.value), note: note === null ? '' : note, ifMatch: ifMatch.value });
}

export function createSecretsRoutes({
  ownerOf,
  secrets,
  cases,
}: Ports): Pick<
  Routes,
  'listSecrets' | 'createSecret' | 'replaceSecret' | 'updateSecret' | 'deleteSecret' | 'reserveSealing'
> {
  const named = (request: Request) => ({ ownerId: ownerOf(request), name: parameter(request, 'name') });
  return {
    listSecrets: async (request) => {
      const query = parseQuery(secretQuery, request);
      if (!query.ok) return query;
      const { limit, after } = query.value;
      const rows = await secrets.list(ownerOf(request), { limit, after: parseSecretName(after) });
      return ok({ status: 200, body: { items: rows.map(itemOf) } });
    },
    createSecret: async (request) => {
      const row = await cases.createSecret({ ownerId: ownerOf(request), asked: newSecretIn(request) });
      return row.ok ? ok(versioned(201, row.value)) : row;
    },
    replaceSecret: async (request) => {
      const row = await cases.replaceSecret({ ...named(request), asked: replacementIn(request) });
      return row.ok ? ok(versioned(200, row.value)) : row;
    },
    updateSecret: async (request) => {
      const row = await cases.updateSecret({ ...named(request), asked: updateIn(request) });
      return row.ok ? ok(versioned(200, row.value)) : row;
    },
    deleteSecret: async (request) => {
      const ifMatch = parseIfMatch(request.headers['if-match']);
      const asked = ifMatch.ok ? ok({ ifMatch: ifMatch.value }) : ifMatch;
      const deleted = await cases.deleteSecret({ ...named(request), asked });
      return deleted.ok ? ok({ status: 204 }) : deleted;
    },
    reserveSealing: async (request) => {
      const offer = await cases.reserveSealing(named(request));
      if (!offer.ok) return offer;
      try {
        return ok({ status: 200, body: offerOf(offer.value) });
      } finally {
        offer.value.innerKey.fill(0);
      }
    },
  };
}
