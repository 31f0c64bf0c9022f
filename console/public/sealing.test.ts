import { expect } from 'chai';
import { decodeBase64url } from '#envelope/base64url.ts';
import { deriveInnerKey } from '#envelope/derive.ts';
import { sealInner } from '#envelope/inner/seal.ts';
import { parseOwnerId, parseSecretId, parseSecretName } from '#envelope/names.ts';
import { nodeCipher, rsaRecipient } from '#envelope/node-cipher.ts';
import type { EnvelopeHeader } from '#envelope/outer/layout.ts';
import { sealOuter } from '#envelope/outer/seal.ts';
import { rsaPair } from '../../test/keys.ts';
import { later, newUser, onEachDatabase } from '../testing/console.ts';
import { refusal, type ApiClient, type Reply } from '../testing/api-client.ts';

/** What a client does with an offer. */
async function seal(
  offer: Reply['json'],
  { name, plaintext, header = {} }: { name: string; plaintext: string; header?: Partial<EnvelopeHeader> },
  jwk = offer.publicKey,
): Promise<string> {
  const key = decodeBase64url(offer.innerKey, 'key');
  const token = await sealInner(nodeCipher, {
    key,
    plaintext: Buffer.from(plaintext),
    nowSeconds: 1_700_000_000,
  });
  const own = {
    ownerId: parseOwnerId(offer.ownerId)!,
    secretId: parseSecretId(offer.secretId)!,
    name: parseSecretName(name)!,
    version: offer.version,
    gen: offer.gen,
    salt: decodeBase64url(offer.salt, 'salt'),
  };
  return sealOuter(nodeCipher, rsaRecipient(jwk), { ...own, ...header }, token);
}

