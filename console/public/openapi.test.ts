import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { expect } from 'chai';
import { callJson, createAnswerCheck, type Body, type Reply } from '../testing/api-client.ts';
import { onEachDatabase, PUBLIC_URL } from '../testing/console.ts';
import { openApiDocument } from './openapi.ts';

onEachDatabase('the OpenAPI document', (running) => {
  const get = (headers: Record<string, string> = {}): Promise<Reply> =>
    callJson(
      running().client,
      { method: 'GET', url: `${running().urlOf('public')}/api/v1/openapi.json` },
      { headers },
    );

  it('is served to anyone, and sent again only once it has changed', async () => {
    const { status, headers, text } = await get();
    expect(status).to.equal(200);
    expect(JSON.parse(text)).to.deep.equal(openApiDocument(PUBLIC_URL));
    const again = await get({ 'if-none-match': String(headers['etag']) });
    expect([again.status, again.text]).to.deep.equal([304, '']);
  });

  it('comes, like every answer, with headers that keep browsers and caches out', async () => {
    const { headers } = await get();
    expect(headers).to.include({
      'x-content-type-options': 'nosniff',
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      'cache-control': 'no-cache',
    });
    expect(headers).not.to.have.property('x-powered-by');
    const { headers: others } = await running().withBearer(undefined).call('get', '/secrets');
    expect(others['cache-control']).to.equal('no-store');
  });
});

interface Media {
  readonly schema: object;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}
type Content = Readonly<Record<string, Media>> | undefined;
interface Described {
  readonly description?: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly description?: string;
    readonly schema: object;
    readonly example?: unknown;
  }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

describe('every operation of the OpenAPI document', () => {
  const document = openApiDocument(PUBLIC_URL) as {
    paths: Record<string, Record<string, Described>>;
    components: object;
  };
  const ajv = new Ajv2020({ strict: false, validateSchema: false, allErrors: true });
  formats.default(ajv);
  const validate = (what: string, schema: object, value: unknown): void => {
    const check = ajv.compile({ ...schema, components: document.components });
    expect(check(value), `${what}: ${ajv.errorsText(check.errors)}`).to.equal(true);
  };
  const validateContent = (what: string, content: Content): void => {
    for (const [type, { schema, example, examples }] of Object.entries(content ?? {})) {
      const values = [example, ...Object.values(examples ?? {}).map(({ value }) => value)];
      const given = values.filter((value) => value !== undefined);
      expect(given, `${what} as ${type} has no example`).not.to.deep.equal([]);
      for (const value of given) validate(`${what} as ${type}`, schema, value);
    }
  };
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods))
      it(`is described, with examples that validate: ${method} ${path}`, () => {
        expect(operation.description).to.match(/^[A-Z][^]{20,}\.$/);
        for (const { name, in: place, description, schema, example } of operation.parameters) {
          expect(description, name).to.be.a('string');
          if (place === 'path') expect(example, name).to.be.a('string');
          if (example !== undefined) validate(name, schema, example);
        }
        validateContent('the request', operation.requestBody?.content);
        for (const [status, { content }] of Object.entries(operation.responses))
          validateContent(`the answer ${status}`, content);
      });
  }
});

describe('the check of answers', () => {
  const check = createAnswerCheck(openApiDocument(PUBLIC_URL));
  const reply = (status: number, json: object, type = 'application/json'): Reply => {
    const headers = { 'content-type': type, etag: '"1"' };
    // Some of the members that answers have.
    return { status, headers, text: JSON.stringify(json), json: json as Body };
  };
  const item = {
    id: '00000000-0000-4000-8000-000000000000',
    name: 'a',
    version: 1,
    size: 1,
    envSafe: true,
    createdAt: '2026-01-01T00:00:00Z',
    modifiedAt: '2026-01-01T00:00:00Z',
    expiresAt: null,
    lastUsedAt: null,
    note: null,
  };

  it('fails on a status, member, type or code that is not documented', () => {
    const created =
      (json: object, status = 201, type?: string) =>
      () =>
        check.check('post', '/api/v1/secrets', reply(status, json, type));
    expect(created(item)).not.to.throw();
    expect(created(item, 200)).to.throw('not documented');
    expect(created({ ...item, value: 'v' })).to.throw('additional properties');
    expect(created({ ...item, id: 'x' })).to.throw('pattern');
    expect(created(item, 201, 'text/html')).to.throw('not documented');
    const problem = { type: 'urn:x', title: 't', status: 409, code: 'name_taken', detail: 'd' };
    const type = 'application/problem+json';
    expect(created(problem, 409, type)).not.to.throw();
    expect(created({ ...problem, code: 'version_changed' }, 409, type)).to.throw('allowed values');
  });
});
