/** What attempts came to: values count as read only where they are, byte for byte, what somebody stored. */

export interface Report {
  /** Tells a plaintext; whatever else an attempt takes for one is not counted. */
  read(value: Uint8Array): void;
  /** Tells what ended a way: the code of a refusal. */
  stopped(code: string): void;
}

export interface Result {
  /** `owner/name`, sorted. */
  readonly read: readonly string[];
  /** Codes, sorted. */
  readonly stopped: readonly string[];
}

export function createReport(markers: ReadonlyMap<string, string>): Report & { result(): Result } {
  const found = new Set<string>();
  const codes = new Set<string>();
  return {
    read: (value) => {
      const whose = markers.get(Buffer.from(value).toString());
      if (whose !== undefined) found.add(whose);
    },
    stopped: (code) => codes.add(code),
    result: () => ({ read: [...found].sort(), stopped: [...codes].sort() }),
  };
}

export function joined(results: readonly Result[]): Result {
  const all = (pick: (result: Result) => readonly string[]): string[] =>
    [...new Set(results.flatMap(pick))].sort();
  return { read: all(({ read }) => read), stopped: all(({ stopped }) => stopped) };
}
