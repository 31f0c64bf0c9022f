/**
 * The init container: claims its keys, opens the session's secrets into memory volumes, exits. Zone 4;
 * docs/design.md#files.
 */
import { writeFileSync } from 'node:fs';
import { claimKeys } from './claim.ts';
import { parseConfig } from './config.ts';
import { asFailure, exitCodes, terminationMessage } from './outcome.ts';
import { envContents, fileContents } from './secrets.ts';
import { readSession } from './session.ts';
import { fillVolumes } from './volume.ts';

async function run(env: NodeJS.ProcessEnv): Promise<void> {
  const config = parseConfig(env);
  const session = readSession(config);
  const keys = await claimKeys(config, session);
  try {
    // Each volume exists only where it is used.
    await fillVolumes([
      ...(config.files.length > 0
        ? [{ dir: config.dirs.files, contents: fileContents(config, session, keys) }]
        : []),
      ...(config.variables.length > 0
        ? [{ dir: config.dirs.env, contents: envContents(config, session, keys) }]
        : []),
    ]);
  } finally {
    for (const key of keys.values()) key.fill(0);
  }
}

// Process 1 ignores SIGTERM by default, and a deleted pod would wait out its grace period.
process.once('SIGTERM', () => process.exit(143));
try {
  await run(process.env);
} catch (error) {
  const failure = asFailure(error);
  const message = terminationMessage(failure);
  process.stderr.write(`${message}\n`);
  try {
    writeFileSync(process.env['TWOFOLD_TERMINATION_LOG'] ?? '/dev/termination-log', message);
  } catch {
    // The message is in the container's log.
  }
  process.exitCode = exitCodes[failure.kind];
}