onEachDatabase('sealing on the client', (running) => {
  let alice: ApiClient;
  const offered = async (name = 'mine', client = alice): Promise<Reply['json']> =>
    (await client.call('post', `/secrets/${name}/sealing`)).json;
  const create = (envelope: string, more: object = {}): Promise<Reply> =>
    alice.call('post', '/secrets', { body: { name: 'mine', envelope, size: 5, envSafe: true, ...more } });

  beforeEach(async () => {
    alice = await running().as(newUser());
  });

  it('stores what the client sealed for its reservation, and never sees the plaintext', async () => {
    const offer = await offered();
    expect(offer).to.include({ version: 1, gen: 1 });
    const { status, json } = await create(await seal(offer, { name: 'mine', plaintext: 'plain' }));
    expect(status).to.equal(201);
    expect(json).to.include({ id: offer.secretId, version: 1, size: 5, envSafe: true });
  });

  it('issues a key that is good for this one write only', async () => {
    const [first, second] = [await offered(), await offered()];
    expect(first.innerKey).not.to.equal(second.innerKey);
    expect(first.secretId).not.to.equal(second.secretId);
    const derived = await deriveInnerKey(nodeCipher, Buffer.alloc(32), {
      ownerId: parseOwnerId(first.ownerId)!,
      secretId: parseSecretId(first.secretId)!,
      version: 1,
      gen: 1,
      salt: decodeBase64url(first.salt, 'salt'),
    });
    expect(decodeBase64url(first.innerKey, 'key')).to.have.length(derived.length);
  });

  it('replaces what the console sealed, and vice versa', async () => {
    await alice.call('post', '/secrets', { body: { name: 'mine', value: 'one' } });
    const offer = await offered();
    expect(offer.version).to.equal(2);
    const envelope = await seal(offer, { name: 'mine', plaintext: 'plain' });
    const put = (body: object): Promise<Reply> => alice.call('put', '/secrets/mine', { body });
    expect((await put({ envelope, size: 5, envSafe: false })).json).to.include({
      version: 2,
      envSafe: false,
    });
    expect((await put({ value: 'three' })).json).to.include({ version: 3, envSafe: true });
  });

  it('accepts each reservation once, from the owner that it was made for, for ten minutes', async () => {
    const offer = await offered();
    const envelope = await seal(offer, { name: 'mine', plaintext: 'plain' });
    expect((await create(envelope)).status).to.equal(201);
    await alice.call('delete', '/secrets/mine');
    expect(refusal(await create(envelope))).to.deep.equal([409, 'envelope_not_reserved']);
    const late = await seal(await offered(), { name: 'mine', plaintext: 'plain' });
    const overdue = await later(running(), 11 * 60_000, () => create(late));
    expect(refusal(overdue)).to.deep.equal([409, 'envelope_not_reserved']);
  });

  it('refuses an envelope whose header differs from what was reserved', async () => {
    const offer = await offered();
    const bob = await offered('mine', await running().as(newUser()));
    const cases: [string, Partial<EnvelopeHeader>][] = [
      ['envelope_of_another_owner', { ownerId: parseOwnerId(bob.ownerId)! }],
      ['envelope_of_another_name', { name: parseSecretName('other')! }],
      ['envelope_not_reserved', { secretId: parseSecretId(bob.secretId)! }],
      ['envelope_not_reserved', { version: 2 }],
      ['envelope_not_reserved', { gen: 2 }],
      ['envelope_not_reserved', { salt: new Uint8Array(16) }],
    ];
    for (const [code, header] of cases) {
      const envelope = await seal(offer, { name: 'mine', plaintext: 'plain', header });
      expect((await create(envelope)).json.code, JSON.stringify(header)).to.equal(code);
    }
    const whole = await seal(offer, { name: 'mine', plaintext: 'plain' });
    expect((await create(whole)).status, 'nothing was used up').to.equal(201);
  });

  it('refuses an envelope that is cut, altered in form, or sealed to another key', async () => {
    const offer = await offered();
    const envelope = await seal(offer, { name: 'mine', plaintext: 'plain' });
    expect(refusal(await create(envelope.slice(0, -1)))).to.deep.equal([422, 'envelope_malformed']);
    expect(refusal(await create(`${envelope}.x`))).to.deep.equal([422, 'envelope_malformed']);
    const other = await seal(offer, { name: 'mine', plaintext: 'plain' }, rsaPair().publicJwk);
    expect(refusal(await create(other))).to.deep.equal([422, 'envelope_key_not_active']);
  });

  it('refuses a declared size that the ciphertext cannot have', async () => {
    const envelope = await seal(await offered(), { name: 'mine', plaintext: 'plain' });
    expect(refusal(await create(envelope, { size: 16 }))).to.deep.equal([422, 'envelope_size_differs']);
    expect(refusal(await create(envelope, { size: 0 }))).to.deep.equal([422, 'value_empty']);
    expect(refusal(await create(envelope, { size: 65_537 }))).to.deep.equal([422, 'value_too_large']);
  });

  it('refuses a replace that came too late', async () => {
    await alice.call('post', '/secrets', { body: { name: 'mine', value: 'one' } });
    const envelope = await seal(await offered(), { name: 'mine', plaintext: 'plain' });
    await alice.call('put', '/secrets/mine', { body: { value: 'meanwhile' } });
    const late = await alice.call('put', '/secrets/mine', { body: { envelope, size: 5, envSafe: true } });
    expect(refusal(late)).to.deep.equal([409, 'envelope_not_reserved']);
    const taken = await seal(await offered('other'), { name: 'other', plaintext: 'plain' });
    await alice.call('post', '/secrets', { body: { name: 'other', value: 'first' } });
    const body = { name: 'other', envelope: taken, size: 5, envSafe: true };
    expect(refusal(await alice.call('post', '/secrets', { body }))).to.deep.equal([409, 'name_taken']);
  });

  it('keeps at most eight reservations of one owner', async () => {
    const replies = await Promise.all(
      Array.from({ length: 12 }, (_, n) => alice.call('post', `/secrets/n${n}/sealing`)),
    );
    const statuses = replies.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).to.have.length(8);
    const refused = replies.find(({ status }) => status === 409);
    expect(refused?.json.code).to.equal('too_many_reservations');
    expect(refused?.headers['retry-after']).to.equal('600');
  });

  it('refuses a name outside the alphabet', async () => {
    const reply = await alice.call('post', '/secrets/a%20b/sealing');
    expect(refusal(reply)).to.deep.equal([422, 'name_malformed']);
  });
});
