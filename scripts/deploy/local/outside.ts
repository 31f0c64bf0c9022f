/**
 * What Twofold needs outside its cluster: here an identity provider at the node's address, and
 * certificates from a CA other than Twofold's, as it would be elsewhere. Development tool, no zone.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createRoot, issueLeaf } from '../../../certs/issue.ts';
import { writePrivateFile } from '../../servers/private-file.ts';
import { ensureProgram, runsAsGiven, stopProgram, type Program } from './background.ts';
import { ISSUER_PORT, NODE_ADDRESS, PAGE, PUBLIC_URL } from './overlay.ts';

const VALID_DAYS = 365;
const HOUR_MS = 3_600_000;
/** Bearers are valid for a day; a restart before then writes new ones. */
const BEARERS_FRESH_MS = 12 * HOUR_MS;
const EVERY_MS = 100;
const HUB_PORT = 8777;
const PROVIDER = 'scripts/servers/identity-provider/main.ts';
const repository = fileURLToPath(new URL('../../..', import.meta.url));

export const AUDIENCE = 'twofold-console';
export const issuer = `https://${NODE_ADDRESS}:${ISSUER_PORT}`;

/** `ca.crt` and, for each program, a folder with `tls.crt` and `tls.key`. Made once for a cluster. */
export async function ensureOutsideCertificates(dir: string): Promise<string> {
  const caFile = join(dir, 'ca.crt');
  if (existsSync(caFile)) return caFile;
  const now = new Date();
  const root = await createRoot({ commonName: 'Outside of the local cluster', now, validDays: VALID_DAYS });
  for (const name of ['identity-provider', 'postgres']) {
    const leaf = await issueLeaf({
      root,
      now,
      validDays: VALID_DAYS,
      usage: 'server',
      commonName: name,
      dnsNames: [],
      ipAddresses: [NODE_ADDRESS],
    });
    mkdirSync(join(dir, name), { recursive: true });
    writeFileSync(join(dir, name, 'tls.crt'), leaf.certificatePem);
    writePrivateFile(join(dir, name, 'tls.key'), leaf.keyPem);
  }
  // Last, so that a killed run starts over.
  writeFileSync(caFile, root.certificatePem);
  return caFile;
}

/** Client metadata of a JupyterHub that scenarios start themselves. */
function hubClientFile(dir: string): string {
  return join(dir, 'hub-client.json');
}

function writeHubClient(file: string): void {
  writePrivateFile(
    file,
    JSON.stringify({
      client_id: 'hub',
      client_name: 'JupyterHub',
      client_secret: randomBytes(32).toString('base64url'),
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [`http://${NODE_ADDRESS}:${HUB_PORT}/hub/oauth_callback`],
    }),
  );
}

function pageSecretFile(dir: string): string {
  return join(dir, 'page-client-secret');
}

/** The secret of the page's client. Made once for a cluster: the console reads it when it starts. */
export function ensurePageSecret(dir: string): string {
  const file = pageSecretFile(dir);
  if (!existsSync(file)) writePrivateFile(file, randomBytes(32).toString('base64url'));
  return readFileSync(file, 'utf8');
}

function providerProgram(dir: string, bearerFiles: ReadonlyMap<string, string>): Program {
  const own = join(dir, 'identity-provider');
  return {
    marker: PROVIDER,
    command: [
      process.execPath,
      join(repository, PROVIDER),
      '--host',
      NODE_ADDRESS,
      '--port',
      String(ISSUER_PORT),
      '--audience',
      AUDIENCE,
      '--tls-dir',
      own,
      '--key-file',
      join(own, 'signing.key'),
      '--client',
      hubClientFile(dir),
      '--web-client',
      PAGE,
      '--web-client-secret-file',
      pageSecretFile(dir),
      '--web-redirect-uri',
      `${PUBLIC_URL}/login/callback`,
      ...[...bearerFiles].flatMap(([name, file]) => ['--bearer', `${name}=${file}`]),
    ],
    pidFile: join(own, 'pid'),
    logFile: join(own, 'log'),
  };
}

/**
 * Starts the identity provider unless it already runs with fresh bearers; returns a bearer for each person. The
 * page's secret exists before that.
 */
export async function ensureIdentityProvider(
  dir: string,
  people: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const folder = join(dir, 'bearers');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = new Map(people.map((name) => [name, join(folder, name)]));
  const program = providerProgram(dir, files);
  const isThere = (file: string): boolean => existsSync(file);
  const hubClient = hubClientFile(dir);
  const fresh = [hubClient, ...files.values()].every(
    (file) => isThere(file) && Date.now() - statSync(file).mtimeMs < BEARERS_FRESH_MS,
  );
  if (!fresh || !runsAsGiven(program)) {
    await stopProgram(program);
    writeHubClient(hubClient);
    for (const file of files.values()) rmSync(file, { force: true });
  }
  // It writes the bearers after it has started to listen.
  do await ensureProgram(program, { host: NODE_ADDRESS, port: ISSUER_PORT });
  while (![...files.values()].every(isThere) && (await wait(EVERY_MS, true)));
  return Object.fromEntries([...files].map(([name, file]) => [name, readFileSync(file, 'utf8').trim()]));
}

export function stopIdentityProvider(dir: string): Promise<void> {
  return stopProgram(providerProgram(dir, new Map()));
}
