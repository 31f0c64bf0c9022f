import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fc } from '../test/properties.ts';
import { problem, reply } from './testing/claims.ts';
import { filesIn, TOKEN } from './testing/session.ts';
import { MARKER, startStage, type Stage } from './testing/stage.ts';

describe('the init container', function () {
  this.timeout(30_000);
  let stage: Stage;

  before(async () => {
    stage = await startStage();
  });
  after(() => stage.close());

  describe('writes', () => {
    it('the files of the session, byte for byte, and exits with 0 and no message', async () => {
      const large = randomBytes(64 * 1024);
      const secrets = { 'ca.crt': Buffer.from('one'), large, empty: Buffer.from('x') };
      const files = 'ca.crt,ca.crt=tls/deep/root.pem,large,empty=..'.replace('=..', '=.hidden');
      const of = await stage.session({ secrets, files });
      expect(await stage.run(of)).to.include({ code: 0, message: '', output: '' });
      expect(filesIn(join(of.dir, 'files'))).to.deep.equal({
        'ca.crt': ['0400', Buffer.from('one')],
        'tls/deep/root.pem': ['0400', Buffer.from('one')],
        large: ['0400', large],
        '.hidden': ['0400', Buffer.from('x')],
      });
    });

    it('each with the mode that the webhook chose', async () => {
      for (const mode of ['0400', '0440', '0444']) {
        const of = await stage.session({ mode });
        await stage.run(of);
        expect(Object.values(filesIn(join(of.dir, 'files'))).map(([is]) => is)).to.deep.equal([mode, mode]);
      }
    });

    it('variables into one file for the kubelet, preserving lines within a value', async () => {
      const secrets = { a: Buffer.from('x=1 "$HOME" \\'), b: Buffer.from('two\nlines ü') };
      const of = await stage.session({ secrets, files: '', variables: 'FIRST=a,SECOND=b,AGAIN=a' });
      expect(await stage.run(of)).to.include({ code: 0 });
      const [mode, content] = filesIn(join(of.dir, 'env'))['env'] ?? [];
      expect(mode).to.equal('0400');
      expect(content?.toString()).to.equal(
        `FIRST='x=1 "$HOME" \\'\nSECOND='two\nlines ü'\nAGAIN='x=1 "$HOME" \\'\n`,
      );
      expect(readdirSync(join(of.dir, 'files'))).to.deep.equal([]);
    });

    it('256 secrets', async () => {
      const secrets = Object.fromEntries(
        Array.from({ length: 256 }, (_, at) => [`s${at}`, randomBytes(2_000)]),
      );
      const of = await stage.session({ secrets });
      expect(await stage.run(of)).to.include({ code: 0 });
      const written = filesIn(join(of.dir, 'files'));
      for (const [name, value] of Object.entries(secrets)) expect(written[name]?.[1]).to.deep.equal(value);
    });

    it('the same files when it runs again, as after a reboot of the node', async () => {
      const of = await stage.session({ files: 'db-password=pg/password,aws-key' });
      await stage.run(of);
      const first = filesIn(join(of.dir, 'files'));
      expect(await stage.run(of)).to.include({ code: 0 });
      expect(filesIn(join(of.dir, 'files'))).to.deep.equal(first);
    });

    it('the same files after it was killed halfway', async () => {
      const secrets = Object.fromEntries(
        Array.from({ length: 200 }, (_, at) => [`s${at}`, randomBytes(3_000)]),
      );
      const files = Object.keys(secrets)
        .flatMap((name) => [name, `${name}=again/${name}`])
        .join(',');
      const of = await stage.session({ secrets, files });
      const folder = join(of.dir, 'files');
      let killedAt = 0;
      for (let tries = 0; tries < 10 && (killedAt === 0 || killedAt >= 400); tries += 1) {
        rmSync(folder, { recursive: true });
        mkdirSync(folder);
        let watching = true;
        const ended = stage.run(of, {
          onStart: (kill) => {
            const look = (): void => {
              if (readdirSync(folder).length > 5) kill();
              else if (watching) setImmediate(look);
            };
            look();
          },
        });
        const { code } = await ended;
        watching = false;
        if (code === null) killedAt = Object.keys(filesIn(folder)).length;
      }
      expect(killedAt).to.be.within(1, 399);
      expect(await stage.run(of)).to.include({ code: 0 });
      expect(Object.keys(filesIn(folder))).to.have.length(400);
    });
  });

  it('claims with grant and service-account token, trusting only the admitted root', async () => {
    const of = await stage.session();
    await stage.run(of);
    const asked = stage.claims.asked();
    expect(asked).to.have.length(1);
    expect(asked[0]).to.include({
      method: 'POST',
      path: '/internal/v1/claim',
      contentType: 'application/json',
    });
    expect(JSON.parse(asked[0]?.body.toString() ?? '')).to.deep.equal({ grant: of.grant });
  });

  it('gets its keys from a console that comes up while it tries', async () => {
    const of = await stage.session();
    stage.claims.answerWith(() =>
      stage.claims.asked().length < 3 ? problem(503, 'database_unavailable') : reply(of.answer),
    );
    expect(await stage.run(of, { env: { TWOFOLD_CLAIM_SECONDS: '20' } })).to.include({
      code: 0,
      message: '',
    });
    expect(stage.claims.asked()).to.have.length(3);
  });

  it('waits as long as a busy console asks it to, and then gets its keys', async () => {
    const of = await stage.session();
    const busy = { ...problem(429, 'rate_limited'), headers: { 'retry-after': '2' } };
    const times: number[] = [];
    stage.claims.answerWith(() => (times.push(performance.now()) < 2 ? busy : reply(of.answer)));
    expect(await stage.run(of, { env: { TWOFOLD_CLAIM_SECONDS: '30' } })).to.include({ code: 0 });
    expect(times).to.have.length(2);
    expect(times[1]! - times[0]!).to.be.above(2_000);
  });

  it('tries once more, however long a busy console asks it to wait', async () => {
    const of = await stage.session();
    const busy = { ...problem(429, 'rate_limited'), headers: { 'retry-after': '600' } };
    stage.claims.answerWith(() => (stage.claims.asked().length < 2 ? busy : reply(of.answer)));
    expect(await stage.run(of, { env: { TWOFOLD_CLAIM_SECONDS: '12' } })).to.include({ code: 0 });
  });

  it('never prints a value, key or token, whatever the console and the volume hold', async () => {
    const replies = ['keys', 'fewer', 'garbage', 'refusal'] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...replies),
        fc.string({ unit: 'binary', maxLength: 20 }),
        fc.boolean(),
        async (kind, text, damaged) => {
          const secrets = { a: Buffer.from(`${MARKER}${text}`), b: Buffer.from(MARKER) };
          const of = await stage.session({ secrets, variables: 'A=a' });
          if (damaged) writeFileSync(join(of.dir, 'session', of.idOf.get('b') ?? ''), MARKER);
          stage.claims.answerWith(() => {
            if (kind === 'keys') return reply(of.answer);
            if (kind === 'fewer') return reply({ keys: of.answer.keys.slice(1) });
            if (kind === 'garbage') return { status: 200, body: `${JSON.stringify(of.answer)}x` };
            return problem(403, 'code', text);
          });
          const { output, message } = await stage.run(of);
          for (const hidden of [MARKER, TOKEN, of.grant, ...of.answer.keys.map(({ key }) => key)])
            expect(output + message).not.to.contain(hidden);
        },
      ),
      { numRuns: 12 },
    );
  });
});
