import { PassThrough } from 'node:stream';
import type { ReadStream } from 'node:tty';
import { expect } from 'chai';
import { createTerminal } from './terminal.ts';

describe('the question for a value', () => {
  it('is asked when the terminal echoes nothing any more, and answered before it echoes again', async () => {
    const seen: string[] = [];
    const input = new PassThrough();
    const stdin = Object.assign(input, {
      setRawMode: (raw: boolean) => seen.push(raw ? 'silent' : 'echoes'),
    }) as unknown as ReadStream; // as much of one as is used
    const stderr = new PassThrough().on('data', (text: Buffer) => {
      if (!text.includes('not shown')) return;
      seen.push('asked');
      input.write('typed\r');
    });
    const value = await createTerminal({ stdin, stderr }).askHidden('Value of a');
    expect(value.toString()).to.equal('typed');
    expect(seen).to.deep.equal(['silent', 'asked', 'echoes']);
  });
});
