import { expect } from 'chai';
import { later, newUser, onEachDatabase } from '../testing/console.ts';
import { refusal, type ApiClient, type Reply } from '../testing/api-client.ts';

const NUL = String.fromCharCode(0);

onEachDatabase('secrets', (running) => {
  let alice: ApiClient;
  const create = (body: object, client = alice): Promise<Reply> => client.call('post', '/secrets', { body });
  const put = (name: string, body: object, ifMatch?: string): Promise<Reply> =>
    alice.call('put', `/secrets/${name}`, {
      body,
      headers: ifMatch === undefined ? {} : { 'if-match': ifMatch },
    });
  const patch = (name: string, body: object, ifMatch = '*'): Promise<Reply> =>
    alice.call('patch', `/secrets/${name}`, { body, headers: { 'if-match': ifMatch } });
  const names = async (): Promise<readonly string[]> =>
    (await alice.call('get', '/secrets')).json.items.map(({ name }) => name);

  beforeEach(async () => {
    alice = await running().as(newUser());
  });

  it('stores a text and answers with the item, never with the value', async () => {
    const { status, json, headers, text } = await create({ name: 'db-password', value: 'pa55wörd' });
    expect(status).to.equal(201);
    expect(headers['etag']).to.equal('"1"');
    expect(json).to.include({ name: 'db-password', version: 1, size: 9, envSafe: true, lastUsedAt: null });
    expect(text).not.to.contain('pa55');
  });

  it('stores any bytes, and counts bytes, not characters', async () => {
    const bytes = Buffer.from([0, 255, 13, 39]);
    const { json } = await create({ name: 'blob', valueBase64: bytes.toString('base64') });
    expect(json).to.include({ size: 4, envSafe: false });
    expect((await create({ name: 'largest', value: 'é'.repeat(32 * 1024) })).json.size).to.equal(65536);
    const over = await create({ name: 'too-large', value: 'é'.repeat(32 * 1024) + 'x' });
    expect(refusal(over)).to.deep.equal([422, 'value_too_large']);
    expect(over.json.detail).to.contain('65537').and.to.contain('65536');
  });

  it('reports for each value whether it can be an environment variable', async () => {
    const safe = {
      plain: 'x',
      lines: 'a\nb',
      quote: "it's",
      cr: 'a\r\nb',
      nul: `a${NUL}b`,
      long: 'x'.repeat(33_000),
    };
    const found: Record<string, boolean> = {};
    for (const [name, value] of Object.entries(safe))
      found[name] = (await create({ name, value })).json.envSafe;
    expect(found).to.deep.equal({
      plain: true,
      lines: true,
      quote: false,
      cr: false,
      nul: false,
      long: false,
    });
  });

  it('refuses a value that is empty, half a surrogate pair, or not base64', async () => {
    const codes = [
      await create({ name: 'a', value: '' }),
      await create({ name: 'a', valueBase64: '' }),
      await create({ name: 'a', value: '\ud800' }),
      await create({ name: 'a', valueBase64: 'YQ' }),
      await create({ name: 'a', valueBase64: 'YR==' }),
      await create({ name: 'a', valueBase64: 'Y Q==' }),
    ].map(refusal);
    expect(codes).to.deep.equal([
      [422, 'value_empty'],
      [422, 'value_empty'],
      [422, 'value_not_text'],
      [422, 'value_not_base64'],
      [422, 'value_not_base64'],
      [422, 'value_not_base64'],
    ]);
    expect(await names()).to.deep.equal([]);
  });

  it('refuses every name outside the alphabet, with the rule', async () => {
    for (const name of ['', '.', '..', '..x', 'a/b', 'a b', 'a ', 'a\n', 'ａ', 'x'.repeat(254)]) {
      const reply = await create({ name, value: 'v' });
      expect(refusal(reply), JSON.stringify(name)).to.deep.equal([422, 'name_malformed']);
      expect(reply.json.detail).to.contain('letters, digits');
    }
    expect((await create({ name: '.a..b', value: 'v' })).status).to.equal(201);
  });

  it('refuses a body of another shape, and says what is wrong', async () => {
    const bodies = [
      [],
      { name: 'a' },
      { name: 'a', value: 1 },
      { name: 'a', value: 'v', valueBase64: 'dg==' },
      { name: 'a', value: 'v', extra: true },
      { name: 'a', value: 'v', expiresAt: 'tomorrow' },
      { name: 'a', envelope: 'x', size: 1.5, envSafe: true },
    ];
    for (const body of bodies) {
      expect(refusal(await create(body)), JSON.stringify(body)).to.deep.equal([400, 'body_malformed']);
    }
    const raw = async (text: string | Buffer, headers = {}): Promise<[number, string]> =>
      refusal(await alice.call('post', '/secrets', { raw: text, headers }));
    expect(await raw('{"name":')).to.deep.equal([400, 'body_malformed']);
    expect(await raw(Buffer.from('7b226e616d65223a22ff227d', 'hex'))).to.deep.equal([400, 'body_malformed']);
    expect(await raw('')).to.deep.equal([400, 'body_malformed']);
    expect(await raw('{}', { 'content-type': 'text/plain' })).to.deep.equal([415, 'content_type']);
    expect(await raw('{}', { 'content-encoding': 'gzip' })).to.deep.equal([415, 'content_type']);
    expect(await raw(' '.repeat(600_000))).to.deep.equal([413, 'body_too_large']);
  });

  it('refuses a second secret of the same name, and leaves the first', async () => {
    await create({ name: 'a', value: 'one' });
    expect(refusal(await create({ name: 'a', value: 'second' }))).to.deep.equal([409, 'name_taken']);
    expect((await alice.call('get', '/secrets')).json.items[0]).to.include({
      name: 'a',
      version: 1,
      size: 3,
    });
  });

  it('lets exactly one of several simultaneous creates of one name win', async () => {
    const replies = await Promise.all(
      [1, 2, 3, 4].map((n) => create({ name: 'raced', value: `value ${n}` })),
    );
    expect(replies.map(({ status }) => status).sort()).to.deep.equal([201, 409, 409, 409]);
  });

  it('lets two owners have secrets of the same name, and shows each only their own', async () => {
    const bob = await running().as(newUser());
    expect((await create({ name: 'a', value: 'of alice' })).status).to.equal(201);
    expect((await create({ name: 'a', value: 'bob' }, bob)).status).to.equal(201);
    expect((await bob.call('get', '/secrets')).json.items).to.have.length(1);
    expect((await bob.call('delete', '/secrets/a')).status).to.equal(204);
    expect(await names()).to.deep.equal(['a']);
  });

  it('replaces with a new version under the same id', async () => {
    const first = (await create({ name: 'a', value: 'one' })).json;
    const { status, json, headers } = await put('a', { value: 'three' });
    expect(status).to.equal(200);
    expect(headers['etag']).to.equal('"2"');
    expect(json).to.include({ id: first.id, version: 2, size: 5, createdAt: first.createdAt });
  });

  it('replaces or deletes under If-Match only what the caller has seen', async () => {
    await create({ name: 'a', value: 'one' });
    expect((await put('a', { value: 'two' }, '"1"')).status).to.equal(200);
    const stale = await put('a', { value: 'lost?' }, '"1"');
    expect(refusal(stale)).to.deep.equal([412, 'version_changed']);
    expect(stale.json.detail).to.contain('version 2');
    expect((await put('a', { value: 'three' }, '"7", "2"')).json.version).to.equal(3);
    expect((await put('a', { value: 'four' }, '*')).json.version).to.equal(4);
    expect(refusal(await put('a', { value: 'x' }, 'W/"4"'))).to.deep.equal([412, 'version_changed']);
    expect(refusal(await put('a', { value: 'x' }, '4'))).to.deep.equal([400, 'if_match_malformed']);
    const remove = (ifMatch: string): Promise<Reply> =>
      alice.call('delete', '/secrets/a', { headers: { 'if-match': ifMatch } });
    expect(refusal(await remove('"3"'))).to.deep.equal([412, 'version_changed']);
    expect((await remove('"4"')).status).to.equal(204);
  });

  it('gives each of many simultaneous replaces a version of its own', async () => {
    await create({ name: 'a', value: 'one' });
    const replies = await Promise.all([2, 3, 4].map((n) => put('a', { value: `value ${n}` })));
    const versions = replies.map(({ json }) => json.version).sort();
    expect(versions).to.deep.equal([2, 3, 4]);
  });

  it('lets exactly one of two replaces of the same seen version win', async () => {
    await create({ name: 'a', value: 'one' });
    const replies = await Promise.all(['two', 'too'].map((value) => put('a', { value }, '"1"')));
    expect(replies.map(({ status }) => status).sort()).to.deep.equal([200, 412]);
  });

  it('gives the same answer for an unknown secret as for another owner’s', async () => {
    const bob = await running().as(newUser());
    await create({ name: 'of-bob', value: 'v' }, bob);
    const other = await put('of-bob', { value: 'v' });
    const unknown = await put('of-bobs', { value: 'v' });
    expect(refusal(other)).to.deep.equal([404, 'secret_unknown']);
    expect(unknown.json).to.deep.equal({
      ...other.json,
      detail: other.json.detail.replace('of-bob', 'of-bobs'),
    });
    expect(refusal(await alice.call('delete', '/secrets/of-bob'))).to.deep.equal([404, 'secret_unknown']);
    expect(refusal(await alice.call('delete', '/secrets/a%20b'))).to.deep.equal([404, 'secret_unknown']);
    expect(refusal(await put('a%2Fb', { value: 'v' }))).to.deep.equal([404, 'secret_unknown']);
  });

  it('keeps an expiry from version to version, drops it where it is null, and refuses one in the past', async () => {
    const soon = new Date(Date.now() + 3_600_000).toISOString();
    expect((await create({ name: 'a', value: 'v', expiresAt: soon })).json.expiresAt).to.equal(soon);
    expect((await put('a', { value: 'w' })).json).to.include({ version: 2, expiresAt: soon });
    expect((await put('a', { value: 'v', expiresAt: null })).json.expiresAt).to.equal(null);
    expect((await put('a', { value: 'v' })).json.expiresAt).to.equal(null);
    const past = await put('a', { value: 'v', expiresAt: '2020-01-01T00:00:00Z' });
    expect(refusal(past)).to.deep.equal([422, 'expiry_past']);
  });

  it('drops an expiry that has passed when the value is replaced', async () => {
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    await create({ name: 'a', value: 'v', expiresAt });
    const replaced = await later(running(), 120_000, () => put('a', { value: 'w' }));
    expect(replaced.json).to.include({ version: 2, expiresAt: null });
  });

  it('changes expiry and note without the value, and only what is named', async () => {
    const first = await create({ name: 'a', value: 'v', note: ' for the lab ' });
    expect(first.json.note).to.equal('for the lab');
    const soon = new Date(Date.now() + 3_600_000).toISOString();
    const ended = await patch('a', { expiresAt: soon });
    expect([ended.status, ended.headers['etag']]).to.deep.equal([200, '"1"']);
    expect(ended.json).to.deep.equal({ ...first.json, expiresAt: soon });
    expect((await patch('a', { note: '漢'.repeat(200) })).json).to.include({
      note: '漢'.repeat(200),
      expiresAt: soon,
    });
    // A new value leaves both.
    const replaced = (await put('a', { value: 'w' })).json;
    expect(replaced).to.include({ version: 2, note: '漢'.repeat(200), expiresAt: soon });
    const both = await patch('a', { note: null, expiresAt: null });
    expect(both.json).to.include({ version: 2, note: null, expiresAt: null });
    expect(both.json.modifiedAt).to.equal(replaced.modifiedAt);
    const { items } = (await alice.call('get', '/audit')).json;
    const actions = items.map(({ action, version }) => `${action} ${version}`);
    expect(actions).to.deep.equal(['update 2', 'replace 2', 'update 1', 'update 1', 'create 1']);
  });

  it('loses neither of two changes at the same time, of one secret’s expiry, note and value', async () => {
    const soon = new Date(Date.now() + 3_600_000).toISOString();
    await create({ name: 'a', value: 'v' });
    await Promise.all([patch('a', { expiresAt: soon }), patch('a', { note: 'n' }), put('a', { value: 'w' })]);
    const [item] = (await alice.call('get', '/secrets')).json.items;
    expect(item).to.include({ version: 2, expiresAt: soon, note: 'n' });
  });

  it('changes nothing of a version that the caller has not seen, nor to what cannot be', async () => {
    await create({ name: 'a', value: 'v' });
    await put('a', { value: 'w' });
    for (const [body, ifMatch, code] of [
      [{ note: 'n' }, '"1"', 'version_changed'],
      [{ note: 'n' }, '2', 'if_match_malformed'],
      [{}, '*', 'body_malformed'],
      [{ name: 'b' }, '*', 'body_malformed'],
      [{ value: 'x' }, '*', 'body_malformed'],
      [{ expiresAt: '2027-02-30T00:00:00Z' }, '*', 'body_malformed'],
      [{ expiresAt: '2020-01-01T00:00:00Z' }, '*', 'expiry_past'],
      [{ note: 'x'.repeat(201) }, '*', 'note_malformed'],
      [{ note: 'a\nb' }, '*', 'note_malformed'],
      [{ note: `a${NUL}b` }, '*', 'note_malformed'],
    ] as const)
      expect(refusal(await patch('a', body, ifMatch))[1], JSON.stringify(body)).to.equal(code);
    expect(refusal(await patch('b', { note: 'n' }))).to.deep.equal([404, 'secret_unknown']);
    const item = (await patch('a', { note: 'n' }, '"2"')).json;
    expect(item).to.include({ version: 2, note: 'n', expiresAt: null });
    expect(refusal(await create({ name: 'c', value: 'v', note: '\u202e' }))).to.deep.equal([
      422,
      'note_malformed',
    ]);
  });

  it('lists by name in pages that neither skip nor repeat', async () => {
    const all = ['B', 'Z', '_', 'a', 'b', 'b.1', 'b1', 'ba'];
    for (const name of [...all].reverse()) await create({ name, value: 'v' });
    const seen: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await alice.call('get', `/secrets?limit=3${after === undefined ? '' : `&after=${after}`}`);
      const { items } = page.json;
      if (items.length === 0) break;
      seen.push(...items.map(({ name }) => name));
      after = seen.at(-1);
    }
    expect(seen).to.deep.equal([...all].sort());
  });

  it('refuses a page that it does not have', async () => {
    for (const query of ['limit=0', 'limit=201', 'limit=x', 'after=a%20b', 'offset=3']) {
      expect(refusal(await alice.call('get', `/secrets?${query}`)), query).to.deep.equal([
        400,
        'query_malformed',
      ]);
    }
  });

  it('answers whole, whatever is asked for if it has changed', async () => {
    const alice = await running().as(newUser());
    for (const path of ['/secrets', '/me', '/tickets', '/audit']) {
      const headers = { 'if-none-match': '*' };
      expect((await alice.call('get', path, { headers })).status, path).to.equal(200);
    }
  });

  it('refuses other methods and other addresses', async () => {
    const post = await alice.call('post', '/secrets/a');
    expect(refusal(post)).to.deep.equal([405, 'method_not_allowed']);
    expect(post.headers['allow']).to.equal('PUT, PATCH, DELETE');
    expect(refusal(await alice.call('get', '/secrets/'))).to.deep.equal([404, 'not_found']);
    expect(refusal(await alice.call('get', '/elsewhere'))).to.deep.equal([404, 'not_found']);
    expect(refusal(await alice.call('delete', '/secrets/%ff'))).to.deep.equal([404, 'not_found']);
  });
});
