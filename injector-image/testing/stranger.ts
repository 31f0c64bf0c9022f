/** A root that signed nothing of ours: a self-signed certificate, made by openssl in 0.1 s. */
import { execFileSync } from 'node:child_process';

export function stranger(): string {
  return execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      '/CN=stranger',
      '-days',
      '1',
      '-keyout',
      '/dev/null',
      '-out',
      '-',
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
}
