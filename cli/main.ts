#!/usr/bin/env node
/** The command line `twofold`: process, streams and signals. Zone 0; docs/cli.md. */
import { constants } from 'node:os';
import { shownLines } from '#platform/shown.ts';
import { program } from './commands.ts';
import { run } from './run.ts';
import { keepGoing, print } from './standard-output.ts';
import { createTerminal } from './terminal.ts';

const { stdin, stdout, stderr } = process;
const terminal = createTerminal({ stdin, stderr });

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    terminal.restore();
    process.exit(128 + constants.signals[signal]);
  });
}
keepGoing([stdout, stderr]);

process.exitCode = await run(
  {
    program,
    terminal,
    stdin,
    env: process.env,
    // A file printed for another program stays as it is.
    print: (text, end = '\n') => print(stdout, `${stdout.isTTY ? shownLines(text) : text}${end}`),
    note: (line) => stderr.write(`${shownLines(line)}\n`),
  },
  process.argv.slice(2),
);
