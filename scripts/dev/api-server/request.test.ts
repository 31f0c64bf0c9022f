/** Requests of every kind: refusals, lists, names. */

import { expect } from 'chai';

import { listAt, objectAt, stringAt } from './objects/object.ts';
import { bodyOf, describeServer, messageOf, metaOf, podNamed, secretNamed } from './testing.ts';

const secrets = '/api/v1/namespaces/team/secrets';
const pods = '/api/v1/namespaces/team/pods';

describeServer('requests', (admin) => {
  it('answers 404, 405, 415 and 400 as the real server does', async () => {
    const missing = await admin('GET', `${secrets}/missing`);
    expect(missing.status).equal(404);
    expect(messageOf(missing)).equal('secrets "missing" not found');
    expect((await admin('GET', '/api/v1/namespaces/team/gadgets')).status).equal(404);
    expect((await admin('PUT', secrets, secretNamed('x'))).status).equal(405);
    expect((await admin('PATCH', `${secrets}/first`, {})).status).equal(415);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await admin('POST', secrets, secretNamed('x'), form)).status).equal(415);
    expect((await admin('POST', secrets, 'text')).status).equal(400);
    expect((await admin('POST', secrets, { ...secretNamed('x'), kind: 'ConfigMap' })).status).equal(400);
    const elsewhere = { ...secretNamed('x'), metadata: { name: 'x', namespace: 'other' } };
    expect(messageOf(await admin('POST', secrets, elsewhere))).contain('does not match the namespace sent');
  });

  it('refuses nesting without end instead of falling over', async () => {
    let deep: object = {};
    for (let depth = 0; depth < 1000; depth += 1) deep = { a: deep };
    expect((await admin('POST', secrets, secretNamed('deep', { deep }))).status).equal(400);
  });

  it('lists by label and in pages', async () => {
    for (const name of ['list-a', 'list-b', 'list-c']) {
      const labels = { set: 'listed', name };
      await admin('POST', secrets, { ...secretNamed(name), metadata: { name, labels } });
    }
    const select = async (selector: string): Promise<(string | undefined)[]> => {
      const answer = await admin('GET', `${secrets}?labelSelector=${encodeURIComponent(selector)}`);
      return listAt(bodyOf(answer), 'items').map((item) => stringAt(objectAt(item, 'metadata'), 'name'));
    };
    expect(await select('set=listed')).deep.equal(['list-a', 'list-b', 'list-c']);
    expect(await select('set=listed,name!=list-b')).deep.equal(['list-a', 'list-c']);
    expect(await select('name in (list-b, list-c)')).deep.equal(['list-b', 'list-c']);
    expect(await select('set,!name')).deep.equal([]);
    expect((await admin('GET', `${secrets}?labelSelector=${encodeURIComponent('a b c')}`)).status).equal(400);
    const first = await admin('GET', `${secrets}?labelSelector=set&limit=2`);
    expect(listAt(bodyOf(first), 'items')).length(2);
    const rest = await admin(
      'GET',
      `${secrets}?labelSelector=set&limit=2&continue=${String(metaOf(first)['continue'])}`,
    );
    expect(listAt(bodyOf(rest), 'items')).length(1);
    expect(metaOf(rest)).not.property('continue');
  });

  it('makes names from generateName, cut so that they stay within 63 characters', async () => {
    const answer = await admin('POST', pods, {
      ...podNamed(''),
      metadata: { generateName: `${'a'.repeat(70)}-` },
    });
    expect(metaOf(answer)['name']).match(/^a{58}[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });
});
