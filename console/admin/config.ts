/**
 * The operator's settings: those of the console that concern the database. Zone 1;
 * docs/design.md#administration.
 */
import { optional, parseSettings, type Parsed, type ReadFile, type Values } from '#platform/settings.ts';
import { consoleSettings } from '../config.ts';
import { databaseUrlOf, retentionSettings, storageSettings } from '../storage-settings.ts';
import type { DatabaseOptions } from '../store/connection.ts';

const adminSettings = {
  ...storageSettings,
  atRestKeys: optional(consoleSettings.atRestKeys),
  recordKeys: optional(consoleSettings.recordKeys),
  ...retentionSettings,
} as const;

export type AdminConfig = Values<typeof adminSettings> & { readonly database: DatabaseOptions };

/** Nobody waits for this program, and it waits for the console. */
const STATEMENT_MS = 10 * 60_000;

const own = new Set<string>(Object.values(adminSettings).map(({ variable }) => variable));
/** The console's other variables: they are in its pod's environment. */
const others = new Set(
  Object.values(consoleSettings)
    .map(({ variable }) => variable)
    .filter((variable) => !own.has(variable)),
);

/** Every problem at once, as the services report them. */
export async function parseAdminConfig(
  env: NodeJS.ProcessEnv,
  readFile: ReadFile,
): Promise<Parsed<AdminConfig>> {
  const relevant = Object.fromEntries(Object.entries(env).filter(([name]) => !others.has(name)));
  const parsed = await parseSettings(adminSettings, relevant, readFile);
  if (!parsed.ok) return parsed;
  try {
    const url = databaseUrlOf(parsed.value);
    const database = { url, sqliteAddon: parsed.value.sqliteAddon, statementMs: STATEMENT_MS };
    return { ok: true, value: { ...parsed.value, database } };
  } catch (error) {
    return { ok: false, problems: [error instanceof Error ? error.message : String(error)] };
  }
}
