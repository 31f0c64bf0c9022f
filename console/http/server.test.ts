import { expect } from 'chai';
import { createLog } from '#platform/log.ts';
import { watchTlsFiles } from '#platform/tls-files.ts';
import { testCertificates } from '../../test/certificates.ts';
import { headOf, sendRaw } from '../../test/raw-https.ts';
import { createApp, createAppServer } from './server.ts';

const log = createLog({ service: 'test', level: 'silent', write: () => undefined });

describe('the console’s servers', () => {
  it('answer in full whatever a client says that it has', async () => {
    const certificates = await testCertificates();
    const app = createApp();
    app.get('/', (_request, response) => response.json({ here: true }));
    const tls = watchTlsFiles(certificates.leafDir('console'), log);
    const server = createAppServer(app, { tls, log, mutual: false, maxConnections: 10 });
    const port = await server.listen('127.0.0.1', 0);
    const target = { url: `https://127.0.0.1:${port}`, ca: certificates.leaf('console').ca };
    const headers = { 'if-none-match': '*', connection: 'close' };
    const { status, text } = await sendRaw(target, headOf({ method: 'GET', path: '/', headers }));
    await server.close();
    tls.close();
    expect([status, text.includes('"here":true')]).to.deep.equal([200, true]);
  });

  it('answer everyone who is waiting when they fail, and accept nothing more', async () => {
    const certificates = await testCertificates();
    const app = createApp();
    let arrived: (() => void) | undefined;
    const under = new Promise<void>((resolve) => (arrived = resolve));
    app.get('/', () => arrived?.());
    const tls = watchTlsFiles(certificates.leafDir('console'), log);
    const server = createAppServer(app, { tls, log, mutual: false, maxConnections: 10 });
    const port = await server.listen('127.0.0.1', 0);
    const target = { url: `https://127.0.0.1:${port}`, ca: certificates.leaf('console').ca };
    const waiting = sendRaw(target, headOf({ method: 'GET', path: '/' }));
    await under;
    await server.fail();
    const { status, text } = await waiting;
    expect(status).to.equal(500);
    expect(text).to.contain('application/problem+json').and.to.contain('"code":"internal_error"');
    expect(
      await sendRaw(target, '').then(
        () => 'served',
        () => 'refused',
      ),
    ).to.equal('refused');
    tls.close();
  });
});
