/**
 * The SQLite addon that better-sqlite3 ships for this platform (Node-API, so for every Node). A bundle has no
 * node_modules around it, so it is told where it is (TWOFOLD_SQLITE_ADDON). Development tool, no zone.
 */
import { fileURLToPath } from 'node:url';

const name = `${process.platform}-${process.arch}.node`;

export const sqliteAddon = fileURLToPath(
  new URL(`../node_modules/better-sqlite3/prebuilds/${name}`, import.meta.url),
);
