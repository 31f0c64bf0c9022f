/** A session as the webhook and the kubelet put it into a pod, and a run of the injector's bundle on it. */
import { spawn } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeInitValues, parseAnnotations } from '#envelope/annotation-values.ts';
import { GRANT_ISSUER, signGrant } from '#envelope/grant.ts';
import { sealInner } from '#envelope/inner/seal.ts';
import { parseOwnerId, parseSecretId, parseSecretName, parseSessionId } from '#envelope/names.ts';
import { ed25519Signer, nodeCipher } from '#envelope/node-cipher.ts';
import { ed25519Pair } from '../../test/keys.ts';
import { testFolder } from '../../test/folder.ts';

const signer = ed25519Signer(ed25519Pair().privateJwk);
export const TOKEN = 'service-account-token';

export interface SessionOptions {
  readonly secrets: Readonly<Record<string, Uint8Array>>;
  /** `TWOFOLD_FILES`; by default all secrets, under their names. */
  readonly files?: string;
  readonly variables?: string;
  readonly mode?: string;
  readonly ca: string;
  readonly claimUrl: string;
}

export interface Session {
  /** Holds the folders `session`, `token`, `files` and `env`. */
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly grant: string;
  readonly idOf: ReadonlyMap<string, string>;
  /** An honest console's answer. */
  readonly answer: { readonly keys: readonly { readonly id: string; readonly key: string }[] };
  readonly terminationLog: string;
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('not a valid name or id');
  return value;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export async function createSession(options: SessionOptions): Promise<Session> {
  const dir = testFolder('session');
  for (const name of ['session', 'token', 'files', 'env']) mkdirSync(join(dir, name));
  const put = (name: string, content: string): void => writeFileSync(join(dir, 'session', name), content);
  const idOf = new Map<string, string>();
  const keys: { id: string; key: string }[] = [];
  for (const [name, plaintext] of Object.entries(options.secrets)) {
    const [id, key] = [randomUUID(), randomBytes(32)];
    idOf.set(name, id);
    keys.push({ id, key: key.toString('base64url') });
    put(id, await sealInner(nodeCipher, { key, plaintext, nowSeconds: 1 }));
  }
  const owner = present(parseOwnerId(randomUUID()));
  const grant = await signGrant(signer, {
    iss: GRANT_ISSUER,
    aud: 'cluster.test',
    jti: randomUUID(),
    sub: owner,
    place: { ns: 'sessions', sa: 'default', name: 'nb-0', by: 'alice' },
    sid: present(parseSessionId(randomBytes(16).toString('hex'))),
    secrets: [...idOf].map(([nam, id]) => ({
      own: owner,
      id: present(parseSecretId(id)),
      ver: 1,
      nam: present(parseSecretName(nam)),
    })),
    exp: Math.floor(Date.now() / 1000) + 600,
  });
  put('grant', grant);
  put('ca.crt', options.ca);
  writeFileSync(join(dir, 'token', 'token'), TOKEN);
  const terminationLog = join(dir, 'termination-log');
  return {
    dir,
    grant,
    idOf,
    terminationLog,
    answer: { keys },
    env: {
      TWOFOLD_CLAIM_URL: options.claimUrl,
      TWOFOLD_GRANT_SHA256: sha256(grant),
      TWOFOLD_CA_SHA256: sha256(options.ca),
      ...encodeInitValues(parseAnnotations({}).values),
      TWOFOLD_FILES: options.files ?? [...idOf.keys()].join(','),
      TWOFOLD_ENV: options.variables ?? '',
      TWOFOLD_FILE_MODE: options.mode ?? '0400',
      TWOFOLD_SESSION_DIR: join(dir, 'session'),
      TWOFOLD_TOKEN_DIR: join(dir, 'token'),
      TWOFOLD_FILES_DIR: join(dir, 'files'),
      TWOFOLD_ENV_DIR: join(dir, 'env'),
      TWOFOLD_TERMINATION_LOG: terminationLog,
    },
  };
}

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly output: string;
  /** The termination message. */
  readonly message: string;
  readonly elapsedMs: number;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Before the bundle's path; Node by default. */
  readonly command?: readonly [string, ...string[]];
  /** Called with the process as soon as it runs. */
  readonly onStart?: (kill: () => void) => void;
}

/** Runs the bundle as the init container would run, until it exits. */
export async function runInjector(
  bundle: string,
  session: Session,
  { env, command: [file, ...args] = [process.execPath], onStart }: RunOptions = {},
): Promise<Ended> {
  rmSync(session.terminationLog, { force: true });
  const started = performance.now();
  const child = spawn(file, [...args, bundle], {
    env: { PATH: process.env['PATH'], ...session.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const read = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  onStart?.(() => child.kill('SIGKILL'));
  const [code] = (await once(child, 'close')) as [number | null]; // its first argument, by Node's documentation
  const elapsedMs = performance.now() - started;
  const written = statSync(session.terminationLog, { throwIfNoEntry: false });
  return { code, output, elapsedMs, message: written ? readFileSync(session.terminationLog, 'utf8') : '' };
}

/** Path → octal mode and content of every file below a folder. */
export function filesIn(dir: string): Record<string, readonly [mode: string, content: Buffer]> {
  return Object.fromEntries(
    readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        const mode = (statSync(path).mode & 0o7777).toString(8).padStart(4, '0');
        return [path.slice(dir.length + 1), [mode, readFileSync(path)] as const];
      }),
  );
}
