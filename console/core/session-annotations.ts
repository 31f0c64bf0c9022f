/**
 * The annotations of a session pod for what a user chose, as the webhook will read them: the same parsers
 * report errors before a pod exists. Zone 1; docs/design.md#annotations. Pure.
 */
import { encodeMembers, type MemberValues } from '#envelope/annotation-values.ts';
import type { SecretName } from '#envelope/names.ts';
import { quote } from '#envelope/selection.ts';
import { ok } from '#envelope/result.ts';
import { refuse, type Outcome } from './outcome.ts';

export interface SessionChoice extends MemberValues {
  /** Every secret of the session. One that neither `files` nor `env` names becomes a file of its own name. */
  readonly secrets: readonly SecretName[];
}

/** All except the ticket. */
export type SessionAnnotations = Readonly<Record<string, string>>;

function bad(where: string, problem: string): Outcome<never> {
  return refuse('annotations_malformed', `${quote(where)}: ${problem}.`);
}

export function sessionAnnotations(choice: SessionChoice): Outcome<SessionAnnotations> {
  const { secrets, files = [], env = [] } = choice;
  const elsewhere = new Set([...files, ...env].map(({ name }) => name));
  const listed: ReadonlySet<string> = new Set(secrets);
  const stray = [...elsewhere].find((name) => !listed.has(name));
  if (stray !== undefined) {
    return bad('secrets', `${quote(stray)} is named elsewhere, but is not one of them; add it`);
  }
  const others = secrets.filter((name) => !elsewhere.has(name)).map((name) => ({ name, path: name }));
  const encoded = encodeMembers({ ...choice, files: [...others, ...files] });
  return encoded.ok ? ok(encoded.texts) : bad(encoded.member, encoded.problem);
}
