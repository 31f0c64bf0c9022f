import { expect } from 'chai';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRoot } from '../certs/issue.ts';
import type { StandIn } from '../scripts/dev/kubernetes/server.ts';
import { startTestStandIn } from '../scripts/dev/kubernetes/testing.ts';
import { testCertificates, type Certificates } from '../test/certificates.ts';
import { eventually } from '../test/eventually.ts';
import { testFolder } from '../test/folder.ts';
import { createKubernetesApi, type KubernetesApi } from './kubernetes.ts';
import { createLog } from './log.ts';

describe('the API server’s roots in a file', () => {
  let certificates: Certificates;
  let server: StandIn;
  let api: KubernetesApi;
  let file: string;
  let lines: string[];

  /** What a call ends with: `Unreachable` where the server is not trusted. */
  const outcome = async (): Promise<string> => {
    const answer = await api.get('/version');
    return answer.ok ? 'answered' : answer.reason;
  };
  const until = (text: string): Promise<unknown> =>
    eventually(text, () => Promise.resolve(lines.some((line) => line.includes(text))), {
      timeoutMs: 10_000,
    });
  const ourRoots = (): void => copyFileSync(join(certificates.leafDir('console'), 'ca.crt'), file);
  const strangeRoots = async (): Promise<void> => {
    const { certificate } = await createRoot({ commonName: 'stranger', now: new Date(), validDays: 1 });
    writeFileSync(file, certificate.toString());
  };

  before(async () => {
    certificates = await testCertificates();
    server = await startTestStandIn();
  });
  after(() => server.close());
  beforeEach(() => {
    lines = [];
    file = join(testFolder('roots'), 'ca.crt');
  });
  afterEach(() => api.close());

  const open = (): void => {
    const log = createLog({ service: 'test', level: 'info', write: (line) => lines.push(line) });
    const paths = { kubernetesTokenFile: '/dev/null', kubernetesCaFile: file };
    api = createKubernetesApi({ kubernetesUrl: server.url, ...paths }, { log, everyMs: 10 });
  };

  it('are read again when they change, without a restart', async () => {
    await strangeRoots();
    open();
    expect(await outcome()).to.equal('Unreachable');
    ourRoots();
    await until('certificates reloaded');
    expect(await outcome()).to.not.equal('Unreachable');
    lines = [];
    await strangeRoots();
    await until('certificates reloaded');
    expect(await outcome(), 'also on a connection that was kept').to.equal('Unreachable');
  });

  it('stay as they were where the file is broken, which is logged', async () => {
    ourRoots();
    open();
    const damaged = `-----BEGIN CERTIFICATE-----\n${'A'.repeat(64)}\n-----END CERTIFICATE-----\n`;
    for (const broken of ['', 'no certificate', damaged]) {
      lines = [];
      writeFileSync(file, broken);
      await until('could not be reloaded');
      expect(await outcome(), broken).to.not.equal('Unreachable');
    }
  });
});
