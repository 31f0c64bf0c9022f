import { expect } from 'chai';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { leafPlans } from '../../certs/plan.ts';
import { caBundle, ensureCertificates, rotateRoot } from '../../certs/store.ts';
import { handOutLeaves, renewCertificates, secretOf } from './certificates.ts';
import { DeployError } from './failure.ts';
import type { Kubectl } from './kubectl.ts';
import { testFolder } from '../../test/folder.ts';

function minutesAgo(minutes: number): Date {
  return new Date(Date.now() - minutes * 60_000);
}
const inServices = leafPlans.filter(({ zone }) => zone !== 'cluster');

/** What is installed in a cluster, in order. */
function cluster() {
  const roots = new Map<string, string>();
  const order: string[] = [];
  const kubectl: Kubectl = {
    run: (args) => {
      if (args[0] === 'patch') order.push(`caBundle ${String(args.at(-1))}`);
      // The roots in console-tls, or else the names of a namespace's Secrets.
      if (args[2] === 'console-tls')
        return Promise.resolve(Buffer.from(roots.get('console-tls') ?? '').toString('base64'));
      const here = inServices.map(secretOf).filter(({ namespace }) => args.includes(namespace));
      return Promise.resolve(here.map(({ name }) => `${name}\n`).join(''));
    },
    attempt: () => Promise.resolve({ code: 0, stdout: '', stderr: '' }),
    find: <T>() => Promise.resolve({ webhooks: [{ name: 'pods.twofold.dev' }] } as T),
    list: () => Promise.resolve([]),
    apply: (objects) => {
      // Only this module's Secrets are applied here.
      for (const { metadata, stringData } of objects as {
        metadata: { name: string };
        stringData: Record<string, string>;
      }[]) {
        order.push(metadata.name);
        roots.set(metadata.name, stringData['ca.crt'] ?? '');
      }
      return Promise.resolve();
    },
  };
  return { kubectl, order, roots };
}

describe('renewing the certificates of a cluster', function () {
  this.timeout(60_000);
  let dir: string;
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  const rootsInFolder = (): string => readFileSync(join(dir, 'console', 'ca.crt'), 'utf8');

  let issued: string;
  before(async () => {
    issued = testFolder('renewal');
    await ensureCertificates({ dir: issued, now: minutesAgo(60) });
  });
  beforeEach(() => {
    said.length = 0;
    dir = testFolder('renewal');
    cpSync(issued, dir, { recursive: true, verbatimSymlinks: true });
  });

  it('installs the roots before any leaf, and every leaf that the services have', async () => {
    const { kubectl, order } = cluster();
    await handOutLeaves(kubectl, dir, inServices);
    order.length = 0;
    await renewCertificates(kubectl, { dir }, { rotate: false, say });
    expect(order).to.deep.equal([
      `caBundle ${JSON.stringify({ webhooks: [{ name: 'pods.twofold.dev', clientConfig: { caBundle: await caBundle(dir) } }] })}`,
      ...inServices.map((plan) => secretOf(plan).name),
    ]);
    expect(said.join()).to.include('0 issued').and.to.include('no rotation is due');
  });

  it('takes no step before the last one has arrived everywhere, however short an overlap is requested', async () => {
    const { kubectl, roots } = cluster();
    await handOutLeaves(kubectl, dir, inServices);
    const hurried = { rotate: true, overlapMs: 0, say };
    await renewCertificates(kubectl, { dir }, hurried);
    const staged = rootsInFolder();
    expect(said.join()).to.include('root: stage');
    await renewCertificates(kubectl, { dir }, hurried);
    expect(said.join()).to.match(/the next step is to activate it, not before/);
    expect(rootsInFolder()).to.equal(staged);
    expect(new Set(roots.values())).to.deep.equal(new Set([staged]));
  });

  it('installs a step that never arrived instead of taking the next', async () => {
    const { kubectl, roots } = cluster();
    await handOutLeaves(kubectl, dir, inServices);
    await rotateRoot({ dir, now: minutesAgo(30), begin: 'now', overlapMs: 0 });
    expect(roots.get('console-tls')).not.to.equal(rootsInFolder());
    await renewCertificates(kubectl, { dir }, { rotate: true, overlapMs: 0, say });
    expect(said.join()).to.include('was not installed');
    expect(roots.get('console-tls')).to.equal(rootsInFolder());
  });

  it('refuses where nothing has been deployed yet', async () => {
    const { kubectl } = cluster();
    const refused = await renewCertificates(kubectl, { dir }, { rotate: false, say }).catch(
      (error: unknown) => error,
    );
    expect(refused).to.be.instanceOf(DeployError);
  });
});
