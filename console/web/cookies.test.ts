import { expect } from 'chai';
import { createSecretKey } from 'node:crypto';
import type { Request, Response } from 'express';
import { parseKid } from '#envelope/names.ts';
import { createCookies } from './cookies.ts';

const cookies = createCookies({
  keys: [{ kid: parseKid('A'.repeat(43))!, key: createSecretKey(Buffer.alloc(32)) }],
  clock: () => 0,
});
const kind = { name: 'twofold', lifeSeconds: 60 };

/** `name=value` of a cookie that says who. */
async function cookieOf(who: string): Promise<string> {
  let sent = '';
  // All that is used of a response.
  const response = { append: (_: string, text: string) => (sent = text) } as unknown as Response;
  await cookies.write(response, kind, { who });
  return sent.split(';')[0]!;
}

async function whoIn(header: string | undefined): Promise<unknown> {
  const request = { headers: { cookie: header } } as unknown as Request; // all that is used of one
  return (await cookies.read(request, kind))?.['who'];
}

describe('a cookie of the page', () => {
  let alice: string;
  before(async () => (alice = await cookieOf('alice')));

  it('is found among others, in whatever order', async () => {
    expect(await whoIn(alice)).to.equal('alice');
    expect(await whoIn(`a=b; ${alice};c`)).to.equal('alice');
    expect(await whoIn(`x; ;=;a=${alice}; ${alice}`)).to.equal('alice');
  });

  it('is the first of its name, and no other is tried where that one is not valid', async () => {
    expect(await whoIn(`${alice}; ${await cookieOf('bob')}`)).to.equal('alice');
    expect(await whoIn(`__Host-twofold=; ${alice}`)).to.equal(undefined);
  });

  it('has the whole name, letter by letter', async () => {
    for (const name of [
      '__host-twofold',
      'x__Host-twofold',
      '__Host-twofold2',
      '\u00a0__Host-twofold',
      '%5F_Host-twofold',
    ])
      expect(await whoIn(alice.replace('__Host-twofold', name)), name).to.equal(undefined);
  });

  it('is read as it is, without decoding', async () => {
    expect(await whoIn(alice.replace('.', '%2E'))).to.equal(undefined);
    expect(await whoIn(alice.replace('=', '="').concat('"'))).to.equal(undefined);
  });

  it('is not found in what every object has', async () => {
    for (const header of [
      undefined,
      '',
      '__proto__=a',
      'constructor=a; toString=b',
      '__proto__=a; __Host-twofold',
    ])
      expect(await whoIn(header)).to.equal(undefined);
    expect(await whoIn(`__proto__=a; ${alice}`)).to.equal('alice');
  });
});
