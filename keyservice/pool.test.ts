import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { bundleOptions, repository } from '../scripts/build.ts';
import { tokenOf } from './testing/material.ts';

const sixty = Array.from({ length: 60 }, (_, at) => `s${at}`);

describe('the pool of worker threads', () => {
  let seen: Readonly<Record<string, unknown>>;

  before(async function () {
    this.timeout(30_000);
    const outdir = join(repository, 'dist', 'test');
    const outfile = join(outdir, `pool-scenarios-${process.pid}.js`);
    mkdirSync(outdir, { recursive: true });
    const entryPoints = [join(repository, 'keyservice/testing/pool-scenarios.ts')];
    await build({ ...bundleOptions('keyservice'), entryPoints, outfile, write: true });
    try {
      const { stdout } = await promisify(execFile)(process.execPath, [outfile]);
      seen = JSON.parse(stdout) as typeof seen;
    } finally {
      rmSync(outfile);
    }
  });

  it('answers in the order of the request, regardless of which thread opened what', () => {
    expect(seen['order']).to.deep.equal(sixty.map(tokenOf));
  });

  it('names the first envelope that is not authentic, and returns none of the others', () => {
    expect(seen['firstDamaged']).to.equal('not_authentic 37');
  });

  it('queues a bounded number of envelopes, and answers those in the queue', () => {
    const bounded = seen['bounded'] as string[];
    expect(new Set(bounded)).to.deep.equal(new Set(['ok 60', 'busy']));
    expect(bounded.slice(0, 5)).to.deep.equal(Array(5).fill('ok 60'));
  });

  it('refuses what a crashed worker was doing, and nothing else', () => {
    expect(seen['poison']).to.deep.equal(['worker_lost', 'ok 3']);
    expect(seen['lostAfterPoison']).to.equal(1);
    expect(seen['killed']).to.equal('worker_lost');
  });

  it('replaces a crashed worker', () => {
    expect(seen['afterReplacement']).to.equal('ok 60');
    expect(seen['afterKill']).to.equal('ok 60');
  });

  it('answers immediately, and is not healthy, while no worker is alive', () => {
    expect(seen['dying']).to.equal('worker_lost');
    expect(seen['dead']).to.equal('worker_lost');
    expect(seen['deadHealth']).to.equal('Error: the round trip ended with worker_lost');
  });

  it('does not start broken workers in a tight loop', () => {
    expect(seen['startedWhileDead']).to.be.at.most(4);
  });

  it('refuses work once it is closed', () => {
    expect(seen['afterClose']).to.equal('worker_lost');
  });
});
