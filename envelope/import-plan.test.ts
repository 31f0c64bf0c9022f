import { expect } from 'chai';
import { decodeImport, MAX_IMPORT_BYTES, planImport } from './import-plan.ts';

const none = { versions: new Map<string, number>() };

function utf16(text: string, order: 'le' | 'be', mark: boolean): Buffer {
  const bytes = Buffer.from(`${mark ? '\ufeff' : ''}${text}`, 'utf16le');
  return order === 'le' ? bytes : bytes.swap16();
}

describe('an import of a dotenv file', () => {
  it('is planned whole: new and replaced, what is left out, and notes', () => {
    const plan = planImport('A=1 # one\nB=2\nEMPTY=\nLATER= # to do\nB=3', { versions: new Map([['A', 7]]) });
    expect(plan).to.deep.equal({
      secrets: [
        {
          line: 1,
          name: 'A',
          value: '1',
          size: 1,
          notes: ['a comment was cut off (5 characters); put the value in quotes to keep it'],
          replaces: 7,
        },
        {
          line: 5,
          name: 'B',
          value: '3',
          size: 1,
          notes: ['line 2 has the same name; this one, the last, is taken'],
          replaces: undefined,
        },
      ],
      leftOut: [
        { line: 3, name: 'EMPTY', notes: [] },
        {
          line: 4,
          name: 'LATER',
          notes: ['a comment was cut off (7 characters); put the value in quotes to keep it'],
        },
      ],
      refused: [],
      notes: [],
    });
  });

  it('is refused with a code, the line, what is wrong and the next step', () => {
    const { refused } = planImport('A=1\nKEY=-----BEGIN X-----\nAAAA\n-----END X-----', none);
    expect(refused).to.deep.equal([
      {
        line: 2,
        code: 'several_lines',
        problem: 'several lines need quotes',
        next: 'Put one before the first character of the value and one after its last.',
      },
    ]);
    const codes = (text: string): readonly unknown[] =>
      planImport(text, none).refused.map(({ code }) => code);
    expect(codes('# nothing\nA=')).to.deep.equal(['no_entries']);
    expect(codes(`A=${'x'.repeat(65_537)}`)).to.deep.equal(['value_too_large']);
    expect(codes(`A=1\n#${'x'.repeat(MAX_IMPORT_BYTES)}`)).to.deep.equal(['file_too_large']);
    const many = Array.from({ length: 1002 }, (_, at) => `N${at}=1`).join('\n');
    expect(planImport(many, none).refused).to.have.length(1);
    expect(planImport(many, none).refused[0]).to.include({ line: 1001, code: 'too_many' });
  });

  it('reads UTF-8, and UTF-16 with a byte order mark; anything else is named with its line', () => {
    const text = 'A=pässwörd\r\nB=🔑\r\n';
    for (const order of ['le', 'be'] as const) {
      const marked = decodeImport(utf16(text, order, true));
      expect(marked.ok && [marked.text, marked.notes.length]).to.deep.equal([text, 1]);
      const bare = decodeImport(utf16(text, order, false));
      expect(!bare.ok && bare.refused.code).to.equal('utf16_unmarked');
    }
    const refused = (bytes: Uint8Array): unknown => {
      const decoded = decodeImport(bytes);
      return decoded.ok ? undefined : [decoded.refused.line, decoded.refused.code];
    };
    expect(refused(Buffer.from('A=1\nB=p\xe4ss\n', 'latin1'))).to.deep.equal([2, 'not_utf8']);
    expect(refused(Buffer.from('A=1\rB=1\rC=p\xe4ss\r', 'latin1'))).to.deep.equal([3, 'not_utf8']);
    expect(refused(Buffer.from([0xff, 0xfe, 0x41]))).to.deep.equal([undefined, 'not_utf8']);
    expect(refused(Buffer.from([0xff, 0xfe, 0, 0, 0x41, 0, 0, 0]))).to.deep.equal([undefined, 'utf32']);
    expect(refused(Buffer.alloc(MAX_IMPORT_BYTES + 1))).to.deep.equal([undefined, 'file_too_large']);
    expect(decodeImport(Buffer.from(''))).to.deep.equal({ ok: true, text: '', notes: [] });
    expect(decodeImport(Buffer.from('A=v\x001'))).to.deep.equal({ ok: true, text: 'A=v\x001', notes: [] });
  });
});
