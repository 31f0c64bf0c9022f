/** The keyservice's bundle as its own process, with real certificates: for its tests and its bench. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import type { ClientTls } from '#platform/https-client.ts';
import { testCertificates } from '../../test/certificates.ts';
import { CLUSTER, ISSUER, type Material } from './material.ts';
import { testFolder } from '../../test/folder.ts';

/** The files that configure a keyservice, in a folder that is removed when the tests end. */
export interface Installation {
  readonly dir: string;
  readonly auditFile: string;
  readonly env: Readonly<Record<string, string>>;
  /** A client's certificate by its folder, as `certs` issues them. */
  readonly clientTls: (
    folder: 'webhook-resolve' | 'webhook-unwrap' | 'console-rewrap' | 'apiserver-webhook',
  ) => Required<ClientTls>;
}

export async function install(material: Material): Promise<Installation> {
  const dir = testFolder('keyservice');
  const certificates = await testCertificates();
  const keySet = (name: string, ...keys: object[]): string => {
    const file = join(dir, name);
    writeFileSync(file, JSON.stringify({ keys }), { mode: 0o600 });
    return file;
  };
  const { envelopeKeys, grantKey, ticketKey } = material;
  const auditFile = join(dir, 'audit.jsonl');
  return {
    dir,
    auditFile,
    env: {
      TWOFOLD_HOST: '127.0.0.1',
      TWOFOLD_PORT: '0',
      TWOFOLD_HEALTH_PORT: '0',
      TWOFOLD_TLS_DIR: certificates.leafDir('keyservice'),
      TWOFOLD_ENVELOPE_PRIVATE_KEYS_FILE: keySet('rsa.json', ...envelopeKeys.map((key) => key.privateJwk)),
      TWOFOLD_GRANT_SIGNING_KEYS_FILE: keySet('grant.json', grantKey.privateJwk),
      TWOFOLD_TICKET_PUBLIC_KEYS_FILE: keySet('ticket.json', ticketKey.publicJwk),
      TWOFOLD_TICKET_ISSUER: ISSUER,
      TWOFOLD_CLUSTER: CLUSTER,
      TWOFOLD_AUDIT_FILE: auditFile,
    },
    clientTls: (folder) => certificates.leaf(folder),
  };
}

export interface Service {
  readonly child: ChildProcess;
  readonly url: string;
  readonly healthPort: number;
  /** Everything written so far to both outputs. */
  readonly output: () => string;
  /** Exit code once it has ended. */
  readonly ended: Promise<number | null>;
}

/** Starts `command`, and resolves once it logs that it listens. Rejects with its output when it ends first. */
export function startService(
  command: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
): Promise<Service> {
  const [file, ...args] = command;
  const child = spawn(file, args, {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // A failing test must not leave it behind.
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'exit').then(([code]) => {
    process.off('exit', kill);
    return typeof code === 'number' ? code : null;
  });
  let output = '';
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const ports = /"api":(\d+),"health":(\d+)/.exec(output);
      if (!ports) return;
      const url = `https://127.0.0.1:${ports[1] ?? ''}`;
      resolve({ child, url, healthPort: Number(ports[2]), output: () => output, ended });
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void ended.then((code) => reject(new Error(`the keyservice ended with ${code}: ${output}`)));
  });
}

/** Status of a path on a health port. */
export function healthStatus(port: number, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent: false }, (message) => {
      message.resume();
      resolve(message.statusCode ?? 0);
    }).once('error', reject);
  });
}
