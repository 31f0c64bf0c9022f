/**
 * The development identity provider as a separate process. Development tool, no zone.
 * Prints one JSON line when it listens and the bearers are written: `{"listening": {"issuer": "https://…"}}`.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ClientMetadata } from 'oidc-provider';
import { runCommandLine } from '#platform/command-line.ts';
import { commandOf, exitCodes, type OptionsOf, type Program } from '#platform/commands.ts';
import { writePrivateFile } from '../private-file.ts';
import { newSigningKey, startIdentityProvider, type IdentityProvider } from './server.ts';

const options = {
  'tls-dir': { value: 'DIR', required: true, doc: 'The server’s tls.crt and tls.key.' },
  audience: { value: 'TEXT', required: true, doc: 'aud of the access tokens: the console’s.' },
  host: { value: 'ADDRESS', doc: 'Where to listen; 127.0.0.1 by default.' },
  port: { value: 'N', doc: 'By default, any free one.' },
  'key-file': {
    value: 'FILE',
    many: true,
    doc: 'PEM of a key, created if missing; the first signs tokens, the others are still published; by default, a new one every time.',
  },
  bearer: { value: 'NAME=FILE', many: true, doc: 'Write an access token (24 h) for an account.' },
  client: { value: 'FILE', many: true, doc: 'Another application’s client metadata, JSON.' },
  'web-client': { value: 'ID', doc: 'For browser logins at the console.' },
  'web-client-secret-file': { value: 'FILE', doc: 'Its secret.' },
  'web-redirect-uri': { value: 'URI', many: true, doc: 'Where its logins return to.' },
} as const;

async function writeBearers(provider: IdentityProvider, wanted: readonly string[]): Promise<void> {
  for (const one of wanted) {
    const at = one.indexOf('=');
    if (at < 1) throw new Error('--bearer needs NAME=FILE');
    writePrivateFile(one.slice(at + 1), await provider.bearer(one.slice(0, at)));
  }
}

function signingKey(file: string): string {
  if (!existsSync(file))
    writePrivateFile(file, newSigningKey().export({ format: 'pem', type: 'pkcs8' }).toString());
  return readFileSync(file, 'utf8');
}

function readClient(file: string): ClientMetadata {
  // The provider checks every member.
  return JSON.parse(readFileSync(file, 'utf8')) as ClientMetadata;
}

async function serve(values: OptionsOf<typeof options>): Promise<void> {
  const { 'tls-dir': tlsDir, audience, 'web-client': webId, 'web-client-secret-file': secretFile } = values;
  const redirectUris = [...values['web-redirect-uri']];
  const web =
    webId === undefined || secretFile === undefined
      ? {}
      : { web: { id: webId, secret: readFileSync(secretFile, 'utf8').trim(), redirectUris } };
  const provider = await startIdentityProvider({
    host: values.host ?? '127.0.0.1',
    port: Number(values.port ?? '0'),
    tls: {
      cert: readFileSync(join(tlsDir, 'tls.crt'), 'utf8'),
      key: readFileSync(join(tlsDir, 'tls.key'), 'utf8'),
    },
    audience,
    ...web,
    others: values.client.map(readClient),
    signingKeys: values['key-file'].map(signingKey),
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void provider.close());
  await writeBearers(provider, values.bearer);
  console.log(JSON.stringify({ listening: { issuer: provider.issuer } }));
}

const program: Program<undefined, unknown> = {
  name: 'identity-provider',
  call: 'node scripts/servers/identity-provider/main.ts',
  summary: 'the development identity provider.',
  commands: [
    commandOf<undefined, unknown>()({
      name: '',
      summary: 'Serve logins and access tokens until stopped.',
      options,
      run: (_, { options: values }) => serve(values),
    }),
  ],
  exitCodes,
};

runCommandLine(program, process.argv.slice(2), undefined).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
