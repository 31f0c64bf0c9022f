/**
 * A TLS folder in the kubernetes.io/tls layout, read again when it changes. No zone; design §9. `tls.crt` and
 * `tls.key` are the leaf, `ca.crt` the roots to trust: two of them while one replaces the other.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeError, type Log } from './log.ts';

export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

export interface TlsFiles {
  current(): TlsMaterial;
  onChange(listener: (material: TlsMaterial) => void): void;
  close(): void;
}

const read = (dir: string): TlsMaterial => {
  const material = {
    cert: readFileSync(join(dir, 'tls.crt'), 'utf8'),
    key: readFileSync(join(dir, 'tls.key'), 'utf8'),
    ca: readFileSync(join(dir, 'ca.crt'), 'utf8'),
  };
  // The files of a mounted Secret change at once, but not under one reader's hands: the next look takes the whole set.
  if (!new X509Certificate(material.cert).checkPrivateKey(createPrivateKey(material.key))) {
    throw new Error('tls.key is not the key of tls.crt');
  }
  return material;
};

const same = (a: TlsMaterial, b: TlsMaterial): boolean =>
  a.cert === b.cert && a.key === b.key && a.ca === b.ca;

/** Throws when the folder cannot be read at first; later failures are logged, and what was read before stays in use. */
export const watchTlsFiles = (dir: string, log: Log, everyMs = 10_000): TlsFiles => {
  let material = read(dir);
  const listeners: ((material: TlsMaterial) => void)[] = [];
  const look = (): void => {
    try {
      const found = read(dir);
      if (same(found, material)) return;
      material = found;
      for (const listener of listeners) listener(found);
      log.info('certificates reloaded');
    } catch (error) {
      log.warn('certificates could not be reloaded', { error: describeError(error) });
    }
  };
  // Polling, since a Secret volume changes by swapping links, which file watching misses.
  const timer = setInterval(look, everyMs).unref();
  return {
    current: () => material,
    onChange: (listener) => listeners.push(listener),
    close: () => clearInterval(timer),
  };
};
