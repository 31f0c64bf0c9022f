import { expect } from 'chai';
import { AUDIENCE } from '../testing/identity-provider.ts';
import { CLUSTER, newUser, onEachDatabase } from '../testing/console.ts';

onEachDatabase('/login and /me', (running) => {
  it('tell anybody how a command line logs in', async () => {
    const { status, json } = await running().withBearer(undefined).call('get', '/login');
    const expected = { issuer: running().provider.issuer, audience: AUDIENCE, cluster: CLUSTER };
    expect(status).to.equal(200);
    expect(json).to.deep.equal({
      ...expected,
      clientId: 'twofold-cli',
      scope: 'openid profile offline_access',
    });
  });

  it('answer other methods at /login without asking for a login', async () => {
    const { status, headers } = await running().withBearer(undefined).call('post', '/login');
    expect([status, headers['allow']]).to.deep.equal([405, 'GET']);
  });

  it('tell a caller who it is, and nobody else anything', async () => {
    const user = newUser();
    const alice = await running().as(user);
    const { status, json } = await alice.call('get', '/me');
    expect(status).to.equal(200);
    const { ownerId, ...login } = json;
    expect(login).to.deep.equal({ issuer: running().provider.issuer, sub: user });
    const { json: sealing } = await alice.call('post', '/secrets/any/sealing');
    expect(ownerId).to.equal(sealing.ownerId);
    const stranger = await running().withBearer(undefined).call('get', '/me');
    expect([stranger.status, stranger.json.code]).to.deep.equal([401, 'bearer_rejected']);
  });
});
