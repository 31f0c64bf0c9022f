/**
 * Where scripts/setup puts the SQLite addon of a Node: where better-sqlite3's own loader looks for it, one folder for
 * each ABI. A bundle has no such folder around it, so it is told (TWOFOLD_SQLITE_ADDON). Development tool, no zone.
 */
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../node_modules/better-sqlite3/lib/binding', import.meta.url));

/** Path of the addon for the Node that runs, or one of another ABI. */
export const sqliteAddon = (abi: string = process.versions.modules): string =>
  `${folder}/node-v${abi}-${process.platform}-${process.arch}/better_sqlite3.node`;
