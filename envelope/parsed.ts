/** The result of parsing a text that a person wrote. No zone. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      /** A sentence for the author: what is wrong, then what to do. */
      readonly problem: string;
      /** It is well-formed, but not allowed. */
      readonly forbidden?: boolean;
    };
