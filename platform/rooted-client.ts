/** HTTPS clients whose roots come from a file, and change with it. No zone; design §9. */
import type { ClientTls, RenewableClient } from './https-client.ts';
import type { Log } from './log.ts';
import { watchRoots } from './tls-files.ts';

interface RootsOf {
  /** PEM; the system's roots where undefined. */
  readonly file: string | undefined;
  readonly log: Log;
  /** How often the file is looked at. */
  readonly everyMs?: number | undefined;
}

/** Throws when the file cannot be read at first; one that is broken later is logged, and not taken. */
export const createRootedClient = <C extends RenewableClient>(
  createClient: (tls: ClientTls) => C,
  { file, log, everyMs }: RootsOf,
): C => {
  if (file === undefined) return createClient({});
  const roots = watchRoots(file, log, everyMs);
  const client = createClient({ ca: roots.current() });
  roots.onChange((ca) => client.setTls({ ca }));
  return {
    ...client,
    close: () => {
      roots.close();
      client.close();
    },
  };
};
