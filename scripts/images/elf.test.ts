import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { sqliteAddon } from '../build.ts';
import { architectureOf, libraries, neededLibraries, unsatisfied, versionReferences } from './elf.ts';
import { addonFor } from './services.ts';

function objdump(file: string): string {
  return execFileSync('objdump', ['-p', file], { encoding: 'utf8' });
}

/** As binutils 2.40 prints it. */
function references(...names: readonly string[]): string {
  return `
lib.so:     file format elf64-x86-64

Dynamic Section:
  NEEDED               libc.so.6
  SONAME               GLIBC_9.9

Version definitions:
1 0x01 0x0865f4e6 OWN_99.0

Version References:
  required from libc.so.6:
${names.map((name) => `    0x06969188 0x00 14 ${name}\n`).join('')}
`;
}

describe('what a native file needs from its system', () => {
  it('is read from its version references only', () => {
    expect(versionReferences(references('GLIBC_2.34', 'GLIBC_2.2.5'))).to.deep.equal([
      'GLIBC_2.34',
      'GLIBC_2.2.5',
    ]);
  });

  it('is satisfied where no version is newer than the system’s, number by number', () => {
    const system = { GLIBC: '2.36', GLIBCXX: '3.4.30' };
    const asked = (...names: readonly string[]) => unsatisfied(references(...names), system);
    expect(asked('GLIBC_2.36', 'GLIBC_2.4', 'GLIBC_2.2.5', 'GLIBCXX_3.4')).to.deep.equal([]);
    expect(asked('GLIBC_2.37', 'GLIBC_2.36', 'GLIBCXX_3.4.31', 'GLIBC_2.36.1', 'GLIBC_10.0')).to.deep.equal([
      'GLIBC_2.37',
      'GLIBCXX_3.4.31',
      'GLIBC_2.36.1',
      'GLIBC_10.0',
    ]);
  });

  it('is missing where the name is unknown', () => {
    expect(unsatisfied(references('OPENSSL_3.0.0', 'GLIBC_2.2.5'))).to.deep.equal(['OPENSSL_3.0.0']);
  });

  it('is never mistaken for nothing', () => {
    expect(() => unsatisfied(references())).to.throw('no version references');
    expect(() => unsatisfied('')).to.throw('no version references');
  });

  it('is read from real files: the addon needs a C library, and none of the year 2000 would do', () => {
    expect(versionReferences(objdump(sqliteAddon))).to.include('GLIBC_2.2.5');
    expect(unsatisfied(objdump(sqliteAddon), { GLIBC: '2.1' })).to.include('GLIBC_2.2.5');
  });
});

describe('the architecture of a file', () => {
  const header = (...machine: readonly number[]): Uint8Array => {
    const bytes = new Uint8Array(20);
    bytes.set(Buffer.from('\x7fELF', 'latin1'));
    bytes.set(machine, 18);
    return bytes;
  };

  it('is in its header', () => {
    expect(architectureOf(header(0x3e, 0))).to.equal('amd64');
    expect(architectureOf(header(0xb7, 0))).to.equal('arm64');
    expect(architectureOf(header(0x3e, 1))).to.equal('another');
    expect(architectureOf(readFileSync(addonFor('arm64')).subarray(0, 20))).to.equal('arm64');
    expect(architectureOf(readFileSync(addonFor('amd64')).subarray(0, 20))).to.equal('amd64');
  });

  it('is none where it is not a program or library', () => {
    expect(architectureOf(Buffer.from('#!/bin/sh\n'.padEnd(20)))).to.equal(undefined);
    expect(architectureOf(new Uint8Array())).to.equal(undefined);
  });
});

describe('the libraries of a program', () => {
  it('are those in its dynamic section', () => {
    expect(neededLibraries(references('GLIBC_2.2.5'))).to.deep.equal(['libc.so.6']);
    expect(neededLibraries(objdump(sqliteAddon))).to.include('libc.so.6');
  });

  it('are those that the loader resolved, and the loader', () => {
    const ldd =
      '\tlinux-vdso.so.1 (0x00007ffd)\n\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f1a)\n\t/lib64/ld-linux-x86-64.so.2 (0x00007f1b)\n';
    expect(libraries(ldd)).to.deep.equal(['/lib/x86_64-linux-gnu/libc.so.6', '/lib64/ld-linux-x86-64.so.2']);
  });

  it('are never silently incomplete', () => {
    expect(() => libraries('\tlibfoo.so.1 => not found\n')).to.throw('libfoo.so.1 => not found');
    expect(() => libraries('\tnot a dynamic executable\n')).to.throw('not a dynamic executable');
  });

  it('are found for the running Node', () => {
    const found = libraries(execFileSync('ldd', [process.execPath], { encoding: 'utf8' }));
    expect(found.some((path) => path.endsWith('/libc.so.6'))).to.equal(true);
  });
});
