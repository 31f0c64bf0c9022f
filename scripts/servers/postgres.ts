/** PostgreSQL as Debian installs it: where its programs are, and how to pass settings. Development tool, no zone. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const INSTALLED = '/usr/lib/postgresql';

/** Folder of the newest installed version's programs; undefined where the package `postgresql` is not installed. */
export function postgresPrograms(): string | undefined {
  const versions = existsSync(INSTALLED) ? readdirSync(INSTALLED).sort((a, b) => Number(b) - Number(a)) : [];
  return versions
    .map((version) => join(INSTALLED, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')));
}

/** `initdb` and `postgres` refuse to run as root. */
export const asPostgres = ['--reuid=postgres', '--regid=postgres', '--init-groups'] as const;

/** Arguments of `initdb`, for a new data folder. */
export function initdbFlags(data: string, user: string): string[] {
  return ['-D', data, '-U', user, '--locale=C.UTF-8', '--encoding=UTF8'];
}

/** Arguments of `postgres`. */
export function serverFlags(data: string, settings: Readonly<Record<string, string | number>>): string[] {
  return ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}
