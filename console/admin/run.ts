/** `twofold-admin` as a function: arguments and environment in, text and an exit code out. Zone 1; design §9. */
import type { ReadFile } from '#platform/settings.ts';
import { DatabaseError, toDatabaseError } from '../store/failure.ts';
import { createRecords } from '../store/records.ts';
import { parseArguments, USAGE, UsageError, type Command } from './arguments.ts';
import {
  check,
  CommandError,
  exits,
  exportAudit,
  keys,
  offboard,
  prune,
  type Context,
  type Terminal,
} from './commands.ts';
import { parseAdminConfig } from './config.ts';
import { openAdminDatabase } from './database.ts';

interface Program {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly readFile: ReadFile;
  readonly terminal: Terminal;
}

function dispatch(context: Context, command: Exclude<Command, { name: 'help' }>): Promise<number> {
  switch (command.name) {
    case 'keys':
      return keys(context, command.output);
    case 'check':
      return check(context, command.output);
    case 'offboard':
      return offboard(context, command);
    case 'prune':
      return prune(context, command);
    case 'audit export':
      return exportAudit(context, command.since);
  }
}

/** A driver's own message may quote a row, so only its code is shown. */
function wordsOf(error: unknown): string {
  const known = toDatabaseError(error);
  if (known instanceof DatabaseError) {
    return known.code === 'unavailable' ? `${known.message}; nothing was changed; try again` : known.message;
  }
  return known instanceof Error ? known.message : 'something that is no error was thrown';
}

async function onDatabase(program: Program, command: Exclude<Command, { name: 'help' }>): Promise<number> {
  const { env, readFile, terminal } = program;
  const parsed = await parseAdminConfig(env, readFile);
  if (!parsed.ok) {
    for (const problem of parsed.problems) terminal.err(`twofold-admin: ${problem}\n`);
    return exits.settings;
  }
  const { recordKeys } = parsed.value;
  const database = await openAdminDatabase(parsed.value.database, recordKeys && createRecords(recordKeys));
  try {
    return await dispatch({ database, config: parsed.value, terminal }, command);
  } finally {
    await database.close();
  }
}

/** Never throws. */
export async function runAdmin(program: Program): Promise<number> {
  const { args, terminal } = program;
  try {
    const command = parseArguments(args);
    if (command.name !== 'help') return await onDatabase(program, command);
    await terminal.out(USAGE);
    return exits.done;
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.err(`twofold-admin: ${error.message}\n\n${USAGE}`);
      return exits.usage;
    }
    terminal.err(`twofold-admin: ${error instanceof CommandError ? error.message : wordsOf(error)}\n`);
    return exits.failed;
  }
}
