/**
 * From annotations to their values, from a ticket request to annotations, and from values to the init
 * container's variables, all driven by the table (annotations.ts). No zone; docs/design.md#layers.
 */
import type {
  ListForm,
  MemberForm,
  MemberForms,
  MemberOf,
  Option,
  Row,
  TextMember,
} from './annotation-row.ts';
import { annotations } from './annotations.ts';
import { MAX_SELECTION_BYTES } from './limits.ts';
import type { Parsed } from './parsed.ts';

type Table = typeof annotations;
type Name = keyof Table;

type ValueOf<R> =
  R extends Row<infer T, infer Fallback, infer _M, infer _O, infer _V>
    ? T | Extract<Fallback, undefined>
    : never;

/** The values of a pod's annotations. */
export type AnnotationValues = { readonly [N in Name]: ValueOf<Table[N]> };

type InitName = { [N in Name]: Table[N]['variable'] extends string ? N : never }[Name];

/** Those that the init container gets. */
export type InitValues = Pick<AnnotationValues, InitName>;

/** An incomplete row would widen to any string, and its one mistake would be reported everywhere. */
type Literal<N extends string> = string extends N ? never : N;
type NameOf<M> = M extends { readonly name: infer N extends string } ? Literal<N> : never;
type FormOf<M> = M extends { readonly form: infer F extends MemberForm } ? F : never;
type FieldOf<M> = M extends { readonly field: infer F extends string } ? Literal<F> : never;

/** The form of each member, by its name. */
export type MemberFormOf = {
  readonly [N in Name as NameOf<Table[N]['member']>]: FormOf<Table[N]['member']>;
};

/** The annotations in a ticket request. */
export type MemberValues = {
  readonly [M in keyof MemberFormOf]?: MemberForms[MemberFormOf[M]] | undefined;
};

export type OptionName = NameOf<Table[Name]['option']>;

/** The fields of the page `/launch` that hold the text of an annotation. */
export type LaunchField = FieldOf<Table[Name]['member']>;

interface AnyListMember extends MemberOf<ListForm> {
  parse(json: unknown): Parsed<unknown>;
}

/** A row with its value type erased: a value goes only into the functions of its own row. */
interface AnyRow {
  readonly key: string;
  readonly doc: string;
  readonly docFallback: string;
  readonly fallback: unknown;
  parse(text: string): Parsed<unknown>;
  encode(value: unknown): string;
  readonly member: TextMember | AnyListMember | undefined;
  readonly option: Option | undefined;
  readonly variable: string | undefined;
}

const named: readonly (readonly [string, AnyRow])[] = Object.entries(annotations);

export const annotationRows: readonly AnyRow[] = named.map(([, row]) => row);

export interface LaunchFieldRow {
  readonly field: LaunchField;
  /** Of the ticket request. */
  readonly member: string;
  /** The default; empty where it depends on the pod. */
  readonly text: string;
  /** Why the field cannot hold this text. */
  readonly problemOf: (text: string) => string | undefined;
}

export const launchFields: readonly LaunchFieldRow[] = annotationRows.flatMap((row) => {
  const { member, fallback } = row;
  if (member?.form !== 'text' || member.field === undefined) return [];
  const fallbackText = fallback === undefined ? '' : row.encode(fallback);
  const problemOf = (text: string): string | undefined => {
    if (text === '' && fallbackText === '') return undefined;
    const parsed = row.parse(text);
    return parsed.ok ? undefined : parsed.problem;
  };
  const field = member.field as LaunchField; // from one of the rows
  return [{ field, member: member.name, text: fallbackText, problemOf }];
});

interface AnnotationProblem {
  readonly key: string;
  readonly kind: 'invalid' | 'forbidden' | 'too_long';
  readonly problem: string;
}

/** Linux accepts no longer text in one variable. */
function tooLong({ variable }: AnyRow, text: string): string | undefined {
  return variable !== undefined && text.length > MAX_SELECTION_BYTES
    ? `it takes more than ${MAX_SELECTION_BYTES} bytes; select fewer`
    : undefined;
}

/** The values of these annotations and every problem with them; an invalid one gets its fallback. */
export function parseAnnotations(texts: Readonly<Record<string, string | undefined>>): {
  readonly values: AnnotationValues;
  readonly problems: readonly AnnotationProblem[];
} {
  const problems: AnnotationProblem[] = [];
  const valueOf = (row: AnyRow): unknown => {
    const { key, fallback } = row;
    const text = texts[key];
    if (text === undefined) return fallback;
    const parsed = row.parse(text);
    if (!parsed.ok) {
      problems.push({ key, kind: parsed.forbidden ? 'forbidden' : 'invalid', problem: parsed.problem });
      return fallback;
    }
    const long = tooLong(row, row.encode(parsed.value));
    if (long !== undefined) problems.push({ key, kind: 'too_long', problem: long });
    return parsed.value;
  };
  const values = Object.fromEntries(named.map(([name, row]) => [name, valueOf(row)]));
  return { values: values as AnnotationValues, problems }; // by each row's own parser
}

type Encoded =
  | { readonly ok: true; readonly texts: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly member: string; readonly problem: string };

/** The annotations of a request, without those that only state the default; or the first problem. */
export function encodeMembers(members: MemberValues): Encoded {
  const given: Readonly<Record<string, unknown>> = members;
  const texts: Record<string, string> = {};
  for (const row of annotationRows) {
    const { key, member, fallback } = row;
    if (member === undefined) continue;
    const json = given[member.name];
    if (json === undefined) continue;
    // The member's value has the member's form.
    const parsed = member.form === 'text' ? row.parse(json as string) : member.parse(json);
    if (!parsed.ok) return { ok: false, member: member.name, problem: parsed.problem };
    const text = row.encode(parsed.value);
    const long = tooLong(row, text);
    if (long !== undefined) return { ok: false, member: member.name, problem: long };
    if (fallback === undefined || text !== row.encode(fallback)) texts[key] = text;
  }
  return { ok: true, texts };
}

/** The init container's variables, in their order; a variable is empty where there is no value. */
export function encodeInitValues(values: InitValues): Readonly<Record<string, string>> {
  const given: Readonly<Record<string, unknown>> = values;
  return Object.fromEntries(
    named.flatMap(([name, row]) =>
      row.variable === undefined
        ? []
        : [[row.variable, given[name] === undefined ? '' : row.encode(given[name])]],
    ),
  );
}

/** Reads back exactly what `encodeInitValues` writes; otherwise returns the name of the first variable that differs. */
export function parseInitValues(
  variables: Readonly<Record<string, string | undefined>>,
): { readonly ok: true; readonly values: InitValues } | { readonly ok: false; readonly variable: string } {
  const values: Record<string, unknown> = {};
  for (const [name, row] of named) {
    const { variable, fallback } = row;
    if (variable === undefined) continue;
    const text = variables[variable];
    if (text === undefined) return { ok: false, variable };
    if (text === '') values[name] = fallback;
    else {
      const parsed = row.parse(text);
      if (!parsed.ok || row.encode(parsed.value) !== text) return { ok: false, variable };
      values[name] = parsed.value;
    }
  }
  return { ok: true, values: values as InitValues }; // by each row's own parser
}
