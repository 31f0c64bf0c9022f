import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startStage, type Stage } from './stage.ts';
import { parseTranscript, runTranscript } from './transcript.ts';

const folder = fileURLToPath(new URL('transcripts', import.meta.url));
const scripts = readdirSync(folder)
  .filter((file) => file.endsWith('.txt'))
  .map((file) => basename(file, '.txt'));

/** The first line of a transcript says what it shows. */
function titleOf(script: string): string {
  return /^# (.*)/.exec(readFileSync(join(folder, `${script}.txt`), 'utf8'))?.[1] ?? script;
}

describe('the command line, as its transcripts show', () => {
  let stage: Stage | undefined;
  /** All in parallel: most of the time is waiting. */
  const running = new Map<string, Promise<unknown>>();
  const outputs: string[] = [];

  before(async function () {
    this.timeout(120_000);
    const started = await startStage(scripts);
    stage = started;
    for (const script of scripts) {
      const steps = parseTranscript(readFileSync(join(folder, `${script}.txt`), 'utf8'));
      const ran = runTranscript(steps, started.home(script), (output) => outputs.push(output)).then(
        () => undefined,
        (error: unknown) => error,
      );
      running.set(script, ran);
    }
  });
  after(() => stage?.stack.stop());

  for (const script of scripts) {
    it(titleOf(script), async () => {
      const error = await running.get(script);
      if (error instanceof Error) expect.fail(`${script}.txt, ${error.message}`);
    }).timeout(120_000);
  }

  it('shows no stored value, no access token and no refresh token, whatever goes wrong', () => {
    expect(outputs.length).to.be.greaterThan(80);
    const bearers = Object.values(stage?.stack.bearers ?? {});
    expect(bearers).to.have.length(scripts.length + 1);
    for (const output of outputs) {
      for (const secret of ['hunter', '-----BEGIN', ...bearers]) expect(output).not.to.contain(secret);
      // Access tokens are JWTs, like tickets; only tickets may be shown.
      for (const [, header = ''] of output.matchAll(/(eyJ[\w-]+)\.[\w-]+\./g)) {
        expect(Buffer.from(header, 'base64url').toString()).to.contain('twofold-ticket+jwt');
      }
    }
  });
});
