import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { DAY_MS } from './issue.ts';
import { leafPlans } from './plan.ts';
import { replaceFile } from './atomic-files.ts';
import { encodeState, type NextStep } from './rotation.ts';
import { loadState } from './root-store.ts';
import { caBundle, ensureCertificates, listCertificates, rotateRoot } from './store.ts';
import { handshake, readMaterial, type Material } from './testing/handshake.ts';
import { copyFolder, pooledKeyPair } from './testing/issued-folder.ts';
import { testFolder } from '../test/folder.ts';

const arrows = [
  ['webhook-resolve', 'console'],
  ['webhook-unwrap', 'keyservice'],
  ['console-rewrap', 'keyservice'],
  ['apiserver-webhook', 'webhook'],
] as const;

/** The rotation lies in the past, so that every certificate is valid at the moment the handshakes are made. */
const start = Date.now() - 75 * DAY_MS;
function day(count: number): Date {
  return new Date(start + count * DAY_MS);
}

interface Moment {
  readonly what: string;
  readonly dir: string;
}

describe('a rotation of the root on disk', function () {
  this.timeout(20_000);
  let dir: string;
  const moments: Moment[] = [];

  const rotate = (now: Date): Promise<NextStep> =>
    rotateRoot({ dir, now, begin: 'now', newKeyPair: pooledKeyPair });
  const remember = (what: string): void => {
    const copy = testFolder('certs');
    copyFolder(dir, copy);
    moments.push({ what, dir: copy });
  };
  const phases = async (): Promise<string[]> => (await listCertificates(dir)).roots.map(({ phase }) => phase);

  before(async () => {
    dir = testFolder('certs');
    await ensureCertificates({ dir, now: day(0), newKeyPair: pooledKeyPair });
    remember('issued');
  });

  it('stages a root that is in every leaf’s ca.crt and has issued no leaf', async () => {
    const before = await readMaterial(dir, 'console');
    expect(await rotate(day(5))).to.deep.equal({ step: 'stage' });
    const after = await readMaterial(dir, 'console');
    expect(await phases()).to.deep.equal(['active', 'staged']);
    expect({ ...after, ca: '' }).to.deep.equal({ ...before, ca: '' });
    for (const { folder } of leafPlans)
      expect(certificatesIn((await readMaterial(dir, folder)).ca)).to.equal(2);
    expect(certificatesIn(Buffer.from(await caBundle(dir), 'base64').toString())).to.equal(2);
    remember('staged');
  });

  it('waits for the overlap, and keeps every file while it waits', async () => {
    const before = await caBundle(dir);
    expect(await rotate(day(34.9))).to.deep.equal({ step: 'wait', until: day(35), then: 'activate' });
    expect(await caBundle(dir)).to.equal(before);
  });

  it('activates it: every leaf is from the new root, and ca.crt is the same bytes', async () => {
    const before = await caBundle(dir);
    expect(await rotate(day(35))).to.deep.equal({ step: 'activate' });
    expect(await phases()).to.deep.equal(['retired', 'active']);
    expect(await caBundle(dir)).to.equal(before);
    const keys = (await readdir(join(dir, 'root'))).filter((name) => name.endsWith('.key'));
    expect(keys, 'the retired root no longer signs').to.have.length(1);
    remember('activated');
  });

  it('drops the old root after another overlap, with its files', async () => {
    expect(await rotate(day(64))).to.include({ step: 'wait' });
    expect(await rotate(day(65))).to.deep.equal({ step: 'drop' });
    expect(await phases()).to.deep.equal(['active']);
    expect(await readdir(join(dir, 'root'))).to.have.length(3);
    remember('dropped');
  });

  it('rests until the next rotation begins', async () => {
    expect(
      await rotateRoot({ dir, now: day(75), begin: 'when-due', newKeyPair: pooledKeyPair }),
    ).to.deep.equal({ step: 'rest' });
  });

  it('fails no handshake between services that are at most one step apart', async () => {
    let made = 0;
    for (const [index, own] of moments.entries()) {
      for (const other of moments.slice(Math.max(0, index - 1), index + 2)) {
        made += await allArrows(own, other);
      }
    }
    expect(made).to.equal(10 * arrows.length);
  });

  it('would fail two steps apart: the overlaps are needed', async () => {
    const [issued, , activated] = moments;
    const client = await readMaterial(issued!.dir, 'webhook-resolve');
    const server = await readMaterial(activated!.dir, 'console');
    expect(await handshake({ server, client, host: hostOf('console') })).not.to.equal('webhook');
  });

  it('fails no handshake when the run was killed halfway through a step, and finishes it later', async () => {
    for (const [before, after] of [
      [0, 1],
      [1, 2],
      [2, 3],
    ] as const) {
      const half = await halfDone(moments[before]!.dir, moments[after]!.dir);
      const killed = { what: 'half done', dir: half };
      await allArrows(killed, killed);
      for (const whole of [moments[before]!, moments[after]!]) {
        await allArrows(killed, whole);
        await allArrows(whole, killed);
      }
      expect(await loadState(half)).to.include({ settledAt: undefined });
      // The overlap counts from now, however long ago the step began.
      const next = await rotateRoot({
        dir: half,
        now: day(75),
        begin: 'when-due',
        newKeyPair: pooledKeyPair,
      });
      expect(next).to.deep.equal(
        after === 3 ? { step: 'rest' } : { step: 'wait', until: day(105), then: thenOf(after) },
      );
      const bundles = await Promise.all(
        leafPlans.map(async ({ folder }) => (await readMaterial(half, folder)).ca),
      );
      expect(new Set(bundles)).to.have.length(1);
      await allArrows({ what: 'finished', dir: half }, moments[after]!);
    }
  });
});

function thenOf(after: number): string {
  return after === 1 ? 'activate' : 'drop';
}
function hostOf(service: string): string {
  return `${service}.twofold-${service}.svc`;
}
function certificatesIn(pem: string): number {
  return pem.match(/BEGIN CERTIFICATE/g)?.length ?? 0;
}

/** Servers as at one moment, clients as at the other. */
async function allArrows(servers: Moment, clients: Moment): Promise<number> {
  for (const [from, to] of arrows) {
    const client: Material = await readMaterial(clients.dir, from);
    const server = await readMaterial(servers.dir, to);
    const name = await handshake({ server, client, host: hostOf(to) });
    const plan = leafPlans.find(({ folder }) => folder === from);
    expect(name, `${from} as ${clients.what} to ${to} as ${servers.what}`).to.equal(plan?.commonName);
  }
  return arrows.length;
}

/** What a kill leaves: the new state unsettled, some leaves as after the step, the rest as before. */
async function halfDone(before: string, after: string): Promise<string> {
  const dir = testFolder('certs');
  copyFolder(join(before, 'root'), join(dir, 'root'));
  copyFolder(join(after, 'root'), join(dir, 'root'));
  const state = (await loadState(after))!;
  await replaceFile(join(dir, 'root', 'state.json'), {
    text: encodeState({ ...state, settledAt: undefined }),
    mode: 0o644,
  });
  for (const [index, { folder }] of leafPlans.entries()) {
    copyFolder(join(index % 2 === 0 ? before : after, folder), join(dir, folder));
  }
  return dir;
}
