import { spawn } from 'node:child_process';
import { expect } from 'chai';
import { callJson, type Reply } from './testing/api-client.ts';
import { databaseKinds, startTestConsole, type TestConsole } from './testing/console.ts';
import { buildBundle, bundle, ended, launch, type Program } from './testing/program.ts';

for (const kind of databaseKinds) {
  describe(`the console’s process (${kind})`, function () {
    this.timeout(60_000);
    let running: TestConsole;
    before(async () => {
      await buildBundle();
      running = await startTestConsole(kind);
      await running.stopConsole();
    });
    after(() => running.stop());

    const call = async (program: Program, method: string, path: string, body?: object): Promise<Reply> => {
      const headers = { authorization: `Bearer ${await running.provider.token('alice')}` };
      const url = `${program.publicUrl}/api/v1${path}`;
      return await callJson(running.client, { method, url }, { headers, ...(body && { body }) });
    };

    it('loses nothing that it has confirmed when it is killed, and starts again', async () => {
      const first = await launch(running.env);
      const stored: string[] = [];
      const write = async (worker: number): Promise<void> => {
        for (let n = 0; ; n += 1) {
          const name = `w${worker}-${n}`;
          const { status } = await call(first, 'POST', '/secrets', { name, value: 'v' });
          if (status === 201) stored.push(name);
          if (stored.length === 30) first.process.kill('SIGKILL');
        }
      };
      const outcomes = await Promise.allSettled([1, 2, 3].map(write));
      expect(outcomes.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected', 'rejected']);
      expect(await ended(first.process)).to.equal('SIGKILL');

      const second = await launch(running.env);
      const { items } = (await call(second, 'GET', '/secrets?limit=200')).json;
      const names = items.map(({ name }) => name);
      expect(stored.filter((name) => !names.includes(name))).to.deep.equal([]);
      const audit = (await call(second, 'GET', '/audit?limit=200')).json.items;
      const audited = audit.filter(({ action, outcome }) => action === 'create' && outcome === 'done');
      expect(audited, 'a record for each row, a row for each record').to.have.length(names.length);
      second.process.kill('SIGTERM');
      expect(await ended(second.process), 'drained').to.equal(0);
    });
  });
}

describe('the console’s process', () => {
  before(buildBundle);

  it('exits with every problem of its configuration, before it touches anything', async () => {
    const child = spawn(process.execPath, [bundle], {
      env: { PATH: process.env['PATH'], TWOFOLD_MAX_VALUE_BYTES: '0', TWOFOLD_GUARD_REQUIRED: 'false' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    expect(await ended(child)).to.equal(78);
    expect(said).to.contain('TWOFOLD_MAX_VALUE_BYTES must be').and.to.contain('TWOFOLD_CLUSTER must be set');
    expect(said, 'the guard is not a setting').to.contain('TWOFOLD_GUARD_REQUIRED is not a setting');
  }).timeout(20_000);

  it('exits if one key serves two uses, and names both settings', async () => {
    const running = await startTestConsole('SQLite');
    await running.stop();
    const { TWOFOLD_RECORD_KEYS_FILE = '' } = running.env;
    const child = spawn(process.execPath, [bundle], {
      env: { PATH: process.env['PATH'], ...running.env, TWOFOLD_COOKIE_KEYS_FILE: TWOFOLD_RECORD_KEYS_FILE },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    expect(await ended(child)).to.equal(78);
    expect(said).to.match(
      /^console: TWOFOLD_RECORD_KEYS_FILE and TWOFOLD_COOKIE_KEYS_FILE both list the key /,
    );
  }).timeout(20_000);
});
