import { expect } from 'chai';
import { compactVerify, importJWK, SignJWT, type JWK } from 'jose';
import { readFileSync } from 'node:fs';
import { byKid } from './cipher.ts';
import { isGrantTooLong, readGrant, signGrant, verifyGrant, type Grant } from './grant.ts';
import { MAX_JWS_BYTES } from './limits.ts';
import { parseSecretId, parseSecretName } from './names.ts';
import { ed25519Signer, ed25519Verifier } from './node-cipher.ts';
import { signTicket, verifyTicket } from './ticket.ts';

interface Worked {
  readonly privateJwk: JWK & Readonly<Record<string, unknown>>;
  readonly claims: Grant;
  readonly text: string;
}
const { privateJwk, claims, text } = JSON.parse(
  readFileSync(new URL('../test/vectors/grant.json', import.meta.url), 'utf8'),
) as Worked; // part of the repository

const signer = ed25519Signer(privateJwk);
const { d: _d, ...publicJwk } = privateJwk;
const expected = { verifiers: byKid([ed25519Verifier(publicJwk)]), audience: 'cluster-1' };

async function reasonOf(grant: string): Promise<string> {
  const verified = await verifyGrant(grant, expected);
  return verified.ok ? 'accepted' : verified.refusal;
}
async function signedByJose(payload: object): Promise<string> {
  return new SignJWT({ ...payload })
    .setProtectedHeader({ alg: 'EdDSA', kid: signer.kid, typ: 'twofold-grant+jwt' })
    .sign(await importJWK(privateJwk, 'EdDSA'));
}

type Json = Readonly<Record<string, unknown>>;
const [first, second] = claims.secrets;
function place(change: object): Json {
  return { ...claims, place: { ...claims.place, ...change } };
}
function secret(change: object): Json {
  return { ...claims, secrets: [{ ...first, ...change }, second] };
}
function without(object: object, member: string): Json {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== member));
}
function backwards(object: object): Json {
  return Object.fromEntries(Object.entries(object).reverse());
}

describe('a grant (JWS)', () => {
  it('matches the worked vector, which Python’s cryptography signed from the field table', async () => {
    expect(await signGrant(signer, claims)).to.equal(text);
    expect(await verifyGrant(text, expected)).to.deep.equal({ ok: true, value: claims });
    expect(readGrant(text)).to.deep.equal(claims);
  });

  it('is the same when jose signs it, and jose verifies ours', async () => {
    expect(await signedByJose(claims)).to.equal(text);
    const { protectedHeader, payload } = await compactVerify(text, await importJWK(publicJwk, 'EdDSA'));
    expect(protectedHeader).to.deep.equal({ alg: 'EdDSA', kid: signer.kid, typ: 'twofold-grant+jwt' });
    expect(JSON.parse(Buffer.from(payload).toString())).to.deep.equal(claims);
  });

  it('verifies without its optional members, and after it expired: only the session row decides that', async () => {
    const { pod: _pod, ...plain } = claims;
    const { generateName: _generateName, ...named } = claims.place;
    for (const grant of [
      { ...plain, exp: 1 },
      { ...claims, place: named },
    ]) {
      expect(await verifyGrant(await signGrant(signer, grant), expected)).to.deep.equal({
        ok: true,
        value: grant,
      });
    }
  });

  it('is refused with an extra or missing member, one of another shape or in another order, at each level', async () => {
    const required = ['iss', 'aud', 'jti', 'sub', 'place', 'sid', 'secrets', 'exp'];
    const forged: Json[] = [
      ...required.map((member) => without(claims, member)),
      ...['ns', 'sa', 'by'].map((member) => ({ ...claims, place: without(claims.place, member) })),
      ...['own', 'id', 'ver', 'nam'].map((member) => ({ ...claims, secrets: [without(first!, member)] })),
      { ...claims, ns: 'sessions' },
      place({ uid: 'x' }),
      secret({ gen: 1 }),
      backwards(claims),
      { ...claims, place: backwards(claims.place) },
      { ...claims, secrets: [backwards(first!), second] },
      place({ ns: 'a.b' }),
      place({ sa: 'A' }),
      place({ name: '-' }),
      place({ name: null }),
      place({ generateName: '' }),
      place({ by: '' }),
      place({ by: 'a\nb' }),
      place({ by: 7 }),
      { ...claims, place: without(without(claims.place, 'name'), 'generateName') },
      { ...claims, place: [] },
      { ...claims, place: 'sessions' },
      { ...claims, place: null },
      secret({ own: 'alice' }),
      secret({ id: 'x' }),
      secret({ ver: 0 }),
      secret({ nam: '../a' }),
      secret({ id: second!.id }),
      secret({ nam: second!.nam }),
      { ...claims, secrets: [] },
      { ...claims, secrets: Array(257).fill(first) },
      { ...claims, sub: 'alice' },
      { ...claims, sid: 'x' },
      { ...claims, pod: 'Upper' },
      { ...claims, jti: 'x' },
      { ...claims, exp: '1' },
    ];
    for (const payload of forged)
      expect(await reasonOf(await signedByJose(payload)), JSON.stringify(payload)).to.equal('malformed');
  });

  it('accepts one name of two owners: they are two secrets', async () => {
    const payload = secret({ own: '9d8b4c6e-5f3a-4f0e-9a57-0f7f2d3c1a11', nam: second!.nam });
    expect(await reasonOf(await signedByJose(payload))).to.equal('accepted');
  });

  it('is refused with any one character changed, and cut at any length', async () => {
    for (let at = 0; at < text.length; at += 1) {
      const changed = `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
      expect(await reasonOf(changed)).to.be.oneOf(['malformed', 'unknown_key', 'not_authentic']);
      expect(await reasonOf(text.slice(0, at))).to.be.oneOf(['malformed', 'not_authentic']);
    }
  });

  it('is not a ticket, and a ticket is not a grant', async () => {
    const asTicket = await verifyTicket(text, { ...expected, issuer: claims.iss, nowSeconds: 1 });
    expect(asTicket).to.deep.equal({ ok: false, refusal: 'malformed' });
    const { iss, aud, sub, jti, exp } = claims;
    const ticket = await signTicket(signer, {
      iss,
      aud,
      sub,
      ns: 'sessions',
      sa: 'default',
      secrets: [first!.nam],
      jti,
      iat: 1,
      nbf: 1,
      exp,
    });
    expect(await reasonOf(ticket)).to.equal('malformed');
  });

  it('is too long exactly where no verifier accepts it', async () => {
    const of = (length: number): Grant => ({
      ...claims,
      secrets: Array.from({ length: 256 }, (_, at) => ({
        ...first!,
        id: parseSecretId(`2b1d0c9e-8f7a-4b6c-9d5e-${String(at).padStart(12, '0')}`)!,
        nam: parseSecretName(`${'n'.repeat(length - 3)}${String(at).padStart(3, '0')}`)!,
      })),
    });
    for (const length of [230, 235, 236, 237, 238, 239, 240, 241, 242, 253]) {
      const signed = await signGrant(signer, of(length));
      expect(isGrantTooLong(signer, of(length)), String(length)).to.equal(signed.length > MAX_JWS_BYTES);
      expect(await reasonOf(signed)).to.equal(signed.length > MAX_JWS_BYTES ? 'malformed' : 'accepted');
    }
    expect(isGrantTooLong(signer, of(230))).to.equal(false);
    expect(isGrantTooLong(signer, of(253))).to.equal(true);
  });
});
