/** `login`, `logout`, `whoami`. Zone 0. */
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { shown } from '#platform/shown.ts';
import { createApi, dataOf, rejectionOf } from '../api/client.ts';
import { command, type Context } from '../command.ts';
import { Failure, failure } from '../failure.ts';
import type { Client } from '../login/provider.ts';
import type { Login } from '../login/logins.ts';
import { properties, time, type Result } from '../output.ts';
import { privateFile } from '../private-files.ts';

/** Client and scope: as configured, else as the console names them. */
async function clientOf(context: Context): Promise<Client & { readonly scope: string }> {
  const { settings } = context;
  const offer = dataOf(await context.openApi().GET('/api/v1/login'));
  return {
    issuer: settings.issuer ?? offer.issuer,
    clientId: settings.clientId ?? offer.clientId,
    scope: offer.scope,
  };
}

async function logIn(context: Context, browser: boolean): Promise<Login> {
  const client = await clientOf(context);
  const { discover, loginByDevice } = await import('../login/provider.ts');
  const provider = await discover(context.connections.toProvider, client);
  const show = (lines: readonly string[]): void => lines.forEach((line) => context.note(line));
  const { scope } = client;
  if (browser || provider.serverMetadata().device_authorization_endpoint === undefined) {
    const { loginByBrowser } = await import('../login/browser.ts');
    return await loginByBrowser(provider, client, { scope, env: context.env, show });
  }
  return await loginByDevice(provider, client, { scope, show });
}

/** So that `--console` and `--ca` need not be given the next time. */
async function rememberConsole(context: Context): Promise<void> {
  const { settings, configFile, folders } = context;
  const { content } = configFile;
  const wanted = {
    ...content,
    console: context.console(),
    ...(settings.caFile === undefined ? {} : { caFile: resolve(settings.caFile) }),
  };
  if (isDeepStrictEqual(wanted, content)) return;
  try {
    await privateFile({ folder: folders.config, variable: 'XDG_CONFIG_HOME' }, 'config.json').write(wanted);
    context.note(`The console and its roots are saved in ${configFile.path}.`);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    context.note(
      `${error.message} Name the console each time: --console, --ca; or TWOFOLD_CONSOLE, TWOFOLD_CA_FILE.`,
    );
  }
}

async function me(context: Context, accessToken: string) {
  const answered = await createApi({
    url: context.console(),
    fetch: context.connections.toConsole,
    bearer: () => Promise.resolve(accessToken),
  }).GET('/api/v1/me');
  // Another login would end the same way.
  const rejection = rejectionOf(answered);
  if (rejection !== undefined) {
    throw failure(
      'login_failed',
      `The identity provider logged you in, but the console does not accept its token: ${shown(rejection)}`,
      'Show this to your operator; docs/providers.md says what each identity provider needs.',
    );
  }
  return dataOf(answered);
}

function until(expiresAt: number | undefined): string | null {
  return expiresAt === undefined ? null : new Date(expiresAt).toISOString();
}

export const login = command({
  name: 'login',
  summary: 'Log in at the console.',
  detail:
    'Shows an address and a code to open in any browser, on this machine or another. Where the identity provider does\n' +
    'not offer that, or with --browser, this machine’s browser opens instead. Only you can read the login (mode 0600).',
  options: {
    browser: { doc: 'Open this machine’s browser ($BROWSER) instead of showing a code.' },
  },
  examples: [
    {
      line: 'twofold login --console https://twofold.example.org',
      doc: 'The first time; the address is remembered',
    },
    { line: 'twofold login --browser', doc: 'Again, in this machine’s browser' },
  ],
  run: async (context, { options }): Promise<Result> => {
    const console = context.console();
    if (context.settings.tokenFile !== undefined) {
      const next = 'Unset TWOFOLD_TOKEN_FILE, or just run the other commands: they send that token.';
      throw failure('usage', 'An access token file is configured, so no login is needed.', next);
    }
    await context.logins.demandUsable();
    const kept = await logIn(context, options.browser);
    const { sub, issuer } = await me(context, kept.accessToken);
    await context.logins.keep(console, kept);
    await rememberConsole(context);
    const name = kept.name ?? sub;
    return { json: { console, issuer, sub, name }, text: `Logged in at ${console} as ${name}.` };
  },
});

