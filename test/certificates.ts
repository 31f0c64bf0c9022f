/** One folder of certificates for a test run, issued on first use: real roots and leaves, as in production. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TlsMaterial } from '#platform/tls-files.ts';
import { ensureCertificates } from '../certs/store.ts';
import { testFolder } from './folder.ts';

export interface Certificates {
  readonly dir: string;
  /** Folder of a leaf: `console`, `webhook-resolve`, …; see certs/plan.ts. */
  leafDir(leaf: string): string;
  leaf(leaf: string): TlsMaterial;
}

let issued: Promise<Certificates> | undefined;

async function issue(): Promise<Certificates> {
  const dir = testFolder('certificates');
  await ensureCertificates({ dir, extraNames: ['127.0.0.1', '::1', 'localhost'], now: new Date() });
  const read = (leaf: string, file: string): string => readFileSync(join(dir, leaf, file), 'utf8');
  return {
    dir,
    leafDir: (leaf) => join(dir, leaf),
    leaf: (leaf) => ({ cert: read(leaf, 'tls.crt'), key: read(leaf, 'tls.key'), ca: read(leaf, 'ca.crt') }),
  };
}

export function testCertificates(): Promise<Certificates> {
  return (issued ??= issue());
}
