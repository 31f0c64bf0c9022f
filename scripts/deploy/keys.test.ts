import { expect } from 'chai';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { makeKeySecrets, planKeys } from './keys.ts';

const at = (name: string) => ({ namespace: `twofold-${name.split('-')[0] ?? ''}`, name });
const ALL = [
  ...['console-tickets', 'console-at-rest', 'console-public-keys'],
  ...['keyservice-envelope', 'keyservice-grant', 'keyservice-public-keys'],
].map(at);
const TLS = ['console-tls', 'keyservice-tls'].map(at);
const without = (...names: readonly string[]) => ALL.filter(({ name }) => !names.includes(name));

describe('keys of an installation', () => {
  it('are all made where none is there', () => {
    expect(planKeys([...ALL, ...TLS], TLS)).to.deep.equal({ action: 'make', secrets: ALL });
  });

  it('are kept where all are there', () => {
    expect(planKeys([...ALL, ...TLS], ALL)).to.deep.equal({ action: 'keep' });
  });

  it('are never made anew for one that is lost: what is stored could not be read any more', () => {
    for (const { name } of ALL) {
      const plan = planKeys(ALL, without(name));
      expect(plan.action, name).to.equal('refuse');
      if (plan.action === 'refuse') expect(plan.why).to.include(name).and.to.include('unreadable');
    }
  });

  it('leave out the at-rest key where the overlay mounts it from outside', () => {
    const plan = planKeys(without('console-at-rest'), []);
    expect(plan).to.deep.equal({ action: 'make', secrets: without('console-at-rest') });
  });

  it('are the operator’s where the RSA key is outside of Secrets', () => {
    const plan = planKeys(without('keyservice-envelope'), []);
    expect(plan.action).to.equal('refuse');
  });

  it('are halves that fit, each private one in its own zone alone', async () => {
    const secrets = await makeKeySecrets();
    const key = (name: string, file: string) => {
      const text = secrets.find(({ metadata }) => metadata.name === name)?.stringData[file] ?? '';
      const { keys } = JSON.parse(text) as { keys: [Record<string, string>] };
      return keys[0];
    };
    for (const [privateName, publicName, file] of [
      ['console-tickets', 'keyservice-public-keys', 'ticket.json'],
      ['keyservice-envelope', 'console-public-keys', 'envelope.json'],
      ['keyservice-grant', 'console-public-keys', 'grant.json'],
    ] as const) {
      const secret = createPrivateKey({ key: key(privateName, 'keys.json'), format: 'jwk' });
      expect(createPublicKey(secret).export({ format: 'jwk' })).to.deep.equal(key(publicName, file));
      expect(key(publicName, file)).not.to.have.property('d');
    }
    expect(Buffer.from(key('console-at-rest', 'keys.json')['k'] ?? '', 'base64url')).to.have.length(32);
  });
});
