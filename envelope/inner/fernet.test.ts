import { expect } from 'chai';
import fernet from 'fernet';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { failureOf } from '../../test/refusal.ts';
import { fc } from '../../test/properties.ts';
import { nodeCipher } from '../node-cipher.ts';
import { tokenLength } from './layout.ts';
import { openInner } from './open.ts';
import { sealInner } from './seal.ts';

interface Vector {
  readonly desc?: string;
  readonly token: string;
  readonly now: string;
  readonly ttl_sec?: number;
  readonly iv?: readonly number[];
  readonly src?: string;
  readonly secret: string;
}

function vectors(kind: string): readonly Vector[] {
  // The files are part of the repository.
  return JSON.parse(
    readFileSync(new URL(`../../test/vectors/fernet/${kind}.json`, import.meta.url), 'utf8'),
  ) as Vector[];
}
function seconds(time: string): number {
  return Date.parse(time) / 1000;
}
function keyOf(secret: string): Uint8Array {
  return Buffer.from(secret, 'base64url');
}
const key = nodeCipher.random(32);
function seal(plaintext: Uint8Array): Promise<string> {
  return sealInner(nodeCipher, { key, plaintext, nowSeconds: 1_800_000_000 });
}

describe('the inner token (Fernet)', () => {
  for (const { src, now, iv, secret, token } of vectors('generate')) {
    it(`is the published one for ${String(src)}`, async () => {
      const cipher = { ...nodeCipher, random: () => Uint8Array.from(iv ?? []) };
      const input = { key: keyOf(secret), plaintext: Buffer.from(src ?? ''), nowSeconds: seconds(now) };
      expect(await sealInner(cipher, input)).to.equal(token);
    });
  }

  for (const { src, now, ttl_sec, secret, token } of vectors('verify')) {
    it(`opens the published one of ${String(src)}`, async () => {
      const freshness = { nowSeconds: seconds(now), ttlSeconds: ttl_sec ?? 0 };
      const plaintext = await openInner(nodeCipher, keyOf(secret), token, freshness);
      expect(Buffer.from(plaintext).toString()).to.equal(src);
    });
  }

  for (const { desc, now, ttl_sec, secret, token } of vectors('invalid')) {
    it(`refuses the published invalid one: ${String(desc)}`, async () => {
      const freshness = { nowSeconds: seconds(now), ttlSeconds: ttl_sec ?? 0 };
      const failure = await failureOf(openInner(nodeCipher, keyOf(secret), token, freshness));
      expect(failure.code).to.be.oneOf(['malformed', 'not_authentic']);
    });
  }

  it('has no time to live when none is given', async () => {
    const expired = vectors('invalid').find(({ desc }) => desc === 'expired TTL')!;
    expect(await openInner(nodeCipher, keyOf(expired.secret), expired.token)).to.be.instanceOf(Uint8Array);
  });

  it('brings back any bytes, and has the predicted length', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const token = await seal(bytes);
        expect(token).to.have.length(tokenLength(bytes.length));
        expect(Uint8Array.from(await openInner(nodeCipher, key, token))).to.deep.equal(bytes);
      }),
    );
  });

  it('is refused with any one byte flipped', async () => {
    const token = Buffer.from(await seal(Buffer.from('a value')), 'base64url');
    for (let at = 0; at < token.length; at += 1) {
      const flipped = Buffer.from(token);
      flipped[at] = (flipped[at] ?? 0) ^ 0x10;
      const text = flipped.toString('base64url');
      const padded = text.padEnd(Math.ceil(text.length / 4) * 4, '=');
      expect((await failureOf(openInner(nodeCipher, key, padded))).code).to.be.oneOf([
        'malformed',
        'not_authentic',
      ]);
    }
  });

  it('is refused when cut at any length, as text and as bytes', async () => {
    const token = await seal(Buffer.from('a value'));
    const bytes = Buffer.from(token, 'base64url');
    const cut = Array.from({ length: token.length }, (_, length) => token.slice(0, length)).concat(
      Array.from({ length: bytes.length }, (_, length) => {
        const text = bytes.subarray(0, length).toString('base64url');
        return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
      }),
    );
    for (const text of cut) {
      expect((await failureOf(openInner(nodeCipher, key, text))).code).to.be.oneOf([
        'malformed',
        'not_authentic',
      ]);
    }
  });

  it('is refused without its padding, or with standard base64 symbols', async () => {
    let token = await seal(Buffer.alloc(40, 0xfb));
    // One token in seven has none of the symbols in which the two alphabets differ.
    while (!token.includes('_')) token = await seal(Buffer.alloc(40, 0xfb));
    expect((await failureOf(openInner(nodeCipher, key, token.replace(/=+$/, '') + ' '))).code).to.equal(
      'malformed',
    );
    expect((await failureOf(openInner(nodeCipher, key, token.replaceAll('_', '/')))).code).to.equal(
      'malformed',
    );
  });

  it('opens in npm’s fernet', async () => {
    const token = await seal(Buffer.from('grüße, 世界'));
    const secret = new fernet.Secret(Buffer.from(key).toString('base64url'));
    expect(new fernet.Token({ secret, token, ttl: 0 }).decode()).to.equal('grüße, 世界');
  });

  it('opens in Python’s cryptography, and Python’s opens here', async () => {
    const venv = ['launchers/jupyterhub/requirements.txt'];
    const python = `${execFileSync('scripts/servers/python-venv', venv, { encoding: 'utf8' }).trim()}/bin/python`;
    const program = `
import sys, base64
from cryptography.fernet import Fernet
f = Fernet(sys.argv[1]); value = f.decrypt(sys.argv[2]); print(base64.b64encode(value).decode()); print(f.encrypt(value).decode())`;
    const value = nodeCipher.random(1000);
    const secret = Buffer.from(key).toString('base64url').padEnd(44, '=');
    const run = spawnSync(python, ['-c', program, secret, await seal(value)], { encoding: 'utf8' });
    const [opened, sealed] = run.stdout.trim().split('\n');
    expect(opened).to.equal(Buffer.from(value).toString('base64'));
    expect(Buffer.from(await openInner(nodeCipher, key, sealed ?? ''))).to.deep.equal(Buffer.from(value));
  });
});
