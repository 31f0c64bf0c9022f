/**
 * Entry of the `certs` command: connects command.ts to the process. Belongs to no zone;
 * docs/design.md#certificates.
 */
import { runCommand } from './command.ts';

process.exitCode = await runCommand(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  now: () => new Date(),
});
