import { expect } from 'chai';
import type { HttpReply, HttpRequest } from '#platform/https-server.ts';
import { parseProblem } from '#platform/problem.ts';
import { refuseBody } from './http.ts';
import { createCore, type CoreOptions } from './testing/core.ts';
import { createMaterial, place, sessionId, tokenOf } from './testing/material.ts';

const material = createMaterial();
interface Changes extends Partial<Omit<HttpRequest, 'body'>> {
  readonly body?: Buffer;
}
function request({ body = Buffer.from('{}'), ...changes }: Changes): HttpRequest {
  return {
    method: 'POST',
    path: '/v1/unwrap',
    query: new URLSearchParams(),
    contentType: 'application/json',
    client: 'webhook-unwrap',
    body: () => Promise.resolve(body),
    ...changes,
  };
}
function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
function ask(changes: Changes, options?: CoreOptions): Promise<HttpReply> {
  return createCore(material, options).http(request(changes));
}
async function refusalOf(changes: Changes): Promise<[number, string | undefined]> {
  const { status, body } = await ask(changes);
  return [status, parseProblem(Buffer.from(body))?.code];
}

describe('the keyservice over HTTP', () => {
  it('answers with tokens and grant, and nothing else', async () => {
    const body = json({
      ticket: await material.ticket(['a']),
      sid: sessionId(),
      place,
      envelopes: [await material.seal('a')],
    });
    const reply = await ask({ body, contentType: 'Application/JSON; charset=utf-8' });
    expect(reply.status).to.equal(200);
    const answer = JSON.parse(String(reply.body)) as { tokens: object[] };
    expect(answer).to.have.all.keys('tokens', 'grant');
    expect(answer.tokens[0])
      .to.have.all.keys('id', 'name', 'token')
      .and.include({ token: tokenOf('a') });
  });

  it('knows two paths and one method', async () => {
    for (const path of ['/', '/v1', '/v1/unwrap/', '/v1/open', '/constructor'])
      expect(await refusalOf({ path })).to.deep.equal([404, 'not_found']);
    for (const method of ['GET', 'PUT', 'DELETE'])
      expect(await refusalOf({ method })).to.deep.equal([405, 'method_not_allowed']);
    expect((await ask({ method: 'GET' })).headers).to.deep.equal({ allow: 'POST' });
  });

  it('requires the content type of JSON', async () => {
    for (const contentType of ['', 'text/plain', 'application/json-patch+json', 'application/jsonx'])
      expect(await refusalOf({ contentType })).to.deep.equal([415, 'content_type']);
  });

  it('reads no body before path, method, client and type have been checked', async () => {
    const read = (): Promise<Buffer> => Promise.reject(new Error('it was read'));
    const { http } = createCore(material);
    const wrong = [
      { path: '/' },
      { method: 'PUT' },
      { client: 'console-rewrap' },
      { contentType: 'text/plain' },
    ];
    for (const change of wrong)
      expect((await http({ ...request({}), body: read, ...change })).status).to.be.at.least(400);
    const asked = await http({ ...request({}), body: read }).catch((error: unknown) => String(error));
    expect(asked).to.contain('it was read');
  });

  it('says what is wrong with a body that it did not read, and when to try again', () => {
    const said = (['too_large', 'broken_off', 'overloaded'] as const).map((what) => {
      const { status, headers, body } = refuseBody(what, 10);
      return [status, parseProblem(Buffer.from(body))?.code, headers?.['retry-after']];
    });
    expect(said).to.deep.equal([
      [413, 'body_too_large', undefined],
      [400, 'body_malformed', undefined],
      [503, 'overloaded', '1'],
    ]);
  });

  it('allows each operation to its own clients only, by full name', async () => {
    for (const client of [
      undefined,
      '',
      'console',
      'webhook',
      'webhook-resolve',
      'Webhook-unwrap',
      'webhook-unwrap2',
    ])
      expect(await refusalOf({ client })).to.deep.equal([403, 'client_not_allowed']);
    expect(await refusalOf({ path: '/v1/rewrap' })).to.deep.equal([403, 'client_not_allowed']);
  });

  it('refuses an unwrap body of any other form', async () => {
    const good = { ticket: 't', sid: sessionId(), place, envelopes: ['e'] };
    const bodies: unknown[] = [
      {},
      [],
      null,
      'x',
      1,
      [good],
      { ...good, key: 'k' },
      { ...good, ticket: 1 },
      { ...good, sid: 'x' },
      { ...good, sid: sessionId().toUpperCase().replace(/\d/g, 'A') },
      { ...good, envelopes: [] },
      { ...good, envelopes: 'e' },
      { ...good, envelopes: [1] },
      { ...good, envelopes: [null] },
      { ...good, envelopes: Array(257).fill('e') },
      { ...good, envelopes: { length: 1 } },
      { ticket: 't', sid: good.sid, place, toString: ['e'] },
    ];
    for (const body of bodies)
      expect(await refusalOf({ body: json(body) })).to.deep.equal([400, 'body_malformed']);
  });

  it('accepts a place with exactly its members, each in its own syntax, and otherwise says what it must be', async () => {
    const ticket = await material.ticket(['a']);
    const good = { ticket, sid: sessionId(), envelopes: [await material.seal('a')] };
    expect((await ask({ body: json({ ...good, place }) })).status).to.equal(200);
    const { by: _by, ...byNobody } = place;
    const { name: _name, ...nameless } = place;
    const places: unknown[] = [
      undefined,
      null,
      'sessions',
      [],
      [place],
      {},
      byNobody,
      nameless,
      { ...place, uid: 'x' },
      { ...place, ns: 'A' },
      { ...place, sa: 'a b' },
      { ...place, name: '' },
      { ...place, by: 'a\n' },
      { ...place, by: 'a'.repeat(1025) },
      { ...place, generateName: '*' },
    ];
    for (const each of places) {
      const { status, body } = await ask({ body: json({ ...good, place: each }) });
      expect(status, JSON.stringify(each)).to.equal(400);
      expect(parseProblem(Buffer.from(body))).to.include({ code: 'body_malformed' });
      if (each !== undefined) expect(String(body)).to.contain('place must have ns, sa, by');
    }
  });

  it('accepts no key from a rewrap request', async () => {
    const envelopes = [await material.seal('a')];
    const rewrap = { path: '/v1/rewrap', client: 'console-rewrap' };
    expect((await ask({ ...rewrap, body: json({ envelopes }) })).status).to.equal(200);
    for (const member of ['key', 'kid', 'publicKey', 'recipient']) {
      const body = json({ envelopes, [member]: material.envelopeKeys[1].publicJwk });
      expect(await refusalOf({ ...rewrap, body })).to.deep.equal([400, 'body_malformed']);
    }
  });

  it('records refusals with the client, and says when it cannot', async () => {
    const core = createCore(material);
    await core.http(request({ client: 'stranger' }));
    expect(core.lines).to.have.length(1);
    expect(core.lines[0]).to.include({
      operation: 'unwrap',
      client: 'stranger',
      outcome: 'client_not_allowed',
    });
    const reply = await ask({ client: 'stranger' }, { recordsUntil: 0 });
    expect(parseProblem(Buffer.from(reply.body))?.code).to.equal('audit_unavailable');
    expect(reply.headers).to.deep.equal({ 'retry-after': '1' });
  });
});
