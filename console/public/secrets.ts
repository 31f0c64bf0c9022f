/** `/secrets`: list, create, replace, delete. Zone 1; design §5. */
import type { Request } from 'express';
import type { z } from 'zod';
import type { OwnerId, SecretName } from '#envelope/names.ts';
import { ok } from '#envelope/result.ts';
import { recordRefusal, type AuditAction, type RefusalRecorder } from '../core/audit.ts';
import { refuse, type Outcome } from '../core/outcome.ts';
import { parseContent, wipeContent, type Content, type ContentInput } from '../core/secret-content.ts';
import type { IfMatch, SecretWriting } from '../core/secret-writing.ts';
import type { SecretRow, SecretStore, SecretSummary } from '../core/stores.ts';
import type { Answer } from '../http/answer.ts';
import { parseJson, parseWith } from '../http/body.ts';
import {
  instant,
  maybeInstant,
  parseKnownName,
  parseName,
  parseQuery,
  type OwnerOf,
  type Routes,
} from './routes.ts';
import { createForms, replaceForms, secretQuery } from './schemas.ts';

interface Ports extends RefusalRecorder {
  readonly ownerOf: OwnerOf;
  readonly secrets: Pick<SecretStore, 'list'>;
  readonly writing: SecretWriting;
}

interface WriteBody {
  readonly content: ContentInput;
  readonly expiresAt: number | undefined;
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
  };
}

function versioned(status: 200 | 201, row: SecretRow): Answer {
  return {
    status,
    body: itemOf(row),
    headers: { etag: `"${row.version}"` },
  };
}

type Forms = Readonly<Record<'value' | 'valueBase64' | 'envelope', z.ZodType>>;

/** The form that the body has by the member that only it has. */
function formOf<F extends Forms>(forms: F, body: unknown): F[keyof Forms] {
  const has = (member: string): boolean => typeof body === 'object' && body !== null && member in body;
  return has('envelope') ? forms.envelope : has('valueBase64') ? forms.valueBase64 : forms.value;
}

function writeBody({ expiresAt, ...content }: z.infer<(typeof replaceForms)[keyof Forms]>): WriteBody {
  return {
    content,
    expiresAt: expiresAt == null ? undefined : Date.parse(expiresAt),
  };
}

const STRONG_TAG = /^"(\d{1,15})"$/;

/** `If-Match`: versions in quotes, or `*`. A weak or foreign tag fits no version. */
function parseIfMatch(header: string | undefined): Outcome<IfMatch | undefined> {
  if (header === undefined || header.trim() === '*') return ok(header === undefined ? undefined : '*');
  const tags = header.split(',').map((tag) => tag.trim());
  if (!tags.every((tag) => /^(W\/)?"[^"]*"$/.test(tag))) {
    return refuse('if_match_malformed', 'If-Match is not a list of versions; write it as the ETag was, "3".');
  }
  return ok(tags.flatMap((tag) => STRONG_TAG.exec(tag)?.[1] ?? []).map(Number));
}

export function createSecretsRoutes(
  ports: Ports & { readonly maxValueBytes: number },
): Pick<Routes, 'listSecrets' | 'createSecret' | 'replaceSecret' | 'deleteSecret'> {
  const { ownerOf, writing, maxValueBytes } = ports;

  /** Records a refusal with the name as far as it is one. */
  const recorded = <T>(
    action: AuditAction,
    { ownerId, name }: { ownerId: OwnerId; name: SecretName | undefined },
    outcome: Outcome<T>,
  ): Promise<Outcome<T>> =>
    recordRefusal(ports, action, { ownerId, actor: 'owner', names: name && [name] }, outcome);

  /** Parses the content, hands it on and wipes it, whatever happens. */
  const withContent = async (
    input: ContentInput,
    use: (content: Content) => Promise<Outcome<SecretRow>>,
  ): Promise<Outcome<SecretRow>> => {
    const content = parseContent(input, maxValueBytes);
    if (!content.ok) return content;
    try {
      return await use(content.value);
    } finally {
      wipeContent(content.value);
    }
  };

  const create = async (request: Request): Promise<Outcome<Answer>> => {
    const ownerId = ownerOf(request);
    const json = parseJson(request);
    if (!json.ok) return await recorded('create', { ownerId, name: undefined }, json);
    const body = parseWith(formOf(createForms, json.value), json.value);
    if (!body.ok) return await recorded('create', { ownerId, name: undefined }, body);
    const { name: text, ...rest } = body.value;
    const name = parseName(text);
    if (!name.ok) return await recorded('create', { ownerId, name: undefined }, name);
    const { content: input, expiresAt } = writeBody(rest);
    const outcome = await withContent(input, (content) =>
      writing.create({ ownerId, name: name.value, content, expiresAt }),
    );
    const row = await recorded('create', { ownerId, name: name.value }, outcome);
    return row.ok ? ok(versioned(201, row.value)) : row;
  };

  const replace = async (request: Request, name: SecretName): Promise<Outcome<SecretRow>> => {
    const ownerId = ownerOf(request);
    const ifMatch = parseIfMatch(request.headers['if-match']);
    if (!ifMatch.ok) return ifMatch;
    const json = parseJson(request);
    if (!json.ok) return json;
    const body = parseWith(formOf(replaceForms, json.value), json.value);
    if (!body.ok) return body;
    const { content: input, expiresAt } = writeBody(body.value);
    return await withContent(input, (content) =>
      writing.replace({ ownerId, name, content, expiresAt, ifMatch: ifMatch.value }),
    );
  };

  return {
    listSecrets: async (request) => {
      const query = parseQuery(secretQuery, request);
      if (!query.ok) return query;
      const { limit, after } = query.value;
      const name = after === undefined ? ok(undefined) : parseName(after);
      if (!name.ok) return name;
      const rows = await ports.secrets.list(ownerOf(request), { limit, after: name.value });
      return ok({ status: 200, body: { items: rows.map(itemOf) } });
    },
    createSecret: create,
    replaceSecret: async (request) => {
      const ownerId = ownerOf(request);
      const name = parseKnownName(request);
      const outcome = name.ok ? await replace(request, name.value) : name;
      const row = await recorded('replace', { ownerId, name: name.ok ? name.value : undefined }, outcome);
      return row.ok ? ok(versioned(200, row.value)) : row;
    },
    deleteSecret: async (request) => {
      const ownerId = ownerOf(request);
      const name = parseKnownName(request);
      const ifMatch = parseIfMatch(request.headers['if-match']);
      const attempt = async (): Promise<Outcome<void>> => {
        if (!name.ok) return name;
        if (!ifMatch.ok) return ifMatch;
        return await writing.delete({ ownerId, name: name.value, ifMatch: ifMatch.value });
      };
      const known = { ownerId, name: name.ok ? name.value : undefined };
      const outcome = await recorded('delete', known, await attempt());
      return outcome.ok ? ok({ status: 204 }) : outcome;
    },
  };
}
