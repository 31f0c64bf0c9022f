/** Keycloak from Maven Central (scripts/servers/keycloak), with a realm of one account; its clients are in realm.json. */
import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../../scripts/build.ts';
import { startServer } from './server.ts';
import type { Provider } from './stage.ts';

export const keycloak: Provider = {
  path: '/realms/twofold',
  clientSecret: 'page-secret',
  settings: { TWOFOLD_OIDC_TOKEN_TYPE: 'JWT' },
  start: async ({ port, dir, ca, tlsDir }) => {
    const folder = execFileSync(join(repository, 'scripts/servers/keycloak/build'), {
      encoding: 'utf8',
    }).trim();
    // Its database changes as it runs.
    const copy = join(dir, 'keycloak');
    cpSync(folder, copy, { recursive: true });
    const origin = `https://127.0.0.1:${port}`;
    return await startServer({
      command: [
        'bash',
        join(copy, 'bin/kc.sh'),
        'start',
        '--optimized',
        '--http-host=127.0.0.1',
        `--https-port=${port}`,
        `--https-certificate-file=${join(tlsDir, 'tls.crt')}`,
        `--https-certificate-key-file=${join(tlsDir, 'tls.key')}`,
        `--hostname=${origin}`,
      ],
      dir,
      issuer: `${origin}/realms/twofold`,
      ca,
      withinMs: 240_000,
      env: { JAVA_OPTS_APPEND: '-Xmx400m' },
    });
  },
  logIn: async (page) => {
    await page.locator('#username').fill('ada');
    await page.locator('#password').fill('pw');
    await page.locator('#kc-login').click();
  },
};
