/** The shape of a row in the table of annotations. No zone; docs/design.md#layers. */
import type { Parsed } from './parsed.ts';
import type { FileItem, VariableItem } from './selection.ts';

/** The JSON form of a member in a ticket request. */
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
  /** For the API description. */
  readonly doc: string;
}

/** The annotation's own text. */
export interface TextMember extends MemberOf<'text'> {
  /** Its field on the page `/launch`, as console/web/shared/session-text.ts labels it; undefined: it cannot be chosen there. */
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
  /** For the README's table: the meaning, and the default. */
  readonly doc: string;
  readonly docFallback: string;
  /** The default, unless it depends on the pod. */
  readonly fallback: Fallback;
  /** Total, and linear in the length of the text, which is untrusted. */
  parse(text: string): Parsed<T>;
  /** The canonical text of a value, which `parse` reads back. */
  encode(value: T): string;
  /** In the body of `POST /tickets`; undefined: the console does not accept it. */
  readonly member: M;
  /** Of `twofold annotate`; undefined: it has none. */
  readonly option: O;
  /** Of the init container, set to the text of `encode`; undefined: it does not need it. */
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
