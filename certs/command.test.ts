import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { runCommand } from './command.ts';
import { DAY_MS } from './issue.ts';
import { EXTRA_NAMES, issuedFolder, ISSUED_AT } from './testing/issued-folder.ts';
import { testFolder } from '../test/folder.ts';

const names = EXTRA_NAMES.flatMap((name) => ['--name', name]);

async function run(args: string[], now = ISSUED_AT) {
  let [out, err] = ['', ''];
  const code = await runCommand(args, {
    out: (text) => (out += text),
    err: (text) => (err += text),
    now: () => now,
  });
  return { code, out, err };
}

describe('the certs command', () => {
  let dir: string;
  before(async () => (dir = await issuedFolder()));

  const wrong: [string, string[], string][] = [
    ['nothing', [], 'A command is missing'],
    ['an unknown command', ['renew', '--dir', 'x'], 'There is no such command'],
    ['the name of an inherited property', ['constructor', '--dir', 'x'], 'There is no such command'],
    ['two commands', ['issue', 'show', '--dir', 'x'], 'issue takes no arguments'],
    ['no folder', ['issue'], '--dir is missing'],
    ['an empty folder name', ['issue', '--dir', ''], '--dir is missing'],
    ['an unknown option', ['issue', '--dir', 'x', '--force'], '--force'],
    ['another command’s option', ['show', '--dir', 'x', '--name', 'a'], 'show has no option --name'],
    ['an invalid name', ['issue', '--dir', 'x', '--name', '*.a'], '--name *.a'],
    ['an invalid number of days', ['rotate', '--dir', 'x', '--overlap-days', '1.5'], '--overlap-days 1.5'],
  ];
  for (const [what, args, message] of wrong) {
    it(`answers ${what} with its usage, and exit code 2`, async () => {
      const { code, out, err } = await run(args);
      expect({ code, out }).to.deep.equal({ code: 2, out: '' });
      expect(err)
        .to.include(message)
        .and.match(/next: node certs\/main.ts/);
    });
  }

  it('keeps what is valid, and says so', async () => {
    const { code, out } = await run(['issue', '--dir', dir, ...names]);
    expect({ code, out }).to.deep.equal({ code: 0, out: '0 issued, 7 kept\n' });
  });

  it('says which key it makes and why', async () => {
    const copy = await issuedFolder();
    await rm(join(copy, 'console', 'tls.key'));
    const { out } = await run(['issue', '--dir', copy, ...names]);
    expect(out).to.equal('console: new key (tls.key is missing)\n1 issued, 6 kept\n');
  });

  it('lists roots and leaves with names and the days left', async () => {
    const { code, out } = await run(['show', '--dir', dir], new Date(ISSUED_AT.getTime() + 10 * DAY_MS));
    const rows = out
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(code).to.equal(0);
    expect(rows[0]).to.deep.equal(['LEAF', 'NAMES', 'NOT AFTER', 'DAYS LEFT']);
    expect(rows[1]?.[1]).to.equal('active');
    const end = new Date(ISSUED_AT.getTime() + 90 * DAY_MS).toISOString().slice(0, 10);
    const service = 'keyservice.twofold-keyservice';
    const allNames = `${service}.svc ${service}.svc.cluster.local ${service} localhost 127.0.0.1`;
    expect(rows[4]).to.deep.equal(['keyservice', allNames, end, rows[4]?.[3]]);
    expect(rows[4]?.[3]).to.match(/^(79|80)$/);
    expect(rows[8]?.slice(0, 2)).to.deep.equal(['apiserver-webhook', 'client apiserver-webhook']);
  });

  it('prints all trusted roots for a webhook configuration', async () => {
    const { out } = await run(['ca-bundle', '--dir', dir]);
    expect(Buffer.from(out, 'base64').toString()).to.equal(
      await readFile(join(dir, 'console', 'ca.crt'), 'utf8'),
    );
  });

  it('stages a new root, then says how long it waits', async () => {
    const copy = await issuedFolder();
    expect((await run(['rotate', '--dir', copy, '--continue'])).out).to.include('nothing to do');
    expect((await run(['rotate', '--dir', copy])).out).to.include('staged: a new root is trusted');
    const until = new Date(ISSUED_AT.getTime() + 2 * DAY_MS).toISOString();
    expect((await run(['rotate', '--dir', copy, '--overlap-days', '2'])).out).to.equal(
      `waiting: activate at ${until}\n`,
    );
    const bundle = Buffer.from((await run(['ca-bundle', '--dir', copy])).out, 'base64').toString();
    expect(bundle.match(/BEGIN CERTIFICATE/g)).to.have.length(2);
  });

  it('says what to do where there is nothing yet, with exit code 1', async () => {
    const empty = testFolder('certs');
    for (const command of ['show', 'rotate', 'ca-bundle']) {
      const { code, out, err } = await run([command, '--dir', empty]);
      expect({ code, out }).to.deep.equal({ code: 1, out: '' });
      expect(err).to.equal(`certs: ${empty} contains no certificates yet: run \`issue\` first\n`);
    }
    expect(await readdir(empty)).to.deep.equal([]);
  });

  it('names what the system refused, with exit code 1', async () => {
    const file = join(testFolder('certs'), 'file');
    await writeFile(file, '');
    const { code, err } = await run(['issue', '--dir', join(file, 'below')]);
    expect(code).to.equal(1);
    expect(err).to.include(file).and.include('ENOTDIR');
  });

  it('never prints a key', async () => {
    const copy = await issuedFolder();
    const runs = await Promise.all([
      run(['show', '--dir', copy]),
      run(['ca-bundle', '--dir', copy]),
      run(['issue', '--dir', copy, ...names]),
    ]);
    const printed = runs.map(({ out, err }) => out + err).join('');
    const keys = [join(copy, 'console', 'tls.key')];
    for (const name of await readdir(join(copy, 'root')))
      if (name.endsWith('.key')) keys.push(join(copy, 'root', name));
    expect(keys).to.have.length(2);
    const bodies = await Promise.all(keys.map((key) => readFile(key, 'utf8')));
    const decoded = printed + Buffer.from(runs[1].out, 'base64').toString();
    for (const line of bodies.join('').split('\n'))
      if (line.length >= 64) expect(decoded).not.to.include(line);
    expect(decoded).not.to.include('PRIVATE');
  });
});
