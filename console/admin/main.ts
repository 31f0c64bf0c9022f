/** The entry of `twofold-admin`, which is in the console's image. Zone 1; docs/design.md#administration. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { shownLines } from '#platform/shown.ts';
import { runAdmin } from './run.ts';

// A reader of only the first lines of an export has what it wanted.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await runAdmin({
  args: process.argv.slice(2),
  env: process.env,
  readFile: (path) => readFile(path, 'utf8'),
  terminal: {
    out: async (text) => {
      if (!process.stdout.write(shownLines(text))) await once(process.stdout, 'drain');
    },
    err: (text) => process.stderr.write(shownLines(text)),
    now: () => Date.now(),
  },
});
