/** Who may do what: the shipped roles, the built-in ones, impersonation. */

import { readFileSync } from 'node:fs';

import { expect } from 'chai';

import { createRoot } from '../../../../certs/issue.ts';
import { parseManifests } from '../../../../manifests/kustomize.ts';
import { objectAt } from '../objects/object.ts';
import {
  bodyOf,
  messageOf,
  podNamed,
  speakAs,
  startTestServer,
  type Speaker,
  type TestServer,
} from '../testing.ts';

const shipped = new URL('../../../../manifests/base/rbac.yaml', import.meta.url);
const webhook = 'system:serviceaccount:twofold-webhook:webhook';
const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'one' } };

/** The binding that an operator makes for each enabled namespace. */
const enabled = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata: { name: 'twofold-webhook-sessions', namespace: 'team' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'twofold-webhook-sessions' },
  subjects: [{ kind: 'ServiceAccount', name: 'webhook', namespace: 'twofold-webhook' }],
};

describe('development API server: who may do what', () => {
  let server: TestServer;
  const speakers: Speaker[] = [];

  function as(who: Parameters<typeof speakAs>[1]): Speaker {
    const speaker = speakAs(server, who);
    speakers.push(speaker);
    return speaker;
  }

  before(async () => {
    server = await startTestServer({
      manifests: [...parseManifests(readFileSync(shipped, 'utf8')), enabled],
    });
  });

  after(async () => {
    for (const speaker of speakers) speaker.close();
    await server.close();
  });

  it('gives the webhook what its shipped role says, in enabled namespaces, and nothing else', async () => {
    const speak = as({ token: await server.token(webhook) });
    expect((await speak('POST', '/api/v1/namespaces/team/secrets', secret)).status).equal(201);
    const read = await speak('GET', '/api/v1/namespaces/team/secrets/one');
    expect(read.status).equal(403);
    expect(bodyOf(read)).deep.include({
      reason: 'Forbidden',
      message: `secrets "one" is forbidden: User "${webhook}" cannot get resource "secrets" in API group "" in the namespace "team"`,
      details: { name: 'one', kind: 'secrets' },
    });
    const elsewhere = await speak('POST', '/api/v1/namespaces/other/secrets', secret);
    expect(messageOf(elsewhere)).equal(
      `secrets is forbidden: User "${webhook}" cannot create resource "secrets" in API group "" in the namespace "other"`,
    );
    const everywhere = await speak('GET', '/apis/coordination.k8s.io/v1/leases');
    expect(messageOf(everywhere)).equal(
      `leases.coordination.k8s.io is forbidden: User "${webhook}" cannot list resource "leases" in API group "coordination.k8s.io" at the cluster scope`,
    );
  });

  it("lets the console see the guard's policies by name alone", async () => {
    const speak = as({ token: await server.token('system:serviceaccount:twofold-console:console') });
    const policies = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';
    expect((await speak('GET', `${policies}/twofold-shape`)).status).equal(404);
    expect((await speak('GET', `${policies}/another`)).status).equal(403);
    expect((await speak('GET', policies)).status).equal(403);
  });

  it('refuses nobody with 403, a wrong bearer and a foreign certificate with 401', async () => {
    const nobody = await as({})('GET', '/api/v1/namespaces/team/pods');
    expect(nobody.status).equal(403);
    expect(messageOf(nobody)).contain('User "system:anonymous" cannot list resource "pods"');
    expect((await as({ token: 'x.y.z' })('GET', '/api/v1/namespaces/team/pods')).status).equal(401);
    const stranger = await createRoot({ commonName: 'apiserver-webhook', now: new Date(), validDays: 1 });
    const leaf = { cert: stranger.certificatePem, key: stranger.keyPem };
    expect((await as({ leaf })('GET', '/api/v1/namespaces/team/pods')).status).equal(401);
    expect((await as({})('GET', '/metrics')).status).equal(403);
    expect((await as({})('GET', '/readyz')).body).equal('ok');
  });

  it('lets an administrator speak as somebody else, and nobody else do so', async () => {
    const alice = { 'impersonate-user': 'alice', 'impersonate-group': 'developers' };
    const admin = as({ leaf: server.administrator });
    expect((await admin('POST', '/api/v1/namespaces/team/pods', podNamed('alices'), alice)).status).equal(
      201,
    );
    const leases = await admin(
      'GET',
      '/apis/coordination.k8s.io/v1/namespaces/team/leases',
      undefined,
      alice,
    );
    expect(messageOf(leases)).contain('User "alice" cannot list resource "leases"');
    const developer = as({ token: await server.token('alice', ['developers']) });
    const refused = await developer('GET', '/api/v1/namespaces/team/pods', undefined, {
      'impersonate-user': 'bob',
    });
    expect(refused.status).equal(403);
    expect(messageOf(refused)).equal(
      'users "bob" is forbidden: User "alice" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
  });

  it('lets an editor speak as a service account, as Kubernetes does, but not with a word about its pod', async () => {
    const developer = as({ token: await server.token('alice', ['developers']) });
    const asAccount = { 'impersonate-user': 'system:serviceaccount:team:default' };
    const refused = await developer('GET', '/api/v1/namespaces/team/pods', undefined, asAccount);
    expect(messageOf(refused)).contain('User "system:serviceaccount:team:default" cannot list');
    const podUid = { 'impersonate-extra-authentication.kubernetes.io%2fpod-uid': 'x' };
    const bound = await developer('GET', '/api/v1/namespaces/team/pods', undefined, {
      ...asAccount,
      ...podUid,
    });
    expect(messageOf(bound)).contain(
      'User "alice" cannot impersonate resource "userextras/authentication.kubernetes.io/pod-uid" in API group "authentication.k8s.io"',
    );
    const nobody = await developer('GET', '/api/v1/namespaces/team/pods', undefined, podUid);
    expect(nobody.status).equal(400);
  });

  it('answers SelfSubjectAccessReviews from the same roles', async () => {
    const developer = as({ token: await server.token('alice', ['developers']) });
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    const ask = async (resource: string) => {
      const resourceAttributes = { verb: 'create', resource, namespace: 'team' };
      const answer = await developer('POST', path, { spec: { resourceAttributes } });
      return objectAt(bodyOf(answer), 'status')['allowed'];
    };
    expect(await ask('pods')).equal(true);
    expect(await ask('namespaces')).equal(false);
  });

  it('lets callers without credentials work only where the configuration says so', async () => {
    const open = await startTestServer({ anonymousRole: 'edit' });
    const curl = speakAs(open);
    try {
      expect((await curl('POST', '/api/v1/namespaces/team/pods', podNamed('mine'))).status).equal(201);
      expect((await curl('GET', '/apis/coordination.k8s.io/v1/namespaces/team/leases')).status).equal(403);
    } finally {
      curl.close();
      await open.close();
    }
  });
});
