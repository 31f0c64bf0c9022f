/** The development API server as a process, with the shipped manifests. */

import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { messageOf, podNamed, speakAs, testCertificates } from './testing.ts';

const base = new URL('../../../manifests/base/', import.meta.url).pathname;

function shippedFiles(): string[] {
  return readdirSync(base, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml') && !file.endsWith('kustomization.yaml'))
    .map((file) => join(base, file));
}

describe('development API server: as a process', () => {
  it('loads the shipped manifests, says where it listens, keeps the guard, ends on SIGTERM', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'twofold-test-'));
    const { server, ca, administrator } = testCertificates();
    for (const [name, text] of [
      ['tls.crt', server.cert],
      ['tls.key', server.key],
      ['ca.crt', ca],
    ] as const) {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
    }
    const file = join(folder, 'node-token');
    const child = spawn(
      process.execPath,
      [
        ...['--import', 'tsx', new URL('./main.ts', import.meta.url).pathname],
        ...['--tls-dir', folder, '--client-ca', join(folder, 'ca.crt'), '--anonymous', 'edit'],
        ...['--token', `system:node:one,system:nodes=${file}`],
        ...shippedFiles().flatMap((manifest) => ['--manifests', manifest]),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    try {
      const line = await new Promise<string>((resolve, reject) => {
        child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()));
        child.once('exit', () => reject(new Error('it ended')));
      });
      const { listening } = JSON.parse(line) as { listening: { url: string } }; // its own output
      expect(statSync(file).mode & 0o777).equal(0o600);
      const speakers = {
        admin: speakAs(listening, { leaf: administrator }),
        node: speakAs(listening, { token: readFileSync(file, 'utf8') }),
        curl: speakAs(listening),
      };
      expect((await speakers.curl('POST', '/api/v1/namespaces/team/pods', podNamed('mine'))).status).equal(
        201,
      );
      const annotated = podNamed('asks', { 'twofold.dev/secrets': 'a' });
      const unreached = await speakers.curl('POST', '/api/v1/namespaces/team/pods', annotated);
      expect(messageOf(unreached)).contain('failed calling webhook "pods.twofold.dev"');
      const token = '/api/v1/namespaces/team/serviceaccounts/default/token';
      const refused = await speakers.admin('POST', token, { spec: { audiences: ['twofold:x'] } });
      expect(messageOf(refused)).contain("ValidatingAdmissionPolicy 'twofold-token'");
      expect((await speakers.node('GET', '/api/v1/namespaces/team/pods/mine')).status).equal(200);
      for (const speaker of Object.values(speakers)) speaker.close();
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      expect(await ended).equal(0);
    } finally {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true });
    }
  });
});
