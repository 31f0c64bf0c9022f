import { expect } from 'chai';
import { createLog, describeError } from './log.ts';

describe('the log', () => {
  const lines: string[] = [];
  const log = createLog({ service: 'webhook', level: 'info', write: (line) => lines.push(line) });
  beforeEach(() => (lines.length = 0));

  it('writes JSON with an event, and only listed fields', () => {
    const fields = { namespace: 'sessions', pod: 'p', token: 'eyJ', object: { spec: 'everything' } };
    log.info('refused', fields);
    const line = JSON.parse(lines[0]!) as Record<string, unknown>;
    expect(line).to.include({
      service: 'webhook',
      event: 'refused',
      level: 'info',
      namespace: 'sessions',
      pod: 'p',
    });
    expect(Object.keys(line).sort()).to.deep.equal(['event', 'level', 'namespace', 'pod', 'service', 'time']);
  });

  it('cuts untrusted text, and shows its control characters', () => {
    log.info('refused', { namespace: 'n', pod: `\u001b[2J\u2028${'x'.repeat(100_000)}`, reason: '\u202e' });
    expect(lines[0]!.length).to.be.below(1024);
    const { pod, reason } = JSON.parse(lines[0]!) as Record<string, string>;
    expect(pod).to.match(/^\\u001b\[2J\\u2028x+…$/);
    expect(reason).to.equal('\\u202e');
  });

  it('writes nothing below its level', () => {
    log.debug('detail', { code: 'x' });
    expect(lines).to.deep.equal([]);
  });

  it('describes an error without what JSON.parse quotes of its input', () => {
    let failure: unknown;
    try {
      JSON.parse('{"password": hunter2}');
    } catch (error) {
      failure = error;
    }
    expect(describeError(failure)).to.equal('SyntaxError');
    expect(describeError(Object.assign(new Error('no'), { code: 'EACCES' }))).to.equal('Error EACCES: no');
    expect(describeError('thrown text')).to.equal('not an Error');
  });
});
