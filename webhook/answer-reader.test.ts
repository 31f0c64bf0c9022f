import { expect } from 'chai';
import { HttpsError } from '#platform/https-client.ts';
import { fc } from '../test/properties.ts';
import { createAnswerReader, MalformedAnswer, type ReadAnswer } from './answer-reader.ts';

const LIMIT = 1_000;
const OK = 'HTTP/1.1 200 OK\r\n';

/** The answer after all of these bytes, or undefined where it is not whole. */
const readAll = (pieces: readonly Buffer[], limit = LIMIT): ReadAnswer | undefined => {
  const read = createAnswerReader(limit);
  let answer: ReadAnswer | undefined;
  for (const piece of pieces) answer = read(piece);
  return answer;
};
const read = (text: string): ReadAnswer | undefined => readAll([Buffer.from(text, 'latin1')]);

/** `bytes` in pieces, cut at these places. */
const cut = (bytes: Buffer, places: readonly number[]): Buffer[] => {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
};

const bodies = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const fixed = (body: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${OK}Content-Length: ${body.length}\r\n\r\n`), body]);
const chunked = (body: Buffer, places: readonly number[]): Buffer =>
  Buffer.concat([
    Buffer.from(`${OK}Transfer-Encoding: chunked\r\n\r\n`),
    ...cut(body, places)
      .filter(({ length }) => length > 0)
      .flatMap((chunk) => [Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]),
    Buffer.from('0\r\n\r\n'),
  ]);
const places = fc.array(fc.nat(2_000), { maxLength: 12 });

describe('the answer to a call', () => {
  it('is read whatever its pieces, and is whole with its last byte alone', () => {
    fc.assert(
      fc.property(bodies, places, places, fc.boolean(), (body, chunks, pieces, inChunks) => {
        const bytes = inChunks ? chunked(body, chunks) : fixed(body);
        expect(readAll(cut(bytes, pieces))).to.deep.equal({ status: 200, keepAlive: true, body });
        expect(readAll(cut(bytes.subarray(0, -1), pieces))).to.equal(undefined);
        expect(() => readAll([...cut(bytes, pieces), Buffer.from('H')])).to.throw(MalformedAnswer);
      }),
    );
  });

  it('with any byte changed is an answer, an error, or not whole: nothing else, and never too long', () => {
    fc.assert(
      fc.property(bodies, places, fc.nat(), fc.nat(255), fc.boolean(), (body, chunks, at, byte, inChunks) => {
        const bytes = inChunks ? chunked(body, chunks) : fixed(body);
        bytes[at % bytes.length] = byte;
        try {
          expect(readAll([bytes])?.body.length ?? 0).to.be.at.most(LIMIT);
        } catch (error) {
          if (!(error instanceof MalformedAnswer)) expect(error).to.be.instanceOf(HttpsError);
        }
      }),
    );
  });

  const understood: Record<string, [string, Partial<ReadAnswer>]> = {
    'without a reason': ['HTTP/1.1 404\r\ncontent-length: 0\r\n\r\n', { status: 404 }],
    'with no body': ['HTTP/1.1 204 No Content\r\n\r\n', { status: 204 }],
    'whose fields differ in case and space': [
      `${OK}CONTENT-LENGTH:\t 0 \r\nConnection: Keep-Alive\r\n\r\n`,
      { keepAlive: true },
    ],
    'that is its connection’s last': [
      `${OK}connection: close\r\ncontent-length: 0\r\n\r\n`,
      { keepAlive: false },
    ],
    'with other fields twice': [`${OK}warning: a\r\nwarning: b\r\ncontent-length: 0\r\n\r\n`, {}],
  };
  for (const [what, [text, expected]] of Object.entries(understood)) {
    it(`may be one ${what}`, () => expect(read(text)).to.deep.include(expected));
  }

  const malformed: Record<string, string> = {
    'another protocol': 'SSH-2.0-OpenSSH_9.2\r\n\r\n',
    'another version': 'HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n',
    'a status that is none': 'HTTP/1.1 2x0 OK\r\ncontent-length: 0\r\n\r\n',
    'an answer on the way': 'HTTP/1.1 103 Early Hints\r\ncontent-length: 0\r\n\r\n',
    'no length': `${OK}\r\n`,
    'a length that is no number': `${OK}content-length: 1e1\r\n\r\n`,
    'a negative length': `${OK}content-length: -1\r\n\r\n`,
    'two lengths': `${OK}content-length: 1\r\nContent-Length: 1\r\n\r\n`,
    'a list of lengths': `${OK}content-length: 1, 1\r\n\r\n`,
    'a length and chunks': `${OK}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n`,
    'another coding': `${OK}transfer-encoding: gzip, chunked\r\n\r\n`,
    'a field without a name': `${OK}: x\r\ncontent-length: 0\r\n\r\n`,
    'a space before the colon': `${OK}content-length : 0\r\n\r\n`,
    'a folded field': `${OK}x: a\r\n b\r\ncontent-length: 0\r\n\r\n`,
    'a line break without its half': `${OK}x: a\ncontent-length: 0\r\n\r\n`,
    'a zero byte': `${OK}x: a\0\r\ncontent-length: 0\r\n\r\n`,
    'a head without end': `${OK}x: ${'y'.repeat(17_000)}`,
    'a chunk without a size': `${OK}transfer-encoding: chunked\r\n\r\n\r\n`,
    'a chunk with a negative size': `${OK}transfer-encoding: chunked\r\n\r\n-1\r\n`,
    'a chunk whose size has no end': `${OK}transfer-encoding: chunked\r\n\r\n${'0'.repeat(20)}`,
    'a chunk with an extension': `${OK}transfer-encoding: chunked\r\n\r\n1;a=b\r\nx\r\n0\r\n\r\n`,
    'a chunk that is longer than it says': `${OK}transfer-encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n`,
    trailers: `${OK}transfer-encoding: chunked\r\n\r\n0\r\nx: y\r\n\r\n`,
  };
  for (const [what, text] of Object.entries(malformed)) {
    it(`is refused with ${what}`, () => expect(() => read(text)).to.throw(MalformedAnswer));
  }

  it('is refused as too long when its length says so, before its body comes', () => {
    const tooLong = { code: 'too_large' };
    expect(() => read(`${OK}content-length: ${LIMIT + 1}\r\n\r\n`))
      .to.throw(HttpsError)
      .that.includes(tooLong);
    expect(() => read(`${OK}transfer-encoding: chunked\r\n\r\n${(LIMIT + 1).toString(16)}\r\n`))
      .to.throw(HttpsError)
      .that.includes(tooLong);
    const chunk = `258\r\n${'x'.repeat(600)}\r\n`;
    expect(() => read(`${OK}transfer-encoding: chunked\r\n\r\n${chunk}${chunk}`))
      .to.throw(HttpsError)
      .that.includes(tooLong);
  });

  it('is refused in more parts than memory is for, however short', () => {
    const parts = Array.from({ length: 70_000 }, () => Buffer.from('1\r\nx\r\n'));
    const head = Buffer.from(`${OK}transfer-encoding: chunked\r\n\r\n`);
    expect(() => readAll([head, ...parts], 1_000_000)).to.throw(MalformedAnswer, 'too many parts');
  });
});
