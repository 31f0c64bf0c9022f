import { expect } from 'chai';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testFolder } from '../../test/folder.ts';

const cached = fileURLToPath(new URL('cached', import.meta.url));

describe('scripts/servers/cached', () => {
  let cache: string;
  beforeEach(() => {
    cache = testFolder('cache');
  });

  /** `script` gets the folder as `$0`. */
  const argsOf = (script: string): string[] => ['tool', '1.2.3', 'bash', '-c', script];
  const options = () => ({ encoding: 'utf8' as const, env: { ...process.env, XDG_CACHE_HOME: cache } });
  const run = (script: string) => spawnSync(cached, argsOf(script), options());
  const folder = (): string => join(cache, 'twofold/tool/1.2.3');

  it('fills a folder once, and prints where it is', () => {
    for (const word of ['first', 'second']) {
      const { status, stdout } = run(`echo built; echo ${word} >"$0/file"`);
      expect([status, stdout]).to.deep.equal([0, `${folder()}\n`]);
    }
    expect(readFileSync(join(folder(), 'file'), 'utf8')).to.equal('first\n');
  });

  it('fails as the build does, and starts over the next time', () => {
    const failed = run('touch "$0/half"; exit 7');
    expect([failed.status, failed.stdout]).to.deep.equal([7, '']);
    expect(run('touch "$0/whole"').status).to.equal(0);
    expect(existsSync(join(folder(), 'whole'))).to.equal(true);
    expect(existsSync(join(folder(), 'half'))).to.equal(false);
  });

  it('runs one build at a time: a second caller gets the first one’s result', async () => {
    const { env } = options();
    const started = ['a', 'b'].map((word) =>
      spawn(cached, argsOf(`sleep 0.3; echo ${word} >>"$0/file"`), { env, stdio: 'ignore' }),
    );
    const codes = await Promise.all(
      started.map((child) => new Promise<number | null>((resolve) => child.once('exit', resolve))),
    );
    expect(codes).to.deep.equal([0, 0]);
    expect(readFileSync(join(folder(), 'file'), 'utf8')).to.match(/^[ab]\n$/);
  });
});
