/** What the stand-in claims about Kubernetes' objects and accounts. */
import { expect } from 'chai';
import { askUntil } from '../ask-until.ts';
import type { JsonAnswer } from '../https-json.ts';
import {
  accounts,
  admission,
  describeContract,
  lease,
  leases,
  mergePatch,
  messageOf,
  metaOf,
  namesIn,
  ownedBy,
  pod,
  pods,
  secret,
  secrets,
  until,
  type Target,
} from './contract.ts';
import { objectAt } from './objects.ts';
import { type JsonObject } from '#envelope/json.ts';
import { bodyOf } from './testing.ts';

describeContract('objects and accounts', (target) => {
  const ask: Target['ask'] = (...call) => target().ask(...call);

  describe('objects', () => {
    it('get a uid, a version and a time, and exist once', async () => {
      const created = await ask('POST', secrets, secret('first'));
      expect(created.status).to.equal(201);
      expect(metaOf(created)).to.include.keys('uid', 'resourceVersion', 'creationTimestamp');
      expect(bodyOf(created)['type']).to.equal('Opaque');
      const again = await ask('POST', secrets, secret('first'));
      expect(again.status).to.equal(409);
      expect(bodyOf(again)).to.deep.include({
        kind: 'Status',
        status: 'Failure',
        reason: 'AlreadyExists',
        code: 409,
        message: 'secrets "first" already exists',
      });
    });

    it('that do not exist are named', async () => {
      const answer = await ask('GET', `${leases}/missing`);
      expect([answer.status, messageOf(answer)]).to.deep.equal([
        404,
        'leases.coordination.k8s.io "missing" not found',
      ]);
      expect((await ask('DELETE', `${secrets}/missing`)).status).to.equal(404);
      expect((await ask('GET', '/api/v1/namespaces/team/gadgets')).status).to.equal(404);
    });

    it('get a unique name from generateName', async () => {
      const answer = await ask('POST', pods, { ...pod(''), metadata: { generateName: 'some-' } });
      expect(metaOf(answer)['name']).to.match(/^some-[a-z0-9]{5}$/);
    });

    it('accept an update of their latest version only', async () => {
      const { resourceVersion } = metaOf(
        await ask('POST', leases, lease('one', {}, { holderIdentity: 'a' })),
      );
      const next = lease('one', { resourceVersion }, { holderIdentity: 'b' });
      expect((await ask('PUT', `${leases}/one`, next)).status).to.equal(200);
      const late = await ask('PUT', `${leases}/one`, next);
      expect(late.status).to.equal(409);
      expect(messageOf(late)).to.contain('the object has been modified');
    });

    it('accept merge patches, of any version or of one', async () => {
      await ask('POST', leases, lease('patched', {}, { holderIdentity: 'a', leaseDurationSeconds: 5 }));
      const patched = await ask('PATCH', `${leases}/patched`, { spec: { holderIdentity: null } }, mergePatch);
      expect(bodyOf(patched)['spec']).to.deep.equal({ leaseDurationSeconds: 5 });
      const stale = { metadata: { resourceVersion: '1' } };
      expect((await ask('PATCH', `${leases}/patched`, stale, mergePatch)).status).to.equal(409);
    });

    it('are not stored by a dry run', async () => {
      expect((await ask('POST', `${secrets}?dryRun=All`, secret('dry'))).status).to.equal(201);
      expect((await ask('GET', `${secrets}/dry`)).status).to.equal(404);
    });

    it('are deleted', async () => {
      await ask('POST', leases, lease('gone'));
      expect((await ask('DELETE', `${leases}/gone`)).status).to.equal(200);
      expect((await ask('GET', `${leases}/gone`)).status).to.equal(404);
    });

    it('are listed by label or name, in one namespace or all', async () => {
      for (const name of ['list-a', 'list-b', 'list-c'])
        await ask('POST', secrets, secret(name, { labels: { set: 'listed', name } }));
      const elsewhere = secret('list-d', { labels: { set: 'listed' } });
      await ask('POST', '/api/v1/namespaces/elsewhere/secrets', elsewhere);
      const listed = (query: string, path = secrets): Promise<JsonAnswer> => ask('GET', `${path}?${query}`);
      expect(namesIn(await listed('labelSelector=set%3Dlisted'))).to.have.members([
        'list-a',
        'list-b',
        'list-c',
      ]);
      expect(namesIn(await listed('labelSelector=set%3Dlisted,name%3Dlist-b'))).to.deep.equal(['list-b']);
      expect(namesIn(await listed('labelSelector=set', '/api/v1/secrets'))).to.have.members([
        'list-a',
        'list-b',
        'list-c',
        'list-d',
      ]);
      expect(namesIn(await listed('fieldSelector=metadata.name%3Dlist-c'))).to.deep.equal(['list-c']);
    });

    it('are deleted with their owners, transitively', async () => {
      const owner = await ask('POST', pods, pod('owner'));
      const owned = await ask('POST', leases, lease('owned', ownedBy(owner)));
      await ask('POST', secrets, secret('owned', ownedBy(owned)));
      await ask('POST', secrets, secret('kept'));
      await ask('DELETE', `${pods}/owner`);
      await until(() => ask('GET', `${leases}/owned`), 404);
      expect((await until(() => ask('GET', `${secrets}/owned`), 404)).status).to.equal(404);
      expect((await ask('GET', `${secrets}/kept`)).status).to.equal(200);
    });

    it('are policies and their bindings too', async () => {
      const rule = {
        apiGroups: [''],
        apiVersions: ['v1'],
        operations: ['CREATE'],
        resources: ['configmaps'],
      };
      const spec = { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'true' }] };
      const policies = `${admission}/validatingadmissionpolicies`;
      const metadata = { name: 'harmless' };
      expect((await ask('POST', policies, { metadata, spec })).status).to.equal(201);
      const read = bodyOf(await ask('GET', `${policies}/harmless`));
      expect(objectAt(read, 'spec')['validations']).to.deep.equal([{ expression: 'true' }]);
      const bindings = `${admission}/validatingadmissionpolicybindings`;
      const bound = { policyName: 'harmless', validationActions: ['Deny'] };
      await ask('POST', bindings, { metadata, spec: bound });
      expect(objectAt(bodyOf(await ask('GET', `${bindings}/harmless`)), 'spec')).to.include({
        policyName: 'harmless',
      });
    });
  });

  describe('pods', () => {
    it('run as `default`, and wait for a node', async () => {
      const made = bodyOf(await ask('POST', pods, pod('plain')));
      expect(objectAt(made, 'spec')).to.include({ serviceAccountName: 'default', restartPolicy: 'Always' });
      expect(objectAt(made, 'status')).to.include({ phase: 'Pending' });
    });

    it('have a separate status, and are listed by its phase', async () => {
      await ask('POST', pods, pod('apart'));
      const status = { status: { phase: 'Succeeded' } };
      await ask('PATCH', `${pods}/apart`, status, mergePatch);
      expect(objectAt(bodyOf(await ask('GET', `${pods}/apart`)), 'status')['phase']).to.equal('Pending');
      await ask('PATCH', `${pods}/apart/status`, status, mergePatch);
      expect(objectAt(bodyOf(await ask('GET', `${pods}/apart`)), 'status')['phase']).to.equal('Succeeded');
      const ended = 'status.phase!=Pending,status.phase!=Running';
      const listed = await ask('GET', `${pods}?fieldSelector=${encodeURIComponent(ended)}`);
      expect(namesIn(listed)).to.deep.equal(['apart']);
    });
  });

  describe('accounts', () => {
    const request = (spec: object): Promise<JsonAnswer> => ask('POST', `${accounts}/default/token`, { spec });
    const boundTo = (made: JsonAnswer): object => {
      const { name, uid } = metaOf(made);
      return { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid } };
    };
    const review = async (token: unknown, audience: string): Promise<JsonObject> => {
      const path = '/apis/authentication.k8s.io/v1/tokenreviews';
      const spec = { token, audiences: [audience] };
      return objectAt(bodyOf(await ask('POST', path, { spec })), 'status');
    };
    const tokenOf = (answer: JsonAnswer): unknown => objectAt(bodyOf(answer), 'status')['token'];

    it('have one that exists from the start, and that can be changed', async () => {
      expect((await ask('GET', `${accounts}/default`)).status).to.equal(200);
      const metadata = { annotations: { colour: 'green' } };
      const patched = await ask('PATCH', `${accounts}/default`, { metadata }, mergePatch);
      expect(metaOf(patched)['annotations']).to.deep.equal({ colour: 'green' });
    });

    it('authenticate with a token, and not without or with another', async () => {
      const authorization = `Bearer ${await target().token()}`;
      const path = '/api/v1/namespaces/team/serviceaccounts/default';
      expect((await ask('GET', path, undefined, { authorization })).status).to.be.oneOf([200, 403]);
      expect((await ask('GET', path, undefined, { authorization: 'Bearer none' })).status).to.equal(401);
    });

    it('have tokens that are valid for their audience only, and name their pod', async () => {
      const made = await ask('POST', pods, pod('bound'));
      const minted = await request({ audiences: ['mine'], expirationSeconds: 600, ...boundTo(made) });
      expect(minted.status).to.equal(201);
      const { user, ...rest } = await review(tokenOf(minted), 'mine');
      expect(rest).to.deep.equal({ authenticated: true, audiences: ['mine'] });
      expect(user).to.include({ username: 'system:serviceaccount:team:default' });
      expect(objectAt(user as JsonObject, 'extra')).to.deep.include({
        'authentication.kubernetes.io/pod-name': ['bound'],
        'authentication.kubernetes.io/pod-uid': [metaOf(made)['uid']],
      });
      expect(await review(tokenOf(minted), 'other')).not.to.have.property('authenticated');
      expect(await review('none', 'mine')).not.to.have.property('authenticated');
    });

    it('have tokens that expire with their pod', async () => {
      const made = await ask('POST', pods, pod('ending'));
      const minted = await request({ audiences: ['mine'], ...boundTo(made) });
      await ask('DELETE', `${pods}/ending`);
      const ended = await askUntil(
        () => review(tokenOf(minted), 'mine'),
        (status) => status['authenticated'] !== true,
        { withinMs: 20_000, everyMs: 100 },
      );
      expect(ended).not.to.have.property('authenticated');
    });

    it('get no token for a pod that does not exist', async () => {
      const made = await ask('POST', pods, pod('its-own'));
      expect((await request(boundTo(made))).status).to.equal(201);
      const { boundObjectRef } = boundTo(made) as { boundObjectRef: object };
      expect((await request({ boundObjectRef: { ...boundObjectRef, name: 'missing' } })).status).to.equal(
        404,
      );
    });
  });

  it('reports its version', async () => {
    expect(bodyOf(await ask('GET', '/version'))).to.include({ major: '1', minor: '35' });
  });
});
