import { expect } from 'chai';
import { byKid } from '#envelope/cipher.ts';
import { nodeCipher, rsaRecipient } from '#envelope/node-cipher.ts';
import { rsaIdentity, rsaPrivateKey } from '#envelope/node-private.ts';
import { parseEnvelope } from '#envelope/outer/layout.ts';
import { openOuter } from '#envelope/outer/open.ts';
import { rsaPair } from '../test/keys.ts';
import { createCore, type CoreOptions } from './testing/core.ts';
import { createMaterial, ownerId, tokenOf } from './testing/material.ts';

const material = createMaterial();
const [newest, old] = material.envelopeKeys;
function open(key: typeof newest, envelope: string): Promise<string> {
  return openOuter(nodeCipher, byKid([rsaIdentity(rsaPrivateKey(key.privateJwk))]), parseEnvelope(envelope));
}

async function refusal(envelopes: readonly string[], options?: CoreOptions): Promise<string> {
  const outcome = await createCore(material, options).rewrap({ client: 'console-rewrap', envelopes });
  return outcome.ok ? 'ok' : outcome.refusal.code;
}

describe('rewrap', () => {
  it('seals the same token to the newest key, and copies every header member but kid', async () => {
    const before = [
      await material.seal('a', { to: old, version: 9, gen: 4 }),
      await material.seal('b', { to: newest, ownerId: ownerId() }),
    ];
    const core = createCore(material);
    const outcome = await core.rewrap({ client: 'console-rewrap', envelopes: before });
    if (!outcome.ok) throw new Error(outcome.refusal.code);
    const { kid } = rsaRecipient(newest.publicJwk);
    for (const [at, { id, kid: answered, envelope }] of outcome.value.envelopes.entries()) {
      const was = parseEnvelope(before[at] ?? '');
      const is = parseEnvelope(envelope);
      expect(is.header).to.deep.equal({ ...was.header, kid });
      expect([id, answered]).to.deep.equal([was.header.secretId, kid]);
      expect(await open(newest, envelope)).to.equal(tokenOf(is.header.name));
      // A new data encryption key and iv: nothing of the old envelope is in it.
      expect(is.wrappedKey).not.to.deep.equal(was.wrappedKey);
      expect(is.ciphertext).not.to.deep.equal(was.ciphertext);
    }
    expect(core.lines.map(({ outcome: said }) => said)).to.deep.equal(['asked', 'released']);
  });

  it('refuses a malformed or damaged envelope or one of an unknown key, and returns none of the others', async () => {
    const good = await material.seal('a');
    const damaged = good.split('.').with(4, 'A'.repeat(22)).join('.');
    expect(await refusal([good, 'x'])).to.equal('envelope_malformed');
    expect(await refusal([good, damaged])).to.equal('envelope_not_authentic');
    expect(await refusal([good, await material.seal('b', { to: rsaPair() })])).to.equal(
      'envelope_unknown_key',
    );
  });

  it('returns nothing when the audit trail cannot be written', async () => {
    const envelopes = [await material.seal('a')];
    expect(await refusal(envelopes, { recordsUntil: 0 })).to.equal('audit_unavailable');
    expect(await refusal(envelopes, { recordsUntil: 1 })).to.equal('audit_unavailable');
  });
});
