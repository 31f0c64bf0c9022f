import { X509Certificate } from 'node:crypto';
import { cp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { createRoot, issueLeaf } from './issue.ts';
import { leafPlans } from './plan.ts';
import { caBundle, ensureCertificates, listCertificates } from './store.ts';
import { handshake, opensslVerify, readMaterial } from './testing/handshake.ts';
import {
  contents,
  days,
  ensure,
  issuedFolder,
  issuedIn,
  ISSUED_AT,
  leafFolders,
  pooledKeyPair,
  rootFile,
} from './testing/issued-folder.ts';
import { testFolder } from '../test/folder.ts';

describe('a folder of certificates as issued', () => {
  let dir: string;
  before(async () => (dir = await issuedFolder()));

  it('holds leaves that pass the strict checks of openssl, each for its purpose and name', async () => {
    for (const { folder, usage, dnsNames } of leafPlans) {
      const files = { ca: join(dir, folder, 'ca.crt'), leaf: join(dir, folder, 'tls.crt') };
      const names = [...dnsNames.flatMap((name) => ['-verify_hostname', name]).slice(0, 2)];
      expect(await opensslVerify(files, ['-purpose', `ssl${usage}`, ...names]), folder).to.equal('OK');
    }
    const files = { ca: join(dir, 'console', 'ca.crt'), leaf: join(dir, 'console', 'tls.crt') };
    expect(await opensslVerify(files, ['-verify_ip', '127.0.0.1'])).to.equal('OK');
  });

  it('serves mutual TLS along every arrow', async () => {
    const arrows = {
      'webhook-resolve': 'console',
      'webhook-unwrap': 'keyservice',
      'console-rewrap': 'keyservice',
    };
    for (const [from, to] of Object.entries({ ...arrows, 'apiserver-webhook': 'webhook' })) {
      const [client, server] = [await readMaterial(dir, from), await readMaterial(dir, to)];
      const name = await handshake({ server, client, host: `${to}.twofold-${to}.svc` });
      expect(name, from).to.equal(leafPlans.find(({ folder }) => folder === from)?.commonName);
    }
  });

  it('lets nobody else read a private key', async () => {
    const keys = [...leafFolders.map((folder) => join(dir, folder, 'tls.key')), await rootFile(dir, '.key')];
    for (const key of keys) expect((await stat(key)).mode & 0o777, key).to.equal(0o600);
    expect((await stat(join(dir, 'root'))).mode & 0o777).to.equal(0o700);
  });

  it('has one root, and hands out its certificate alone', async () => {
    const bundle = Buffer.from(await caBundle(dir), 'base64').toString();
    expect(bundle).to.equal(await readFile(await rootFile(dir, '.crt'), 'utf8'));
    for (const folder of leafFolders) expect((await readMaterial(dir, folder)).ca).to.equal(bundle);
  });
});

describe('a folder of certificates', () => {
  let dir: string;
  beforeEach(async () => (dir = await issuedFolder()));

  it('is kept byte for byte while it is valid', async () => {
    const before = await contents(dir);
    expect(issuedIn(await ensure(dir, days(59)))).to.deep.equal([]);
    expect(await contents(dir)).to.deep.equal(before);
  });

  it('is renewed when less than a third of a leaf’s life is left, below the same root', async () => {
    const [before, root] = [await contents(dir), await caBundle(dir)];
    const renewed = issuedIn(await ensure(dir, days(61)));
    expect(renewed).to.deep.equal(
      leafFolders.map((folder) => [folder, 'less than a third of its life is left']),
    );
    expect(await caBundle(dir)).to.equal(root);
    const after = await contents(dir);
    for (const path of Object.keys(before))
      expect(after[path] === before[path], path).to.equal(path.endsWith('ca.crt'));
  });

  it('renews one leaf without a change to the others', async () => {
    await rm(join(dir, 'webhook-unwrap'), { recursive: true });
    const before = await contents(await issuedFolder());
    expect(issuedIn(await ensure(dir))).to.deep.equal([['webhook-unwrap', 'tls.crt is missing']]);
    const after = await contents(dir);
    const changed = Object.keys(before).filter((path) => before[path] !== after[path]);
    expect(changed).to.deep.equal(['webhook-unwrap/tls.crt', 'webhook-unwrap/tls.key']);
  });

  it('follows the caller’s extra names, and keeps those it has where the caller gives none', async () => {
    expect(issuedIn(await ensureCertificates({ dir, now: ISSUED_AT }))).to.deep.equal([]);
    const changed = await ensureCertificates({ dir, extraNames: ['::1'], now: ISSUED_AT });
    expect(issuedIn(changed)).to.deep.equal(
      ['console', 'webhook', 'keyservice'].map((folder) => [folder, 'its names have changed']),
    );
    expect(changed.leaves[0]?.names.slice(3)).to.deep.equal(['0:0:0:0:0:0:0:1']);
    expect(issuedIn(await ensureCertificates({ dir, now: ISSUED_AT }))).to.deep.equal([]);
  });

  it('replaces a leaf that is in another’s place', async () => {
    await rm(join(dir, 'console-rewrap'), { recursive: true });
    await cp(join(dir, 'webhook-unwrap'), join(dir, 'console-rewrap'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    expect(issuedIn(await ensure(dir))).to.deep.equal([['console-rewrap', 'it is for another use']]);
  });

  it('replaces a leaf of a foreign root', async () => {
    const now = ISSUED_AT;
    const root = await createRoot({
      commonName: 'Twofold root',
      now,
      validDays: 90,
      newKeyPair: pooledKeyPair,
    });
    const names = { dnsNames: [], ipAddresses: [] };
    const leaf = await issueLeaf({
      root,
      commonName: 'webhook',
      usage: 'client',
      ...names,
      now,
      validDays: 90,
    });
    await writeFile(join(dir, 'webhook-unwrap', 'tls.crt'), leaf.certificatePem);
    await writeFile(join(dir, 'webhook-unwrap', 'tls.key'), leaf.keyPem);
    expect(issuedIn(await ensure(dir))).to.deep.equal([['webhook-unwrap', 'it is not from the active root']]);
  });

  it('is one set after two concurrent first runs', async () => {
    const empty = testFolder('certs');
    await Promise.all([ensure(empty), ensure(empty)]);
    expect(issuedIn(await ensure(empty))).to.deep.equal([]);
    const bundle = await caBundle(empty);
    for (const folder of leafFolders) {
      const { ca, cert } = await readMaterial(empty, folder);
      expect(Buffer.from(ca).toString('base64')).to.equal(bundle);
      expect(new X509Certificate(cert).checkIssued(new X509Certificate(ca)), folder).to.be.true;
    }
  });

  it('gets a new root when the old one has expired: nothing verified below it any more', async () => {
    const { roots } = await listCertificates(dir);
    expect((await ensure(dir, days(3650 * 0.7))).rotationDue).to.be.true;
    expect(issuedIn(await ensure(dir, days(3651)))).to.have.length(7);
    const after = (await listCertificates(dir)).roots;
    expect(after.map(({ phase }) => phase)).to.deep.equal(['active']);
    expect(after[0]?.id).not.to.equal(roots[0]?.id);
  });
});
