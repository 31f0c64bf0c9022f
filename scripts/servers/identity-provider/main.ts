/**
 * The development identity provider as a process of its own. Development tool, no zone.
 * Prints one JSON line when it listens and the bearers are written: `{"listening": {"issuer": "https://…"}}`.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import type { ClientMetadata } from 'oidc-provider';
import { writePrivateFile } from '../private-file.ts';
import { newSigningKey, startIdentityProvider, type IdentityProvider } from './server.ts';

const usage = `Usage: node scripts/servers/identity-provider/main.ts --tls-dir DIR --audience TEXT [options]
  --tls-dir DIR            the server's tls.crt and tls.key
  --audience TEXT          aud of the access tokens: the console's
  --port N                 0, the default: any free one
  --key-file FILE          PEM of a key, written where it is not there; the first signs tokens, others are published still;
                           may be repeated; a new one every time by default
  --bearer NAME=FILE       write an access token (24 h) for an account; may be repeated
  --client FILE            another application's client metadata, JSON; may be repeated
  --web-client ID --web-client-secret-file FILE --web-redirect-uri URI   for browser logins at the console`;

const options = {
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '0' },
  'tls-dir': { type: 'string' },
  audience: { type: 'string' },
  'key-file': { type: 'string', multiple: true },
  bearer: { type: 'string', multiple: true },
  client: { type: 'string', multiple: true },
  'web-client': { type: 'string' },
  'web-client-secret-file': { type: 'string' },
  'web-redirect-uri': { type: 'string', multiple: true },
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

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options, strict: true });
  const { 'tls-dir': tlsDir, audience, 'web-client': webId, 'web-client-secret-file': secretFile } = values;
  if (tlsDir === undefined || audience === undefined) throw new Error(usage);
  const redirectUris = values['web-redirect-uri'] ?? [];
  const web =
    webId === undefined || secretFile === undefined
      ? {}
      : { web: { id: webId, secret: readFileSync(secretFile, 'utf8').trim(), redirectUris } };
  const provider = await startIdentityProvider({
    host: values.host,
    port: Number(values.port),
    tls: {
      cert: readFileSync(join(tlsDir, 'tls.crt'), 'utf8'),
      key: readFileSync(join(tlsDir, 'tls.key'), 'utf8'),
    },
    audience,
    ...web,
    others: (values.client ?? []).map(readClient),
    signingKeys: (values['key-file'] ?? []).map(signingKey),
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void provider.close());
  await writeBearers(provider, values.bearer ?? []);
  console.log(JSON.stringify({ listening: { issuer: provider.issuer } }));
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
