/** What no setting can say for itself: contradictions between the console's settings. Zone 1; design §1, §9. */
import { keysOfTwoUses } from '#platform/key-uses.ts';
import { consoleSettings, databaseUrlOf, type ConsoleConfig } from './config.ts';

function databaseProblems(config: ConsoleConfig): string[] {
  try {
    databaseUrlOf(config);
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

type KeySettings = Pick<
  ConsoleConfig,
  'atRestKeys' | 'ticketKeys' | 'cookieKeys' | 'recordKeys' | 'grantKeys'
>;

/** RSA keys are left out: no other use takes one. */
function keyProblems(config: KeySettings): string[] {
  return keysOfTwoUses([
    { variable: consoleSettings.atRestKeys.variable, kids: config.atRestKeys.byKid.keys() },
    { variable: consoleSettings.ticketKeys.variable, kids: config.ticketKeys.verifiers.keys() },
    { variable: consoleSettings.cookieKeys.variable, kids: config.cookieKeys.map(({ kid }) => kid) },
    { variable: consoleSettings.recordKeys.variable, kids: config.recordKeys.map(({ kid }) => kid) },
    { variable: consoleSettings.grantKeys.variable, kids: config.grantKeys.keys() },
  ]);
}

/** Every contradiction, each with the variables that it is between; empty where the console may start. */
export function contradictionsOf(config: ConsoleConfig): string[] {
  return [...databaseProblems(config), ...keyProblems(config)];
}
