/**
 * `twofold-admin` as a function: arguments and environment in, text and an exit code out. Zone 1;
 * docs/design.md#administration.
 */
import { runCommandLine } from '#platform/command-line.ts';
import type { ReadFile } from '#platform/settings.ts';
import { DatabaseError, toDatabaseError } from '../store/failure.ts';
import { createRecords } from '../store/records.ts';
import { program, type OnDatabase } from './arguments.ts';
import { CommandError, exits, type Terminal } from './commands.ts';
import { parseAdminConfig } from './config.ts';
import { openAdminDatabase } from './database.ts';

interface Outside {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly readFile: ReadFile;
  readonly terminal: Terminal;
}

/** A driver's message may quote a row, so only its code is shown. */
function wordsOf(error: unknown): string {
  const known = toDatabaseError(error);
  if (known instanceof DatabaseError) {
    return known.code === 'unavailable' ? `${known.message}; nothing was changed; try again` : known.message;
  }
  return known instanceof Error ? known.message : 'something other than an error was thrown';
}

function openerOf({ env, readFile, terminal }: Outside): OnDatabase {
  return async (command) => {
    const parsed = await parseAdminConfig(env, readFile);
    if (!parsed.ok) {
      for (const problem of parsed.problems) terminal.err(`twofold-admin: ${problem}\n`);
      return exits.settings;
    }
    const { recordKeys } = parsed.value;
    const database = await openAdminDatabase(parsed.value.database, recordKeys && createRecords(recordKeys));
    try {
      return await command({ database, config: parsed.value, terminal });
    } finally {
      await database.close();
    }
  };
}

/** Never throws. */
export async function runAdmin(outside: Outside): Promise<number> {
  const { args, terminal } = outside;
  try {
    return await runCommandLine(program, args, openerOf(outside), terminal);
  } catch (error) {
    terminal.err(`twofold-admin: ${error instanceof CommandError ? error.message : wordsOf(error)}\n`);
    return exits.failed;
  }
}
