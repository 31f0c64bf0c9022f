/**
 * Writes of an owner's secrets: name and content are parsed, written, and wiped. Zone 1;
 * docs/design.md#writing.
 */
import { parseSecretName, type OwnerId, type SecretName } from '#envelope/names.ts';
import { ok } from '#envelope/result.ts';
import { lengthOf } from '#envelope/selection.ts';
import { refuse, type Outcome } from './outcome.ts';
import { parseContent, parseName, type ContentInput } from './secret-content.ts';
import type { DeleteRequest, IfMatch, SecretWriting, WriteRequest } from './secret-writing.ts';
import type { SecretRow } from './stores.ts';
import { byOwner, type Trace, type UseCase } from './use-case.ts';

interface Write {
  readonly content: ContentInput;
  readonly expiresAt: number | undefined;
}

export interface NewSecret extends Write {
  readonly name: string;
}

export interface Replacement extends Write {
  readonly ifMatch?: IfMatch | undefined;
}

/** `asked`: the request, or why it cannot be parsed. */
interface CreateSecret {
  readonly ownerId: OwnerId;
  readonly asked: Outcome<NewSecret>;
}

interface OnSecret<T> {
  readonly ownerId: OwnerId;
  readonly name: string;
  readonly asked: Outcome<T>;
}

type Deletion = Pick<Replacement, 'ifMatch'>;

export interface Secrets {
  readonly createSecret: UseCase<CreateSecret, SecretRow>;
  readonly replaceSecret: UseCase<OnSecret<Replacement>, SecretRow>;
  readonly deleteSecret: UseCase<OnSecret<Deletion>, void>;
}

export interface SecretsConfig {
  readonly maxValueBytes: number;
}

/** The name of a secret that must exist: one outside the alphabet cannot. */
function parseKnownName(text: string): Outcome<SecretName> {
  const name = parseSecretName(text);
  return name ? ok(name) : refuse('secret_unknown', `You have no secret with this name (${lengthOf(text)}), and nobody can; list your secrets.`);
}

export function createSecrets(writing: SecretWriting, { maxValueBytes }: SecretsConfig): Secrets {
  /** Parses the content, passes it on, and wipes it, whatever happens. */
  const withContent = async (
    target: DeleteRequest,
    { content: input, expiresAt }: Write,
    write: (request: WriteRequest) => Promise<Outcome<SecretRow>>,
  ): Promise<Outcome<SecretRow>> => {
    const content = parseContent(input, maxValueBytes);
    if (!content.ok) return content;
    try {
      return await write({ ...target, content: content.value, expiresAt });
    } finally {
      if (content.value.kind === 'plain') content.value.bytes.fill(0);
    }
  };

  const create = async ({ ownerId, asked }: CreateSecret, trace: Trace): Promise<Outcome<SecretRow>> => {
    if (!asked.ok) return asked;
    const name = parseName(asked.value.name);
    if (!name.ok) return name;
    trace.names = [name.value];
    const target = { ownerId, name: name.value };
    return await withContent(target, asked.value, (request) => writing.create(request));
  };

  /** Passes the request on, if the name can be that of a secret. */
  const onKnown = async <T extends Deletion, R>(
    { ownerId, name: text, asked }: OnSecret<T>,
    trace: Trace,
    act: (target: DeleteRequest, asked: T) => Promise<Outcome<R>>,
  ): Promise<Outcome<R>> => {
    const name = parseKnownName(text);
    if (!name.ok) return name;
    trace.names = [name.value];
    if (!asked.ok) return asked;
    return await act({ ownerId, name: name.value, ifMatch: asked.value.ifMatch }, asked.value);
  };

  const replace = (request: OnSecret<Replacement>, trace: Trace): Promise<Outcome<SecretRow>> =>
    onKnown(request, trace, (target, asked) => withContent(target, asked, (write) => writing.replace(write)));

  const remove = (request: OnSecret<Deletion>, trace: Trace): Promise<Outcome<void>> =>
    onKnown(request, trace, (target) => writing.delete(target));

  return {
    createSecret: { action: 'create', subject: byOwner, act: create },
    replaceSecret: { action: 'replace', subject: byOwner, act: replace },
    deleteSecret: { action: 'delete', subject: byOwner, act: remove },
  };
}
