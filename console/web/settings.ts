/** Settings of the page. Zone 1; design §9. */
import { file, integer, list, optional, text } from '#platform/settings.ts';
import { LAUNCHER_ORIGIN } from './launch-request.ts';

const DAY_SECONDS = 86_400;

export const webSettings = {
  oidcClientId: optional(
    text('TWOFOLD_OIDC_CLIENT_ID', {
      doc: 'The page’s client at the identity provider, with the redirect URI `<public URL>/login/callback` and the post-logout one `<public URL>/logout/done`; without it there is only the API.',
    }),
  ),
  oidcClientSecret: optional(
    file('TWOFOLD_OIDC_CLIENT_SECRET_FILE', {
      doc: 'Secret of that client; absent for a public client.',
      kind: 'a client secret',
      parse: (content) => content.trim(),
    }),
  ),
  oidcScope: text('TWOFOLD_OIDC_SCOPE', {
    doc: 'Scopes that the page asks for.',
    fallback: 'openid profile email',
  }),
  webIdleSeconds: integer('TWOFOLD_WEB_IDLE_SECONDS', {
    doc: 'A login on the page ends after this time without use.',
    min: 60,
    max: 30 * DAY_SECONDS,
    fallback: '3600',
  }),
  webLifeSeconds: integer('TWOFOLD_WEB_LIFE_SECONDS', {
    doc: 'A login on the page ends after this time, used or not.',
    min: 60,
    max: 30 * DAY_SECONDS,
    fallback: '43200',
  }),
  launcherOrigins: list('TWOFOLD_LAUNCHER_ORIGINS', {
    doc: 'Origins (`https://hub.example.org`) that may embed `/launch` and that it returns to; `http://localhost`, `http://127.0.0.1` and `http://[::1]` for development.',
    pattern: LAUNCHER_ORIGIN,
    fallback: '',
  }),
} as const;
