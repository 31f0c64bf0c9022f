import { X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { createRoot, DAY_MS, isDnsName, issueLeaf, type Issued, type LeafRequest } from './issue.ts';
import { handshake, HUNG_UP, opensslVerify, type Material } from './testing/handshake.ts';
import { pooledKeyPair } from './testing/issued-folder.ts';
import { testFolder } from '../test/folder.ts';

const now = new Date();
const HOST = 'console.twofold-console.svc';

describe('issuing certificates', () => {
  let root: Issued;
  let foreignRoot: Issued;
  let server: Issued;
  let client: Issued;

  const request = (changes: Partial<LeafRequest> = {}): LeafRequest => ({
    root,
    commonName: 'webhook',
    dnsNames: [],
    ipAddresses: [],
    usage: 'client',
    now,
    validDays: 90,
    newKeyPair: pooledKeyPair,
    ...changes,
  });
  const material = ({ certificatePem, keyPem }: Issued, ca = root): Material => ({
    cert: certificatePem,
    key: keyPem,
    ca: ca.certificatePem,
  });
  const verify = async (ca: Issued, leaf: Issued, ...options: string[]): Promise<string> => {
    const dir = testFolder('certs');
    const files = { ca: join(dir, 'ca.crt'), leaf: join(dir, 'tls.crt') };
    await writeFile(files.ca, ca.certificatePem);
    await writeFile(files.leaf, leaf.certificatePem);
    return opensslVerify(files, options);
  };

  before(async () => {
    [root, foreignRoot] = await Promise.all([
      createRoot({ commonName: 'Twofold root A', now, validDays: 365 }),
      // The same name on purpose: only the key tells them apart.
      createRoot({ commonName: 'Twofold root A', now, validDays: 365 }),
    ]);
    const names = { dnsNames: [HOST, 'localhost'], ipAddresses: ['127.0.0.1', '::1', 'fd00::1:2'] };
    [server, client] = await Promise.all([
      issueLeaf(request({ commonName: HOST, usage: 'server', ...names })),
      issueLeaf(request()),
    ]);
  });

  describe('the root', () => {
    it('passes the strict checks of openssl as its own root', async () => {
      expect(await verify(root, root)).to.equal('OK');
    });

    it('is a CA that may sign leaves only', () => {
      expect(root.certificate.ca).to.be.true;
      expect(root.certificate.subject).to.equal('CN=Twofold root A');
      expect(root.certificate.checkIssued(root.certificate)).to.be.true;
    });
  });

  describe('a leaf', () => {
    it('passes the strict checks of openssl for its own purpose and fails them for the other', async () => {
      expect(await verify(root, server, '-purpose', 'sslserver', '-verify_hostname', HOST)).to.equal('OK');
      expect(await verify(root, client, '-purpose', 'sslclient')).to.equal('OK');
      expect(await verify(root, server, '-purpose', 'sslclient')).to.include(
        'unsuitable certificate purpose',
      );
      expect(await verify(root, client, '-purpose', 'sslserver')).to.include(
        'unsuitable certificate purpose',
      );
    });

    it('does not verify below another root of the same name', async () => {
      expect(await verify(foreignRoot, server)).to.include('unable to get local issuer certificate');
    });

    it('has a unique, positive serial number of 16 octets', () => {
      const serials = [root, foreignRoot, server, client].map(({ certificate }) => certificate.serialNumber);
      for (const serial of serials) expect(serial).to.match(/^[4-7][0-9A-F]{31}$/);
      expect(new Set(serials)).to.have.length(4);
    });

    it('begins five minutes before it was issued and lasts as long as asked', () => {
      const seconds = Math.floor(now.getTime() / 1000);
      expect(Date.parse(client.certificate.validFrom) / 1000).to.equal(seconds - 300);
      expect(Date.parse(client.certificate.validTo) / 1000).to.equal(seconds + (90 * DAY_MS) / 1000);
    });

    it('never outlives its root', async () => {
      const leaf = await issueLeaf(request({ validDays: 10_000 }));
      expect(leaf.certificate.validTo).to.equal(root.certificate.validTo);
      expect(await verify(root, leaf)).to.equal('OK');
    });

    it('carries exactly the names that were asked for', () => {
      expect(server.certificate.subjectAltName).to.equal(
        `DNS:${HOST}, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:FD00:0:0:0:0:0:1:2`,
      );
      expect(client.certificate.subjectAltName).to.equal(undefined);
    });

    it('comes with the key that belongs to it, as object and as text', () => {
      expect(server.certificate.checkPrivateKey(server.key)).to.be.true;
      expect(server.key.asymmetricKeyDetails).to.include({ modulusLength: 2048, publicExponent: 65537n });
      expect(server.keyPem).to.match(/^-----BEGIN PRIVATE KEY-----\n/);
      expect(new X509Certificate(server.certificatePem).fingerprint256).to.equal(
        server.certificate.fingerprint256,
      );
    });

    it('is not issued for an invalid name', async () => {
      for (const changes of [
        { dnsNames: ['*.twofold'] },
        { dnsNames: ['127.0.0.1'] },
        { ipAddresses: ['localhost'] },
      ]) {
        expect(await refusalOf(issueLeaf(request(changes)))).to.include('not a DNS name or an IP address');
      }
      expect(await refusalOf(issueLeaf(request({ commonName: 'a, OU=b' })))).to.include('common name');
    });

    it('is not issued below a root that has expired', async () => {
      const later = new Date(now.getTime() + 365 * DAY_MS);
      expect(await refusalOf(issueLeaf(request({ now: later })))).to.include('the root expired at');
    });
  });

  describe('a handshake', () => {
    it('succeeds both ways, and the server learns the caller’s common name', async () => {
      expect(await handshake({ server: material(server), client: material(client), host: HOST })).to.equal(
        'webhook',
      );
    });

    it('is refused by the server where the client’s leaf is from a foreign root', async () => {
      const foreign = await issueLeaf(request({ root: foreignRoot }));
      const refusal = await handshake({ server: material(server), client: material(foreign), host: HOST });
      expect(refusal).to.equal(HUNG_UP);
    });

    it('is refused by the client where the server’s leaf is from a foreign root', async () => {
      const client2 = material(client, foreignRoot);
      expect(await handshake({ server: material(server), client: client2, host: HOST })).to.match(
        /UNABLE_TO_|CERT_/,
      );
    });

    it('is refused by the client where the server has another name', async () => {
      const host = 'keyservice.twofold-keyservice.svc';
      const refusal = await handshake({ server: material(server), client: material(client), host });
      expect(refusal).to.equal('ERR_TLS_CERT_ALTNAME_INVALID');
    });

    it('is refused where a leaf is used the other way round', async () => {
      const asClient = await handshake({ server: material(server), client: material(server), host: HOST });
      expect(asClient).to.equal(HUNG_UP);
      const asServer = await handshake({ server: material(client), client: material(client), host: HOST });
      expect(asServer).to.equal('INVALID_PURPOSE');
    });
  });

  it('accepts lower-case host names as DNS names, and nothing else', () => {
    for (const name of ['localhost', 'a.b-c.svc', 'x'.repeat(63)]) expect(isDnsName(name), name).to.be.true;
    const wrong = [
      '',
      'A',
      '-a',
      'a-',
      'a..b',
      'a.',
      '.a',
      '*.a',
      'a b',
      'a,b',
      '10.0.0.1',
      '::1',
      'ä',
      'x'.repeat(64),
    ];
    for (const name of wrong) expect(isDnsName(name), name).to.be.false;
  });
});

async function refusalOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'nothing was refused',
    (error: unknown) => String(error),
  );
}