/** Whether the provider revoked the login; where it cannot be reached, the login is deleted all the same. */
async function revoke(context: Context, kept: Login): Promise<boolean> {
  const { discover, asking } = await import('../login/provider.ts');
  const { tokenRevocation } = await import('openid-client');
  try {
    const provider = await discover(context.connections.toProvider, kept);
    if (provider.serverMetadata().revocation_endpoint === undefined) return false;
    // RFC 7009 §2.1: revoking the refresh token also revokes the access tokens issued for it.
    await asking(() => tokenRevocation(provider, kept.refreshToken ?? kept.accessToken));
    return true;
  } catch {
    return false;
  }
}

interface EndedLogin {
  readonly console: string;
  readonly kept: Login;
  readonly revoked: boolean;
}

function loggedOut({ console, kept, revoked }: EndedLogin): string {
  if (revoked) return `Logged out of ${console}; the identity provider has revoked the login.`;
  const ends = kept.expiresAt === undefined ? '' : ` (access token: ${time(until(kept.expiresAt))})`;
  return `Logged out of ${console}. The identity provider did not revoke the login; it expires on its own${ends}.`;
}

export const logout = command({
  name: 'logout',
  summary: 'Revoke the login and delete it from this machine.',
  detail: 'Where others can read the file of logins, it ends all that are in it.',
  options: {},
  examples: [{ line: 'twofold logout', doc: 'Always deletes it; reports whether the provider revoked it' }],
  run: async (context) => {
    const console = context.console();
    const ending = [...(await context.logins.endingWith(console))];
    const ended = await Promise.all(
      ending.map(async ([from, kept]) => ({ console: from, kept, revoked: await revoke(context, kept) })),
    );
    const lines = ended.map(loggedOut);
    try {
      if (ended.length > 0) await context.logins.forget(ended.map(({ console: from }) => from));
    } catch (error) {
      for (const { console: from, revoked } of ended)
        context.note(
          `The identity provider ${revoked ? 'has revoked' : 'did not revoke'} the login at ${from}.`,
        );
      throw error;
    }
    const own = ended.find(({ console: from }) => from === console);
    const others = ended
      .filter((one) => one !== own)
      .map(({ console: from, revoked }) => ({ console: from, revoked }));
    const text = [...(own ? [] : [`Not logged in at ${console}.`]), ...lines].join('\n');
    return {
      json: { console, wasLoggedIn: own !== undefined, revoked: own?.revoked ?? false, others },
      text,
    };
  },
});

export const whoami = command({
  name: 'whoami',
  summary: 'Show who you are at the console, and how long your login lasts.',
  options: {},
  examples: [{ line: 'twofold whoami', doc: 'Asks the console; exit code 3: you are not logged in' }],
  run: async (context) => {
    const { ownerId, issuer, sub } = dataOf(await (await context.api()).GET('/api/v1/me'));
    const kept = context.settings.tokenFile === undefined ? await context.login() : undefined;
    const [name, expiresAt] = [kept?.name ?? null, until(kept?.expiresAt)];
    const renews = kept?.refreshToken !== undefined;
    const key = context.settings.kid ?? (await context.pins.find(context.console())) ?? null;
    const lasts =
      context.settings.tokenFile === undefined
        ? `${time(expiresAt)}${renews ? ', renewed automatically' : ''}`
        : 'an access token from a file';
    return {
      json: { console: context.console(), ownerId, issuer, sub, name, expiresAt, renews, trustedKey: key },
      text: properties([
        ['Name', name ?? undefined],
        ['Subject', sub],
        ['Issuer', issuer],
        ['Console', context.console()],
        ['Owner id', ownerId],
        ['Login until', lasts],
        ['Trusted key', key ?? 'none yet: the first that the console offers'],
      ]),
    };
  },
});
