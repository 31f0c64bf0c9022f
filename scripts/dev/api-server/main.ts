/**
 * The development API server as a process of its own: options, files, signals. Development tool, no zone.
 * Prints one JSON line when it listens: `{"listening": {"url": "https://…"}}`.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { parseAllDocuments } from 'yaml';

import type { OidcConfig } from './oidc.ts';
import { writePrivateFile } from './private-file.ts';
import { startApiServer, type ApiServer } from './server.ts';

const usage = `Usage: node --import tsx scripts/dev/api-server/main.ts --tls-dir DIR --client-ca FILE [options]
  --tls-dir DIR                 the server's tls.crt and tls.key
  --client-ca FILE              roots of client certificates (CN apiserver is the administrator)
  --port N                      0, the default: any free one
  --webhook-client-tls-dir DIR  tls.crt and tls.key shown to webhooks
  --oidc-issuer URL --oidc-audience TEXT --oidc-ca FILE [--oidc-username-claim sub|email]
  --manifests FILE              YAML documents to start with; may be repeated
  --anonymous edit              callers without credentials may do what developers may
  --token USER[,GROUP…]=FILE    write a bearer for a user or service account; may be repeated
  --log                         a JSON line per request on stderr`;

const options = {
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '0' },
  'tls-dir': { type: 'string' },
  'client-ca': { type: 'string' },
  'webhook-client-tls-dir': { type: 'string' },
  'oidc-issuer': { type: 'string' },
  'oidc-audience': { type: 'string' },
  'oidc-ca': { type: 'string' },
  'oidc-username-claim': { type: 'string' },
  manifests: { type: 'string', multiple: true },
  anonymous: { type: 'string' },
  token: { type: 'string', multiple: true },
  log: { type: 'boolean', default: false },
} as const;

type Options = ReturnType<typeof parse>;

function parse(args: string[]) {
  return parseArgs({ args, options, strict: true }).values;
}

function readPem(file: string): string {
  return readFileSync(file, 'utf8');
}

function readLeaf(folder: string): { cert: string; key: string } {
  return { cert: readPem(join(folder, 'tls.crt')), key: readPem(join(folder, 'tls.key')) };
}

function readManifests(files: readonly string[]): unknown[] {
  return files.flatMap((file) =>
    parseAllDocuments(readFileSync(file, 'utf8')).map((document): unknown => {
      const [error] = document.errors;
      if (error !== undefined) throw new Error(`${file}: ${error.message}`);
      return document.toJS() as unknown;
    }),
  );
}

function oidcOf(values: Options): { oidc?: OidcConfig } {
  const { 'oidc-issuer': issuer, 'oidc-audience': audience, 'oidc-ca': ca } = values;
  if (issuer === undefined) return {};
  if (audience === undefined || ca === undefined)
    throw new Error('--oidc-issuer needs --oidc-audience and --oidc-ca');
  const usernameClaim = values['oidc-username-claim'] === 'email' ? 'email' : 'sub';
  return { oidc: { issuer, audience, ca: readPem(ca), usernameClaim } };
}

async function writeTokens(server: ApiServer, wanted: readonly string[]): Promise<void> {
  for (const one of wanted) {
    const at = one.indexOf('=');
    const [username = '', ...groups] = one.slice(0, at).split(',');
    if (at < 1 || username === '') throw new Error('--token needs USER=FILE');
    writePrivateFile(one.slice(at + 1), await server.token(username, groups));
  }
}

async function main(args: string[]): Promise<void> {
  const values = parse(args);
  const { 'tls-dir': tlsDir, 'client-ca': clientCa, 'webhook-client-tls-dir': webhookDir } = values;
  if (tlsDir === undefined || clientCa === undefined) throw new Error(usage);
  const server = await startApiServer({
    host: values.host,
    port: Number(values.port),
    tls: readLeaf(tlsDir),
    clientCa: readPem(clientCa),
    manifests: readManifests(values.manifests ?? []).filter((document) => document !== null),
    ...(webhookDir === undefined ? {} : { webhookClient: readLeaf(webhookDir) }),
    ...oidcOf(values),
    ...(values.anonymous === 'edit' ? { anonymousRole: 'edit' } : {}),
    ...(values.log ? { log: (record) => console.error(JSON.stringify(record)) } : {}),
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void server.close());
  await writeTokens(server, values.token ?? []);
  console.log(JSON.stringify({ listening: { url: server.url } }));
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
