/**
 * Certificates in files, read again when they change. No zone; docs/design.md#certificates. A TLS folder has
 * the kubernetes.io/tls layout: `tls.crt` and `tls.key` are the leaf, `ca.crt` the roots to trust, two of
 * them during a rotation.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describeError, type Log } from './log.ts';

export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** The content of a file or a folder. */
interface Watched<T> {
  current(): T;
  onChange(listener: (content: T) => void): void;
  close(): void;
}

export type TlsFiles = Watched<TlsMaterial>;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The text; throws unless it holds certificates, all of them intact. */
function readRoots(file: string): string {
  const text = readFileSync(file, 'utf8');
  const certificates = text.match(CERTIFICATE) ?? [];
  if (certificates.length === 0) throw new Error('it holds no certificate');
  for (const certificate of certificates) new X509Certificate(certificate);
  return text;
}

function readFolder(dir: string): TlsMaterial {
  const material = {
    cert: readFileSync(join(dir, 'tls.crt'), 'utf8'),
    key: readFileSync(join(dir, 'tls.key'), 'utf8'),
    ca: readRoots(join(dir, 'ca.crt')),
  };
  // The files of a mounted Secret change together, but not atomically for a reader: the next look gets the whole set.
  if (!new X509Certificate(material.cert).checkPrivateKey(createPrivateKey(material.key))) {
    throw new Error('tls.key is not the key of tls.crt');
  }
  return material;
}

const EVERY_MS = 10_000;

function watch<T>(path: string, read: (path: string) => T, log: Log, everyMs: number): Watched<T> {
  let content = read(path);
  const listeners: ((content: T) => void)[] = [];
  const look = (): void => {
    try {
      const found = read(path);
      if (isDeepStrictEqual(found, content)) return;
      content = found;
      for (const listener of listeners) listener(found);
      log.info('certificates reloaded', { reason: path });
    } catch (error) {
      log.warn('certificates could not be reloaded', { reason: path, error: describeError(error) });
    }
  };
  // Polling, since a Secret volume changes by swapping links, which file watching misses.
  const timer = setInterval(look, everyMs).unref();
  return {
    current: () => content,
    onChange: (listener) => listeners.push(listener),
    close: () => clearInterval(timer),
  };
}

/** Throws when the folder cannot be read at first; later failures are logged, and the earlier content stays in use. */
export function watchTlsFiles(dir: string, log: Log, everyMs = EVERY_MS): TlsFiles {
  return watch(dir, readFolder, log, everyMs);
}

/** As `watchTlsFiles`, for one file of certificates in PEM. */
export function watchRoots(file: string, log: Log, everyMs: number = EVERY_MS): Watched<string> {
  return watch(file, readRoots, log, everyMs);
}
