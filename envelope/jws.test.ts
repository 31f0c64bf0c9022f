import { expect } from 'chai';
import { compactVerify, importJWK, SignJWT } from 'jose';
import { ed25519Pair } from '../test/keys.ts';
import { byKid } from './cipher.ts';
import { parseOwnerId, parseSecretName } from './names.ts';
import { ed25519Signer, ed25519Verifier } from './node-cipher.ts';
import { parsePodPattern } from './pod.ts';
import { signTicket, verifyTicket, type Ticket } from './ticket.ts';

const keys = ed25519Pair();
const signer = ed25519Signer(keys.privateJwk);
const now = 1_800_000_000;
const expected = {
  verifiers: byKid([ed25519Verifier(keys.publicJwk)]),
  issuer: 'https://console.example',
  audience: 'cluster-1',
  nowSeconds: now,
};
const ticket: Ticket = {
  iss: 'https://console.example',
  aud: 'cluster-1',
  sub: parseOwnerId('0d8b4c6e-5f3a-4f0e-9a57-0f7f2d3c1a11')!,
  ns: 'sessions',
  sa: 'default',
  secrets: [parseSecretName('db-password')!, parseSecretName('aws-key')!],
  pod: parsePodPattern('train-*')!,
  uses: 2,
  jti: '7c1e2f3a-1b2c-4d5e-8f90-a1b2c3d4e5f6',
  iat: now,
  nbf: now,
  exp: now + 3600,
};
async function reasonOf(text: string, change: Partial<typeof expected> = {}): Promise<string> {
  const verified = await verifyTicket(text, { ...expected, ...change });
  return verified.ok ? 'accepted' : verified.refusal;
}
async function signedByJose(claims: object, header: object): Promise<string> {
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'EdDSA', kid: signer.kid, typ: 'twofold-ticket+jwt', ...header })
    .sign(await importJWK(keys.privateJwk, 'EdDSA'));
}

describe('a ticket (JWS)', () => {
  it('brings back what was signed, with and without its optional claims', async () => {
    const { pod: _pod, uses: _uses, ...plain } = ticket;
    for (const claims of [ticket, plain]) {
      expect(await verifyTicket(await signTicket(signer, claims), expected)).to.deep.equal({
        ok: true,
        value: claims,
      });
    }
  });

  it('is verified by jose', async () => {
    const { protectedHeader } = await compactVerify(
      await signTicket(signer, ticket),
      await importJWK(keys.publicJwk, 'EdDSA'),
    );
    expect(protectedHeader).to.deep.equal({ alg: 'EdDSA', kid: signer.kid, typ: 'twofold-ticket+jwt' });
  });

  it('is refused outside its times, with 60 s for clocks that differ', async () => {
    const text = await signTicket(signer, ticket);
    expect(await reasonOf(text, { nowSeconds: now - 60 })).to.equal('accepted');
    expect(await reasonOf(text, { nowSeconds: now - 61 })).to.equal('not_yet_valid');
    expect(await reasonOf(text, { nowSeconds: now + 3659 })).to.equal('accepted');
    expect(await reasonOf(text, { nowSeconds: now + 3660 })).to.equal('expired');
  });

  it('is refused from another issuer, for another cluster, and under another key', async () => {
    const text = await signTicket(signer, ticket);
    expect(await reasonOf(text, { issuer: 'https://other' })).to.equal('wrong_issuer');
    expect(await reasonOf(text, { audience: 'cluster-2' })).to.equal('wrong_audience');
    expect(await reasonOf(await signTicket(ed25519Signer(ed25519Pair().privateJwk), ticket))).to.equal(
      'unknown_key',
    );
  });

  it('is refused when another key signed it under this key’s id', async () => {
    const forged = await signTicket({ ...ed25519Signer(ed25519Pair().privateJwk), kid: signer.kid }, ticket);
    expect(await reasonOf(forged)).to.equal('not_authentic');
  });

  it('is refused with alg none, another type, or another member in its header', async () => {
    const [, payload] = (await signTicket(signer, ticket)).split('.');
    const none = Buffer.from(
      JSON.stringify({ alg: 'none', kid: signer.kid, typ: 'twofold-ticket+jwt' }),
    ).toString('base64url');
    expect(await reasonOf(`${none}.${String(payload)}.`)).to.equal('malformed');
    expect(await reasonOf(`${none}.${String(payload)}.${Buffer.alloc(64).toString('base64url')}`)).to.equal(
      'malformed',
    );
    expect(await reasonOf(await signedByJose(ticket, { typ: 'twofold-grant+jwt' }))).to.equal('malformed');
    expect(await reasonOf(await signedByJose(ticket, { extra: 1 }))).to.equal('malformed');
  });

  it('is refused with an extra or missing claim, or one of another shape', async () => {
    for (const change of [
      { admin: true },
      { ns: undefined },
      { secrets: [] },
      { secrets: ['a', 'a'] },
      { secrets: ['../a'] },
      { uses: 0 },
      { pod: 'Upper' },
      { sub: 'alice' },
      { exp: '1' },
    ]) {
      expect(await reasonOf(await signedByJose({ ...ticket, ...change }, {}))).to.equal('malformed');
    }
  });

  it('is refused with any one character changed, and cut at any length', async () => {
    const text = await signTicket(signer, ticket);
    for (let at = 0; at < text.length; at += 1) {
      const changed = `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
      expect(await reasonOf(changed)).to.be.oneOf(['malformed', 'unknown_key', 'not_authentic']);
      expect(await reasonOf(text.slice(0, at))).to.be.oneOf(['malformed', 'not_authentic']);
    }
  });

  it('is refused in bounded time when it is far too long', async () => {
    expect(await reasonOf(`${'a'.repeat(10_000_000)}.b.c`)).to.equal('malformed');
    expect(await reasonOf('.'.repeat(100_000))).to.equal('malformed');
  });
});
