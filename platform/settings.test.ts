import { expect } from 'chai';
import * as settings from './settings.ts';

const declared = {
  name: settings.text('TWOFOLD_NAME', { doc: '' }),
  port: settings.port('TWOFOLD_PORT', { doc: '', fallback: '8443' }),
  on: settings.flag('TWOFOLD_ON', { doc: '', fallback: 'false' }),
  host: settings.address('TWOFOLD_HOST', { doc: '', fallback: '::' }),
  url: settings.httpsUrl('TWOFOLD_URL', { doc: '', fallback: 'https://a/' }),
  level: settings.oneOf('TWOFOLD_LEVEL', { doc: '', fallback: 'low', values: ['low', 'high'] }),
  items: settings.list('TWOFOLD_ITEMS', { doc: '', fallback: '', pattern: /^[a-z]+$/ }),
  data: settings.optional(
    settings.file('TWOFOLD_DATA_FILE', {
      doc: '',
      kind: 'a JSON document',
      parse: (text) => JSON.parse(text) as unknown,
    }),
  ),
};
function parse(env: Record<string, string>) {
  return settings.parseSettings(declared, env, (path) =>
    path === '/data' ? Promise.resolve('{"secret": hunter2}') : Promise.reject(new Error('ENOENT')),
  );
}
async function problemsOf(env: Record<string, string>): Promise<readonly string[]> {
  const parsed = await parse(env);
  if (parsed.ok) throw new Error('was accepted');
  return parsed.problems;
}

describe('settings', () => {
  it('are parsed with their defaults, and frozen', async () => {
    const parsed = await parse({ TWOFOLD_NAME: 'x', OTHER: 'y' });
    if (!parsed.ok) throw new Error(parsed.problems.join());
    expect(parsed.value).to.deep.equal({
      name: 'x',
      port: 8443,
      on: false,
      host: '::',
      url: 'https://a',
      level: 'low',
      items: [],
      data: undefined,
    });
    expect(parsed.value).to.be.frozen;
  });

  it('report all problems together, by the variable’s name', async () => {
    const problems = await problemsOf({
      TWOFOLD_PORT: '70000',
      TWOFOLD_ON: 'yes',
      TWOFOLD_URL: 'http://a',
      TWOFOLD_LEVEL: 'mid',
      TWOFOLD_ITEMS: 'a,B',
      TWOFOLD_DATA_FILE: '/gone',
      TWOFOLD_PROT: '1',
    });
    const names = ['NAME', 'PORT', 'ON', 'URL', 'LEVEL', 'ITEMS', 'DATA_FILE', 'PROT'];
    expect(problems.map((problem) => problem.split(' ')[0])).to.deep.equal(
      names.map((name) => `TWOFOLD_${name}`),
    );
    expect(problems.at(-1)).to.contain('is not a setting of this service');
  });

  it('never show what a file holds', async () => {
    const [problem] = await problemsOf({ TWOFOLD_NAME: 'x', TWOFOLD_DATA_FILE: '/data' });
    expect(problem).to.contain('/data').and.not.to.contain('hunter2');
  });

  it('accept addresses of both families, without brackets', async () => {
    for (const host of ['::', '::1', '2001:db8::1', '0.0.0.0', '127.0.0.1'])
      expect(await parse({ TWOFOLD_NAME: 'x', TWOFOLD_HOST: host }), host).to.have.nested.property(
        'value.host',
        host,
      );
    for (const host of ['', '[::1]', '[::1]:8443', '127.0.0.1:8443', 'localhost'])
      expect(await problemsOf({ TWOFOLD_NAME: 'x', TWOFOLD_HOST: host }), host).to.deep.equal([
        'TWOFOLD_HOST must be an IP address, without brackets',
      ]);
    const url = 'https://[2001:db8::1]:8443';
    expect(await parse({ TWOFOLD_NAME: 'x', TWOFOLD_URL: `${url}/` })).to.have.nested.property(
      'value.url',
      url,
    );
    expect(await problemsOf({ TWOFOLD_NAME: 'x', TWOFOLD_URL: 'https://2001:db8::1:8443' })).to.have.length(
      1,
    );
  });

  it('refuse a URL with white space, which is compared and called as it is', async () => {
    for (const url of ['https://a\n', ' https://a', 'https://a\t/b', 'https://a/ '])
      expect(await problemsOf({ TWOFOLD_NAME: 'x', TWOFOLD_URL: url }), url).to.deep.equal([
        'TWOFOLD_URL must be an https:// URL without user, query, fragment or white space',
      ]);
  });

  it('refuse numbers in other notations', async () => {
    for (const port of ['', ' 1', '1.0', '0x10', '1e3', '-1', '９']) {
      expect(await problemsOf({ TWOFOLD_NAME: 'x', TWOFOLD_PORT: port }), port).to.have.length(1);
    }
  });
});
