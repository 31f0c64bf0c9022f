/** What the identity provider answers the console: to bearers, and to logins on the page. */
import { createIdentityProvider } from '../../console/identity-provider.ts';
import { ProviderMisconfigured, ProviderUnavailable } from '../../console/discovery.ts';
import { createLoginProvider } from '../../console/web/login-provider.ts';
import { demand, type Subject } from './harness.ts';
import { textOf } from './members.ts';
import type { Json } from './mutate.ts';
import { bodies } from './services.ts';

const origin = 'https://provider.example';
const discoveries = bodies([{ issuer: origin, jwks_uri: `${origin}/keys` }] as Json[], [
  origin,
  '/keys',
  'http:',
  '//',
  '@',
]);
const keySets = bodies(
  [
    {
      keys: [
        {
          kty: 'EC',
          crv: 'P-256',
          kid: 'k',
          alg: 'ES256',
          x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
          y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
        },
      ],
    },
    { keys: [] },
  ] as Json[],
  ['RSA', 'OKP', 'Ed25519', 'P-521', 'sig', 'oct'],
);
const bearer = `${Buffer.from('{"alg":"ES256","typ":"at+jwt","kid":"k"}').toString('base64url')}.e30.${'A'.repeat(86)}`;

async function verifyWith(input: Json): Promise<void> {
  const [discovery, keys, token] = Array.isArray(input) ? input.map(String) : [];
  const client = {
    call: ({ url }: { url: string }) =>
      Promise.resolve({
        status: 200,
        headers: {},
        body: Buffer.from((url.endsWith('configuration') ? discovery : keys) ?? ''),
      }),
  };
  const provider = createIdentityProvider(
    { client, clock: () => 0, onFailure: () => undefined },
    { issuer: origin, audience: 'a', tokenType: 'at+jwt', clientIds: [], launcherClaims: ['email'] },
  );
  const verified = await provider.verify(token ?? '');
  demand(!verified.ok, 'forged', () => 'a token that nobody signed');
  demand(
    /^(bearer_rejected|identity_provider_(unavailable|misconfigured))$/.test(verified.refusal.code),
    'code',
    () => verified.refusal.code,
  );
}

const discovered = {
  issuer: origin,
  jwks_uri: `${origin}/keys`,
  authorization_endpoint: `${origin}/authorize`,
  token_endpoint: `${origin}/token`,
  end_session_endpoint: `${origin}/logout`,
  id_token_signing_alg_values_supported: ['ES256'],
};
const loginDiscoveries = bodies(
  [discovered],
  [origin, '/keys', 'http:', 'javascript:', '//', '@', 'ES256', 'none'],
);
const tokenAnswers = bodies(
  [
    { access_token: 'a', token_type: 'Bearer', id_token: bearer },
    { error: 'invalid_grant', error_description: 'no' },
  ],
  [bearer, '.', 'bearer', 'DPoP', 'e30'],
);

async function logInWith(input: Json): Promise<void> {
  const [discovery, keys, token] = Array.isArray(input) ? input.map(textOf) : [];
  const answers: Readonly<Record<string, string | undefined>> = {
    '/.well-known/openid-configuration': discovery,
    '/keys': keys,
  };
  const client = {
    call: ({ url }: { url: string }) =>
      Promise.resolve({
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(answers[new URL(url).pathname] ?? token ?? ''),
      }),
  };
  const provider = createLoginProvider(
    { client, clock: () => 0, onFailure: () => undefined },
    {
      issuer: origin,
      clientId: 'page',
      clientSecret: undefined,
      scope: 'openid',
      redirectUri: 'https://console.example/login/callback',
      launcherClaims: ['email'],
    },
  );
  const checks = { state: 's', nonce: 'n', verifier: 'v'.repeat(43) };
  const asks = [
    async () => {
      const { url } = await provider.begin();
      demand(/^https?:$/.test(new URL(url).protocol), 'address', () => url);
    },
    async () => {
      const end = await provider.finish(
        new URL('https://console.example/login/callback?code=c&state=s'),
        checks,
      );
      demand(end.kind !== 'done', 'forged', () => 'a login that nobody signed');
    },
    async () => {
      await provider.endSessionUrl('https://console.example/logout/done');
    },
  ];
  for (const ask of asks) {
    try {
      await ask();
    } catch (error) {
      if (!(error instanceof ProviderUnavailable || error instanceof ProviderMisconfigured)) throw error;
    }
  }
}

export const providerSubjects: readonly Subject[] = [
  {
    name: 'answers of the identity provider to bearers',
    covers: [],
    slice: 200,
    make: (random) => [discoveries(random), keySets(random), bearer],
    run: verifyWith,
  },
  {
    name: 'answers of the identity provider to logins',
    covers: [],
    slice: 100,
    make: (random) => [
      random.chance(0.5) ? JSON.stringify(discovered) : loginDiscoveries(random),
      keySets(random),
      tokenAnswers(random),
    ],
    run: logInWith,
  },
];
