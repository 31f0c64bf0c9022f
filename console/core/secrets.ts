/**
 * Writes of an owner's secrets: name, note and content are parsed, written, and wiped. Zone 1;
 * docs/design.md#writing.
 */
import { parseSecretName, type OwnerId, type SecretName } from '#envelope/names.ts';
import { NOTE_RULE, parseNote } from '#envelope/note.ts';
import { ok } from '#envelope/result.ts';
import { lengthOf } from '#envelope/selection.ts';
import { refuse, type Outcome } from './outcome.ts';
import { parseContent, parseName, type ContentInput } from './secret-content.ts';
import type { DeleteRequest, Expiry, IfMatch, SecretWriting, WriteRequest } from './secret-writing.ts';
import type { SecretRow } from './stores.ts';
import { byOwner, type Trace, type UseCase } from './use-case.ts';

interface Write {
  readonly content: ContentInput;
  readonly expiresAt: Expiry | undefined;
}

export interface NewSecret extends Write {
  readonly name: string;
  readonly note?: string | undefined;
}

export interface Replacement extends Write {
  readonly ifMatch?: IfMatch | undefined;
}

/** What changes without the value; undefined members stay. */
export interface Update {
  readonly expiresAt: Expiry | undefined;
  /** An empty one removes it. */
  readonly note: string | undefined;
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
  readonly updateSecret: UseCase<OnSecret<Update>, SecretRow>;
  readonly deleteSecret: UseCase<OnSecret<Deletion>, void>;
}

export interface SecretsConfig {
  readonly maxValueBytes: number;
}

/** The name of a secret that must exist: one outside the alphabet cannot. */
function parseKnownName(text: string): Outcome<SecretName> {
  const name = parseSecretName(text);
  return name
    ? ok(name)
    : refuse(
        'secret_unknown',
        `You have no secret with this name (${lengthOf(text)}), and nobody can; list your secrets.`,
      );
}

function parsedNote(text: string): Outcome<string> {
  const note = parseNote(text);
  return note === undefined ? refuse('note_malformed', `A note is ${NOTE_RULE}; shorten it.`) : ok(note);
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
    const note = parsedNote(asked.value.note ?? '');
    if (!note.ok) return note;
    const target = { ownerId, name: name.value };
    const written = { note: note.value === '' ? undefined : note.value };
    return await withContent(target, asked.value, (request) => writing.create({ ...request, ...written }));
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

  const update = (request: OnSecret<Update>, trace: Trace): Promise<Outcome<SecretRow>> =>
    onKnown(request, trace, async (target, { expiresAt, note: text }) => {
      const note = text === undefined ? ok(text) : parsedNote(text);
      return note.ok ? await writing.update({ ...target, changes: { expiresAt, note: note.value } }) : note;
    });

  const remove = (request: OnSecret<Deletion>, trace: Trace): Promise<Outcome<void>> =>
    onKnown(request, trace, (target) => writing.delete(target));

  return {
    createSecret: { action: 'create', subject: byOwner, act: create },
    replaceSecret: { action: 'replace', subject: byOwner, act: replace },
    updateSecret: { action: 'update', subject: byOwner, act: update },
    deleteSecret: { action: 'delete', subject: byOwner, act: remove },
  };
}
