/** An HTTPS client whose roots come from a file, and change with it. No zone; docs/design.md#certificates. */
import { createHttpsClient, type HttpsClient } from './https-client.ts';
import type { Log } from './log.ts';
import { watchRoots } from './tls-files.ts';

interface RootsOf {
  /** PEM; the system's roots where undefined. */
  readonly file: string | undefined;
  readonly log: Log;
  /** How often the file is checked. */
  readonly everyMs?: number | undefined;
}

/** Throws when the file cannot be read at first; one that is broken later is logged, and ignored. */
export function createRootedClient({ file, log, everyMs }: RootsOf): HttpsClient {
  if (file === undefined) return createHttpsClient({});
  const roots = watchRoots(file, log, everyMs);
  const client = createHttpsClient({ ca: roots.current() });
  roots.onChange((ca) => client.setTls({ ca }));
  return {
    ...client,
    close: () => {
      roots.close();
      client.close();
    },
  };
}
