/** The console's entry. Zone 1; design §5. */
import { runService } from '#platform/service.ts';
import { contradictionsOf } from './config-check.ts';
import { consoleSettings } from './config.ts';
import { startConsole } from './start.ts';

await runService({
  name: 'console',
  settings: consoleSettings,
  contradictionsOf,
  start: (config, log) => startConsole(config, log),
});
