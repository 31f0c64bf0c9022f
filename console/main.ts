/** The console's entry. Zone 1; docs/design.md#api. */
import { runService } from '#platform/service.ts';
import { consoleSettings, contradictionsOf } from './config.ts';
import { startConsole } from './start.ts';

await runService({
  name: 'console',
  settings: consoleSettings,
  contradictionsOf,
  start: (config, log) => startConsole(config, log),
});
