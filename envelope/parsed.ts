/** What a parser answers to a text that a person wrote. No zone. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      /** A sentence for whoever wrote it: what is wrong, then what to do. */
      readonly problem: string;
      /** It is in the format, and refused all the same. */
      readonly forbidden?: boolean;
    };
