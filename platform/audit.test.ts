import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { openAuditTrail } from './audit.ts';
import { testFolder } from '../test/folder.ts';

/** Writes `lines` lines to its standard output, a pipe that it makes non-blocking by touching `process.stdout`. */
function writer(lines: number) {
  const source = `
    const { openAuditTrail } = await import('./platform/audit.ts');
    void process.stdout;
    const trail = await openAuditTrail('-');
    for (let at = 0; at < ${lines}; at += 1) await trail.append({ at, filler: 'x'.repeat(1000) });`;
  return spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

describe('an audit trail', () => {
  it('appends one line per record to a file that only its owner may read', async () => {
    const file = join(testFolder('audit'), 'trail');
    for (const action of ['one', 'two']) {
      const trail = await openAuditTrail(file);
      await trail.append({ action });
      await trail.close();
    }
    expect(readFileSync(file, 'utf8')).to.equal('{"action":"one"}\n{"action":"two"}\n');
    expect(statSync(file).mode & 0o777).to.equal(0o600);
  });

  it('has lines of bounded length without control characters, whatever a record holds', async () => {
    const file = join(testFolder('audit-bounds'), 'trail');
    const trail = await openAuditTrail(file);
    const text = '\u001b\u202e'.repeat(50_000);
    await trail.append({ text, secrets: Array.from({ length: 5_000 }, () => ({ nam: text })) });
    await trail.close();
    const line = readFileSync(file, 'utf8');
    expect(line.length).to.be.below(256 * 1024);
    expect(line).to.match(/^[\x20-\x7e…]+\n$/);
    expect((JSON.parse(line) as { secrets: unknown[] }).secrets).to.have.length(256);
  });

  it('rejects when a record cannot be written', async () => {
    const trail = await openAuditTrail('/dev/full');
    const error: unknown = await trail.append({}).catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'ENOSPC' });
  });

  it('waits for the reader of a full pipe, and loses nothing', async () => {
    const child = writer(1000);
    await wait(300);
    const lines = (await text(child.stdout)).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { at: number }).at)).to.deep.equal(
      Array.from({ length: 1000 }, (_, at) => at),
    );
  });

  it('gives up on a reader that never comes, so that the caller can refuse', async () => {
    const child = writer(1000);
    child.stdout.pause();
    const said = text(child.stderr);
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).to.equal(1);
    expect(await said).to.contain('EAGAIN');
    child.stdout.destroy();
  });
});
