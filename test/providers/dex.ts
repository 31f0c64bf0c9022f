/** Dex, built from its Go module (scripts/servers/dex), with one account and the clients of page and command line. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../../scripts/build.ts';
import { startServer } from './server.ts';
import type { Provider } from './stage.ts';

const SECRET = 'page-secret';
/** bcrypt of `pw`. */
const HASH = '$2b$12$.xSzs1U3U.uU9Y0vHhiK7OfumM3mIQEb1Rq2dbaMxmtjhDCIjfunK';

export const dex: Provider = {
  path: '/dex',
  clientSecret: SECRET,
  settings: {
    TWOFOLD_OIDC_TOKEN_TYPE: 'JWT',
    // Dex's audiences are its clients.
    TWOFOLD_OIDC_AUDIENCE: 'twofold-cli',
  },
  start: async ({ port, dir, ca, tlsDir, console }) => {
    const folder = execFileSync(join(repository, 'scripts/servers/dex/build'), { encoding: 'utf8' }).trim();
    const issuer = `https://127.0.0.1:${port}/dex`;
    const config = {
      issuer,
      storage: { type: 'memory' },
      web: {
        https: `127.0.0.1:${port}`,
        tlsCert: join(tlsDir, 'tls.crt'),
        tlsKey: join(tlsDir, 'tls.key'),
      },
      frontend: { dir: join(folder, 'web') },
      oauth2: { skipApprovalScreen: true },
      staticClients: [
        { id: 'twofold-page', secret: SECRET, name: 'Twofold', redirectURIs: [`${console}/login/callback`] },
        { id: 'twofold-cli', public: true, name: 'Twofold command line' },
      ],
      enablePasswordDB: true,
      staticPasswords: [{ email: 'ada@example.org', username: 'ada', userID: 'u1', hash: HASH }],
    };
    const file = join(dir, 'dex.yaml');
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
    return await startServer({
      command: [join(folder, 'dex'), 'serve', file],
      dir,
      issuer,
      ca,
      withinMs: 30_000,
    });
  },
  logIn: async (page) => {
    await page.locator('#login').fill('ada@example.org');
    await page.locator('#password').fill('pw');
    await page.locator('#submit-login').click();
  },
};
