/** A root that signed none of Twofold's certificates: a self-signed certificate, made by openssl in 0.1 s. */
import { execFileSync } from 'node:child_process';

export function stranger(commonName = 'stranger'): { readonly cert: string; readonly key: string } {
  const request = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    `/CN=${commonName}`,
    '-days',
    '1',
  ];
  const made = execFileSync('openssl', [...request, '-keyout', '-', '-out', '-'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [key = '', cert = ''] = made.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----\n/g) ?? [];
  return { cert, key };
}
