import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { valueHints, valueHintTexts, type ValueHint } from './value-hints.ts';

const key = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----';
function base64(bytes: string | Buffer): string {
  return Buffer.from(bytes).toString('base64');
}

const cases: readonly (readonly [string, string, ...ValueHint[]])[] = [
  ['a password', 'correct horse battery staple'],
  ['a password of other scripts', 'päß 語 🔑 می\u200Cخواهم 👩\u200D💻'],
  ['a file of several lines', '{\n  "a": 1\n}\n'],
  ['a key as it should be', `${key}\n`],
  ['a key without its last newline', key, 'key_unended'],
  ['a key with a space after it', `${key} `, 'key_unended'],
  ['a key with CR LF', `${key}\n`.replaceAll('\n', '\r\n'), 'key_line_ends'],
  ['a key with CR LF, but not at its end', key.replaceAll('\n', '\r\n'), 'key_unended', 'key_line_ends'],
  ['a key with spaces at ends of lines', `${key}\n`.replaceAll('\n', ' \n'), 'key_line_ends'],
  ['a key after a blank line', `\n${key}\n`, 'space_before'],
  ['a public key without its last newline', '-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----'],
  ['a space before', ' x', 'space_before'],
  ['a tab behind', 'x\t', 'space_after'],
  ['a space before the last newline', 'x \n', 'space_after'],
  ['a newline behind one line', 'x\n', 'newline_after'],
  ['CR LF behind one line', 'x\r\n', 'newline_after'],
  ['only a newline', '\n', 'white_space'],
  ['only white space', ' \t\u00A0\u2003\uFEFF\r\n', 'white_space'],
  ['double quotes', '"x"', 'quotes'],
  ['typographic quotes and a space', ' “x”', 'space_before', 'quotes'],
  ['a quote of its own', `"x`],
  ['a zero-width space', 'a\u200Bb', 'invisible'],
  ['a joiner between letters', 'a\u200Db', 'invisible'],
  ['a no-break space', 'a\u00A0b', 'invisible'],
  ['a no-break space behind', 'ab\u00A0', 'space_after', 'invisible'],
  ['a byte order mark', '\uFEFFab', 'invisible'],
  ['a control character', 'a\x1B[31mb', 'invisible'],
  ['a direction mark', 'a\u202Eb', 'invisible'],
  ['a soft hyphen', 'a\u00ADb', 'invisible'],
  ['base64 of a password', base64('secret'), 'base64'],
  ['base64 of a password and a newline', `${base64('hunter2\n')}\n`, 'newline_after', 'base64'],
  ['base64 of other scripts', base64('päßwörter sind lang'), 'base64'],
  ['base64url without padding', Buffer.from('{"a":"?~?~"}').toString('base64url'), 'base64'],
  ['base64 of a key, in lines', `${base64(key).replaceAll(/(.{64})/g, '$1\n')}\n`, 'base64'],
  ['base64 of gzip', base64(Buffer.from('1f8b0800000000000003', 'hex')), 'base64'],
  ['what is made of the same letters', 'AKIAIOSFODNN7EXAMPLE'],
  ['a word', 'password'],
  ['a UUID', '6f1c2a2e-94c5-4c0e-9a53-0c1d8f3b1a77'],
  ['a hash', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
];

describe('hints on a value', () => {
  for (const [what, value, ...hints] of cases) {
    it(`of ${what}: ${hints.join(', ') || 'none'}`, () => {
      expect(valueHints(Buffer.from(value))).to.deep.equal(hints);
    });
  }

  it('tell of UTF-16, and nothing of other binary values', () => {
    for (const mark of ['fffe', 'feff'])
      expect(valueHints(Buffer.from(`${mark}68006900`, 'hex'))).to.deep.equal(['utf16']);
    for (const value of ['', '00ff', '2000', 'c3', '20ff20'])
      expect(valueHints(Buffer.from(value, 'hex')), value).to.deep.equal([]);
  });

  it('do not take random digits for base64 of something', () => {
    fc.assert(
      fc.property(fc.integer({ min: 12, max: 64 }), (size) => {
        const bytes = randomBytes(size);
        // Neither text nor the beginning of a file.
        bytes[0] = 0x80;
        expect(valueHints(Buffer.from(bytes.toString('base64')))).to.deep.equal([]);
      }),
    );
  });

  it('are for any bytes, show none of them, and leave them as they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const before = Buffer.from(bytes);
        for (const hint of valueHints(bytes)) expect(valueHintTexts).to.have.property(hint);
        expect(before.equals(bytes)).to.equal(true);
      }),
    );
  });
});
