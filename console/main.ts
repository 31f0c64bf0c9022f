/** The console's entry. Zone 1; docs/design.md#api. */
import { runService } from '#platform/service.ts';
import { consoleSettings, contradictionsOf, type ConsoleConfig } from './config.ts';
import { startConsole } from './start.ts';
import { databaseUrlOf } from './storage-settings.ts';
import { sqliteFile } from './store/connection.ts';
import { placeProblem } from './store/private-file.ts';

function databaseProblems(config: ConsoleConfig): readonly string[] {
  const file = sqliteFile({ url: databaseUrlOf(config) });
  const problem = file === undefined ? undefined : placeProblem(file);
  return problem === undefined ? [] : [`the database cannot be at ${file ?? ''}: ${problem}`];
}

await runService({
  name: 'console',
  settings: consoleSettings,
  contradictionsOf,
  check: (config) => Promise.resolve(databaseProblems(config)),
  start: (config, log) => startConsole(config, log),
});
