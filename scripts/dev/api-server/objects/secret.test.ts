/** Secrets: what is stored and what is refused. */

import { expect } from 'chai';

import { bodyOf, describeServer, mergePatch, messageOf, metaOf, secretNamed } from '../testing.ts';
import { objectAt } from './object.ts';

const secrets = '/api/v1/namespaces/team/secrets';

describeServer('Secrets', (admin) => {
  it('creates with uid, version and time, and answers 409 AlreadyExists the second time', async () => {
    const created = await admin('POST', secrets, secretNamed('first'));
    expect(created.status).equal(201);
    expect(metaOf(created)).include.keys('uid', 'resourceVersion', 'creationTimestamp');
    expect(bodyOf(created)['type']).equal('Opaque');
    const again = await admin('POST', secrets, secretNamed('first'));
    expect(again.status).equal(409);
    expect(bodyOf(again)).deep.include({
      kind: 'Status',
      status: 'Failure',
      reason: 'AlreadyExists',
      message: 'secrets "first" already exists',
      details: { name: 'first', kind: 'secrets' },
      code: 409,
    });
  });

  it('refuses a name that is none with 422 and the field', async () => {
    const answer = await admin('POST', secrets, secretNamed('Not_A_Name'));
    expect(answer.status).equal(422);
    expect(messageOf(answer)).match(
      /^Secret "Not_A_Name" is invalid: metadata\.name: Invalid value: "Not_A_Name": a lowercase RFC 1123 subdomain/,
    );
    expect(objectAt(bodyOf(answer), 'details')).include({ name: 'Not_A_Name', kind: 'Secret' });
    expect((await admin('POST', secrets, secretNamed(''))).status).equal(422);
  });

  it('refuses more than 1 MiB of data with 422 and more than 3 MiB of body with 413', async () => {
    const large = { data: { a: Buffer.alloc(1024 * 1024 + 1).toString('base64') } };
    const answer = await admin('POST', secrets, secretNamed('large', large));
    expect(answer.status).equal(422);
    expect(messageOf(answer)).contain('data: Too long: may not be more than 1048576 bytes');
    const larger = { data: { a: Buffer.alloc(3 * 1024 * 1024).toString('base64') } };
    const refused = await admin('POST', secrets, secretNamed('larger', larger));
    expect(refused.status).equal(413);
    expect(messageOf(refused)).equal('Request entity too large: limit is 3145728');
  });

  it('keeps an immutable Secret as it is, but lets its metadata change', async () => {
    await admin('POST', secrets, secretNamed('fixed', { immutable: true }));
    const changed = await admin(
      'PUT',
      `${secrets}/fixed`,
      secretNamed('fixed', { immutable: true, data: { a: 'Yg==' } }),
    );
    expect(changed.status).equal(422);
    expect(messageOf(changed)).equal(
      'Secret "fixed" is invalid: data: Forbidden: field is immutable when `immutable` is set',
    );
    const patched = await admin('PATCH', `${secrets}/fixed`, { immutable: null }, mergePatch);
    expect(patched.status).equal(422);
    const labelled = await admin(
      'PATCH',
      `${secrets}/fixed`,
      { metadata: { labels: { x: 'y' } } },
      mergePatch,
    );
    expect(labelled.status).equal(200);
  });

  it('refuses data that is not base64 and keys that are no file names', async () => {
    expect((await admin('POST', secrets, secretNamed('bad', { data: { a: '***' } }))).status).equal(400);
    expect((await admin('POST', secrets, secretNamed('bad', { data: { 'a/b': 'YQ==' } }))).status).equal(422);
    const wrong = await admin('POST', secrets, secretNamed('bad', { immutable: 'yes' }));
    expect(wrong.status).equal(400);
    expect(messageOf(wrong)).contain(
      'cannot unmarshal string into Go struct field Secret.immutable of type bool',
    );
  });

  it('warns of a member that Kubernetes does not know, and refuses it under strict validation', async () => {
    const odd = secretNamed('odd', { dta: {} });
    const answer = await admin('POST', `${secrets}?dryRun=All`, odd);
    expect(answer.status).equal(201);
    expect(answer.headers['warning']).equal('299 - "unknown field \\"dta\\""');
    expect((await admin('POST', `${secrets}?fieldValidation=Strict`, odd)).status).equal(400);
  });

  it('stores nothing in a dry run', async () => {
    const answer = await admin('POST', `${secrets}?dryRun=All`, secretNamed('dry'));
    expect(answer.status).equal(201);
    expect((await admin('GET', `${secrets}/dry`)).status).equal(404);
    expect((await admin('POST', `${secrets}?dryRun=All`, secretNamed('first'))).status).equal(409);
    expect((await admin('POST', `${secrets}?dryRun=Some`, secretNamed('dry'))).status).equal(422);
  });
});
