/** The logins stored on this machine, one for each console. Zone 0; `logins.json` in the state folder, mode 0600. */
import { join } from 'node:path';
import { isJsonObject } from '#envelope/json.ts';
import { exclusively } from '../lock.ts';
import { privateFile } from '../private-files.ts';

export interface Login {
  readonly issuer: string;
  readonly clientId: string;
  readonly accessToken: string;
  /** Milliseconds since 1970; undefined where the provider gave none. */
  readonly expiresAt: number | undefined;
  readonly refreshToken: string | undefined;
  /** From the ID token, for `whoami` only. */
  readonly name: string | undefined;
}

export interface Logins {
  find(console: string): Promise<Login | undefined>;
  keep(console: string, login: Login): Promise<void>;
  forget(console: string): Promise<void>;
  /** Locks out other commands while it works: a refresh token may be used once. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function parseLogin(value: unknown): Login | undefined {
  if (!isJsonObject(value)) return undefined;
  const { issuer, clientId, accessToken, expiresAt, refreshToken, name } = value;
  if (typeof issuer !== 'string' || typeof clientId !== 'string' || typeof accessToken !== 'string')
    return undefined;
  return {
    issuer,
    clientId,
    accessToken,
    refreshToken: text(refreshToken),
    name: text(name),
    expiresAt: typeof expiresAt === 'number' ? expiresAt : undefined,
  };
}

export function createLogins(stateFolder: string): Logins {
  const file = privateFile(stateFolder, 'logins.json');
  return {
    find: async (console) => parseLogin((await file.read())[console]),
    keep: async (console, login) => file.write({ ...(await file.read()), [console]: login }),
    forget: async (console) => {
      const { [console]: _forgotten, ...others } = await file.read();
      await file.write(others);
    },
    exclusively: (work) => exclusively(join(stateFolder, 'logins.lock'), work),
  };
}
