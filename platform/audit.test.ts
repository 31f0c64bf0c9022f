import { expect } from 'chai';
import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failureOf } from '../test/refusal.ts';
import { openAuditTrail } from './audit.ts';

describe('an audit trail', () => {
  it('holds every record of concurrent writers, a line each, before it resolves', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'twofold-audit-')), 'audit');
    const audit = await openAuditTrail(file);
    await Promise.all(Array.from({ length: 200 }, (_, at) => audit.append({ at, text: 'a\nb' })));
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { at: number }).at)).to.deep.equal(
      lines.map((_, at) => at),
    );
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    await audit.close();
    const again = await openAuditTrail(file);
    await again.append({ at: 200 });
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).to.have.length(201);
    await again.close();
  });

  it('rejects when the line could not be written, and tries anew with the next', async () => {
    const audit = await openAuditTrail('/dev/full');
    expect((await failureOf(audit.append({ a: 1 }))).code).to.equal('ENOSPC');
    expect((await failureOf(audit.append({ a: 2 }))).code).to.equal('ENOSPC');
    await audit.close();
  });

  it('cannot be opened where there is no folder', async () => {
    expect((await failureOf(openAuditTrail('/nowhere/audit'))).code).to.equal('ENOENT');
  });
});
