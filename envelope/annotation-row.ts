/** What a row of the table of annotations says. No zone; docs/design.md#layers. */
import type { Parsed } from './parsed.ts';
import type { FileItem, VariableItem } from './selection.ts';

/** What a member of a request for a ticket is in JSON. */
export interface MemberForms {
  readonly text: string;
  readonly texts: readonly string[];
  readonly files: readonly FileItem[];
  readonly variables: readonly VariableItem[];
}

export type MemberForm = keyof MemberForms;

export interface MemberOf<F extends MemberForm> {
  readonly name: string;
  readonly form: F;
  /** For the API's document. */
  readonly doc: string;
}

/** The annotation's own text. */
export interface TextMember extends MemberOf<'text'> {
  /** Of the page `/launch`, in the words of console/web/text.ts; undefined: a person does not choose it there. */
  readonly field: string | undefined;
}

interface ListMember<T, F extends MemberForm> extends MemberOf<F> {
  parse(json: MemberForms[F]): Parsed<T>;
}

export type ListForm = Exclude<MemberForm, 'text'>;
type Member<T> = TextMember | { [F in ListForm]: ListMember<T, F> }[ListForm];

export interface Option {
  readonly name: string;
  /** What to write for the value. */
  readonly value: string;
  readonly short?: string;
  readonly doc: string;
}

export interface Row<
  T,
  Fallback extends T | undefined,
  M extends Member<T> | undefined,
  O extends Option | undefined,
  V extends `TWOFOLD_${string}` | undefined,
> {
  readonly key: `twofold.dev/${string}`;
  /** For the README's table: what it says, and what holds where it is absent. */
  readonly doc: string;
  readonly docFallback: string;
  /** What holds where it is absent, as far as that does not depend on the pod. */
  readonly fallback: Fallback;
  /** Total, and linear in the length of the text: an outsider writes it. */
  parse(text: string): Parsed<T>;
  /** The one text for a value, which `parse` reads back. */
  encode(value: T): string;
  /** In the body of `POST /tickets`; undefined: nobody asks the console for it. */
  readonly member: M;
  /** Of `twofold annotate`; undefined: it has none. */
  readonly option: O;
  /** Of the init container, with the text of `encode`; undefined: it need not know. */
  readonly variable: V;
}

/** Ties what a row parses, encodes and falls back on to one type. */
export function row<
  T,
  const Fallback extends T | undefined,
  const M extends Member<T> | undefined,
  const O extends Option | undefined,
  const V extends `TWOFOLD_${string}` | undefined,
>(of: Row<T, Fallback, M, O, V>): Row<T, Fallback, M, O, V> {
  return of;
}
