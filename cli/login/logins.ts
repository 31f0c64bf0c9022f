/** The logins stored on this machine, one for each console. Zone 0; `logins.json` in the state folder, mode 0600. */
import { join } from 'node:path';
import { isJsonObject } from '#envelope/json.ts';
import { exclusively } from '../lock.ts';
import { privateFile, unusable, type Guard } from '../private-files.ts';

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
  /** Throws a Failure where others can read it. */
  find(console: string): Promise<Login | undefined>;
  /** Those that end with this one, by their consoles: all, where others can read the file that holds them. */
  endingWith(console: string): Promise<ReadonlyMap<string, Login>>;
  keep(console: string, login: Login): Promise<void>;
  forget(consoles: readonly string[]): Promise<void>;
  /** Throws a Failure where no login could be kept. */
  demandUsable(): Promise<void>;
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

const guard: Guard = {
  bits: 0o077,
  exposed: (path) => [
    `Others can read ${path}, which holds your login.`,
    'twofold logout, which revokes it; then log in again, and find out who opened the file.',
  ],
};

export function createLogins(stateFolder: string): Logins {
  const place = { folder: stateFolder, variable: 'XDG_STATE_HOME' } as const;
  const file = privateFile(place, 'logins.json', guard);
  const lock = join(stateFolder, 'logins.lock');
  const locked = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await exclusively(lock, work);
    } catch (error) {
      throw unusable(error, 'written', stateFolder, place.variable);
    }
  };
  return {
    find: async (console) => parseLogin((await file.read())[console]),
    keep: async (console, login) => file.write({ ...(await file.read()), [console]: login }),
    endingWith: async (console) => {
      const { content, exposed } = await file.readExposed();
      const ending = Object.entries(content).flatMap(([one, value]) => {
        const login = exposed || one === console ? parseLogin(value) : undefined;
        return login ? [[one, login] as const] : [];
      });
      return new Map(ending);
    },
    forget: (consoles) =>
      locked(async () => {
        const { content } = await file.readExposed();
        await file.write(
          Object.fromEntries(Object.entries(content).filter(([console]) => !consoles.includes(console))),
        );
      }),
    // By writing what is there.
    demandUsable: () => locked(async () => file.write(await file.read())),
    exclusively: locked,
  };
}
