/**
 * For the tests of the development cluster: certificates by openssl, and a client that speaks as somebody.
 * Development tool, no zone.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { askUntil } from '../../ask-until.ts';
import { createJsonClient, type JsonAnswer } from './https-json.ts';
import { isJsonObject, objectAt, stringAt, type JsonObject } from './object.ts';
import { startApiServer, type ApiServer, type ApiServerConfig } from './server.ts';

export type Leaf = { cert: string; key: string };
export type TestCertificates = { ca: string; server: Leaf; administrator: Leaf; stranger: Leaf };

function openssl(folder: string, ...args: string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];

function issueLeaf(folder: string, name: string, subject: string, extensions: string, signed = true): Leaf {
  const files = ['-keyout', `${name}.key`, '-out', `${name}.crt`, '-subj', subject];
  const signer = signed ? ['-CA', 'ca.crt', '-CAkey', 'ca.key'] : [];
  writeFileSync(join(folder, 'leaf.cnf'), `[req]\ndistinguished_name=dn\n[dn]\n[leaf]\n${extensions}\n`);
  openssl(
    folder,
    'req',
    '-x509',
    ...newKey,
    ...files,
    ...signer,
    '-config',
    'leaf.cnf',
    '-extensions',
    'leaf',
  );
  const [cert = '', key = ''] = ['crt', 'key'].map((end) =>
    readFileSync(join(folder, `${name}.${end}`), 'utf8'),
  );
  return { cert, key };
}

let made: TestCertificates | undefined;

/** Made once per run: a root, a server leaf for 127.0.0.1, an administrator and a stranger's own certificate. */
export function testCertificates(): TestCertificates {
  if (made !== undefined) return made;
  const folder = mkdtempSync(join(tmpdir(), 'twofold-test-'));
  try {
    openssl(
      folder,
      'req',
      '-x509',
      ...newKey,
      '-keyout',
      'ca.key',
      '-out',
      'ca.crt',
      '-subj',
      '/CN=test root',
    );
    const client = 'extendedKeyUsage=clientAuth\nbasicConstraints=CA:false';
    const names = 'subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:false';
    made = {
      ca: readFileSync(join(folder, 'ca.crt'), 'utf8'),
      server: issueLeaf(folder, 'server', '/CN=127.0.0.1', names),
      administrator: issueLeaf(folder, 'admin', '/CN=apiserver', client),
      stranger: issueLeaf(folder, 'stranger', '/CN=apiserver/O=system:masters', client, false),
    };
    return made;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function startTestServer(config: Partial<ApiServerConfig> = {}): Promise<ApiServer> {
  const { ca, server } = testCertificates();
  return startApiServer({ host: '127.0.0.1', port: 0, tls: server, clientCa: ca, manifests: [], ...config });
}

export type Speaker = {
  (method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<JsonAnswer>;
  close(): void;
};

/** A caller of the API server, by bearer or by client certificate; nobody without either. */
export function speakAs(server: { url: string }, who: { token?: string; leaf?: Leaf } = {}): Speaker {
  const client = createJsonClient({ ca: testCertificates().ca, ...who.leaf });
  const bearer: Record<string, string> =
    who.token === undefined ? {} : { authorization: `Bearer ${who.token}` };
  const speak = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    client.call({ method, url: server.url + path, headers: { ...bearer, ...headers }, body });
  return Object.assign(speak, { close: () => client.close() });
}

export const mergePatch = { 'content-type': 'application/merge-patch+json' };
export const jsonPatch = { 'content-type': 'application/json-patch+json' };

export function bodyOf(answer: JsonAnswer): JsonObject {
  if (!isJsonObject(answer.body)) throw new Error('the answer is not an object');
  return answer.body;
}

export function metaOf(answer: JsonAnswer): JsonObject {
  return objectAt(bodyOf(answer), 'metadata');
}

export function messageOf(answer: JsonAnswer): string {
  return stringAt(bodyOf(answer), 'message') ?? '';
}

export function podNamed(name: string, annotations?: Record<string, string>): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...(annotations === undefined ? {} : { annotations }) },
    spec: { containers: [{ name: 'main', image: 'example/app:1.0' }] },
  };
}

/** Asks again until the answer has the status: for what happens in the background. */
export const eventually = (ask: () => Promise<JsonAnswer>, status: number): Promise<JsonAnswer> =>
  askUntil(ask, (answer) => answer.status === status, { withinMs: 2000, everyMs: 5 });
