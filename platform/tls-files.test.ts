import { expect } from 'chai';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testCertificates } from '../test/certificates.ts';
import { createLog } from './log.ts';
import { watchTlsFiles, type TlsMaterial } from './tls-files.ts';
import { testFolder } from '../test/folder.ts';

const files = ['tls.crt', 'tls.key', 'ca.crt'] as const;

describe('a TLS folder', () => {
  const lines: string[] = [];
  const log = createLog({ service: 'test', level: 'info', write: (line) => lines.push(line) });
  const until = async (text: string): Promise<void> => {
    while (!lines.some((line) => line.includes(text))) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  it('is read again when it changes; a half-written one is ignored', async () => {
    const certificates = await testCertificates();
    const dir = testFolder('tls');
    const put = (leaf: string, names: readonly string[]): void => {
      for (const name of names) copyFileSync(join(certificates.leafDir(leaf), name), join(dir, name));
    };
    put('webhook', files);
    const watched = watchTlsFiles(dir, log, 10);
    const seen: TlsMaterial[] = [];
    watched.onChange((material) => seen.push(material));

    put('console', ['tls.crt']); // the key is still the other’s
    await until('could not be reloaded');
    writeFileSync(join(dir, 'tls.crt'), 'no certificate');
    expect(watched.current()).to.deep.equal(certificates.leaf('webhook'));

    put('console', files);
    await until('certificates reloaded');
    expect(watched.current()).to.deep.equal(certificates.leaf('console'));
    expect(seen).to.have.length(1);
    watched.close();
  });

  it('must be complete at first', () => {
    expect(() => watchTlsFiles('/nowhere', log)).to.throw('ENOENT');
  });
});
