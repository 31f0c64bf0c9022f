/** Tokens for service accounts: asked for, bound to a pod, reviewed. */

import { expect } from 'chai';

import { objectAt, stringAt, type JsonObject } from '../objects/object.ts';
import {
  bodyOf,
  messageOf,
  metaOf,
  speakAs,
  startTestServer,
  type Speaker,
  type TestServer,
} from '../testing.ts';

const tokens = '/api/v1/namespaces/team/serviceaccounts/default/token';
const pods = '/api/v1/namespaces/team/pods';
const audience = 'twofold:0123';

function podWithToken(name: string): object {
  const serviceAccountToken = { audience, expirationSeconds: 600, path: 'token' };
  return {
    metadata: { name },
    spec: {
      containers: [{ name: 'main', image: 'a' }],
      volumes: [{ name: 'twofold-token', projected: { sources: [{ serviceAccountToken }] } }],
    },
  };
}

describe('development API server: service-account tokens', () => {
  let server: TestServer;
  let now = new Date();
  let admin: Speaker;
  let kubelet: Speaker;
  let pod: JsonObject;

  async function request(speak: Speaker, spec: object) {
    return speak('POST', tokens, { spec });
  }

  async function review(token: string, audiences: string[]): Promise<JsonObject> {
    const answer = await admin('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
      spec: { token, audiences },
    });
    expect(answer.status).equal(201);
    return objectAt(bodyOf(answer), 'status');
  }

  async function boundToken(name = 'session'): Promise<string> {
    const uid = metaOf(await admin('GET', `${pods}/${name}`))['uid'];
    const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name, uid };
    const answer = await request(kubelet, { audiences: [audience], expirationSeconds: 600, boundObjectRef });
    expect(answer.status, messageOf(answer)).equal(201);
    return stringAt(objectAt(bodyOf(answer), 'status'), 'token') ?? '';
  }

  before(async () => {
    server = await startTestServer({ now: () => now });
    admin = speakAs(server, { leaf: server.administrator });
    kubelet = speakAs(server, { token: await server.token('system:node:dev', ['system:nodes']) });
    pod = metaOf(await admin('POST', pods, podWithToken('session')));
  });

  after(async () => {
    admin.close();
    kubelet.close();
    await server.close();
  });

  it('reviews a bound token with the pod in extra, for its audience', async () => {
    const status = await review(await boundToken(), [audience, 'another']);
    expect(status).deep.include({ authenticated: true, audiences: [audience] });
    const user = objectAt(status, 'user');
    expect(user).include({ username: 'system:serviceaccount:team:default' });
    expect(user['groups']).deep.equal([
      'system:serviceaccounts',
      'system:serviceaccounts:team',
      'system:authenticated',
    ]);
    expect(user['extra']).deep.include({
      'authentication.kubernetes.io/pod-name': ['session'],
      'authentication.kubernetes.io/pod-uid': [pod['uid']],
    });
  });

  it('answers an unauthenticated status for another audience, without saying authenticated: false', async () => {
    const token = await boundToken();
    for (const audiences of [['twofold:4567'], []]) {
      const status = await review(token, audiences);
      expect(status).not.property('authenticated');
      expect(status['error']).match(/invalid bearer token, token audiences/);
    }
  });

  it('does not take a token for another audience as a bearer of its own', async () => {
    const speak = speakAs(server, { token: await boundToken() });
    expect((await speak('GET', '/version')).status).equal(401);
    speak.close();
  });

  it('ends a token with its pod, also when another pod takes the name', async () => {
    await admin('POST', pods, podWithToken('brief'));
    const token = await boundToken('brief');
    expect(await review(token, [audience])).property('authenticated', true);
    await admin('DELETE', `${pods}/brief`);
    expect(await review(token, [audience])).not.property('authenticated');
    await admin('POST', pods, podWithToken('brief'));
    expect(await review(token, [audience]))
      .property('error')
      .match(/pod UID does not match/);
  });

  it('ends a token with its time', async () => {
    const token = await boundToken();
    now = new Date(now.getTime() + 601_000);
    expect(await review(token, [audience])).not.property('authenticated');
  });

  it('refuses less than ten minutes, a pod that is not there, another uid, another account', async () => {
    const short = await request(admin, { expirationSeconds: 599 });
    expect(short.status).equal(422);
    expect(messageOf(short)).contain('may not specify a duration less than 10 minutes');
    const bind = (boundObjectRef: object) =>
      request(admin, { boundObjectRef: { apiVersion: 'v1', ...boundObjectRef } });
    expect((await bind({ kind: 'Pod', name: 'none' })).status).equal(404);
    expect((await bind({ kind: 'Pod', name: 'session', uid: 'other' })).status).equal(409);
    expect((await bind({ kind: 'Lease', name: 'x' })).status).equal(400);
    const other = '/api/v1/namespaces/team/serviceaccounts/other/token';
    const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: 'session' };
    const wrong = await admin('POST', other, { spec: { boundObjectRef } });
    expect(messageOf(wrong)).contain('to pod running with different serviceaccount name');
  });

  it('gives a kubelet tokens for its pods and the audiences that they name, and no others', async () => {
    expect(messageOf(await request(kubelet, { audiences: [audience] }))).contain(
      'node requested token not bound to a pod',
    );
    const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: 'session' };
    const stranger = await request(kubelet, { audiences: ['vault'], boundObjectRef });
    expect(stranger.status).equal(403);
    expect(messageOf(stranger)).contain('audience "vault" not found in pod spec volume');
  });

  it('knows every service account, and those created with their annotations', async () => {
    const accounts = '/api/v1/namespaces/team/serviceaccounts';
    const implicit = await admin('GET', `${accounts}/somebody`);
    expect(metaOf(implicit)).not.property('annotations');
    const annotations = { 'kubernetes.io/enforce-mountable-secrets': 'true' };
    const created = await admin('POST', accounts, { metadata: { name: 'strict', annotations } });
    expect(created.status).equal(201);
    expect(metaOf(await admin('GET', `${accounts}/strict`))['annotations']).deep.equal(annotations);
    const spec = {
      serviceAccountName: 'strict',
      containers: [{ name: 'main', image: 'a' }],
      volumes: [{ name: 's', secret: { secretName: 'unlisted' } }],
    };
    const refused = await admin('POST', pods, { metadata: { name: 'strict' }, spec });
    expect(refused.status).equal(403);
    expect(messageOf(refused)).contain(
      'volume with secret.secretName="unlisted" is not allowed because service account strict does not reference that secret',
    );
  });

  it('refuses a TokenReview without a token', async () => {
    const answer = await admin('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec: {} });
    expect(answer.status).equal(400);
  });
});
