/** What completion offers of a person's own: names of secrets, ids of tickets. Zone 0. */
import { dataOf } from './api/client.ts';
import type { Context } from './command.ts';
import { listAll } from './commands/secrets.ts';
import { shells } from './completion.ts';
import { isFresh } from './login/session.ts';

/** A person waits at the shell. */
const LIMIT_MS = 2_000;

type Find = (context: Context) => Promise<readonly string[]>;

/** Renewing a login, which takes longer, is left to commands. */
async function isLoggedIn({ settings, now, ...context }: Context): Promise<boolean> {
  if (settings.tokenFile !== undefined) return true;
  const login = await context.login();
  return login !== undefined && isFresh(login, now());
}

const secretNames: Find = async (context) => (await listAll(await context.api())).map(({ name }) => name);

async function tickets(context: Context) {
  return dataOf(await (await context.api()).GET('/api/v1/tickets')).items;
}

const revocable: Find = async (context) =>
  (await tickets(context))
    .filter(({ revokedAt, expiresAt }) => revokedAt === null && Date.parse(expiresAt) > context.now())
    .map(({ jti }) => jti);

/** Those of earlier tickets. */
const namespaces: Find = async (context) => [
  ...new Set((await tickets(context)).map(({ namespace }) => namespace)),
];

/** By what is completed: a command's arguments, an option of one command, an option of every command. */
const finds: Readonly<Record<string, Find>> = {
  'secrets replace': secretNames,
  'secrets delete': secretNames,
  ticket: secretNames,
  'annotate --secrets': secretNames,
  'annotate --namespace': namespaces,
  'ticket --namespace': namespaces,
  'tickets revoke': revocable,
};

/** Rejects where it cannot be found out in time. */
export async function suggestionsFor(of: string, createContext: () => Context): Promise<readonly string[]> {
  if (of === 'completion') return shells;
  const find = Object.hasOwn(finds, of) ? finds[of] : undefined;
  if (!find) return [];
  const context = createContext();
  const late = AbortSignal.timeout(LIMIT_MS);
  try {
    if (!(await isLoggedIn(context))) return [];
    return await Promise.race([
      find(context),
      new Promise<never>((_resolve, reject) =>
        late.addEventListener('abort', () => reject(new Error('late'))),
      ),
    ]);
  } finally {
    context.connections.close();
  }
}
