import { expect } from 'chai';
import { HttpsError } from '#platform/https-client.ts';
import { createFetch } from './api/fetch.ts';
import { Failure } from './failure.ts';
import { proxyOf } from './proxy.ts';

describe('the proxy that the environment names', () => {
  for (const [env, variable, url] of [
    [{ HTTPS_PROXY: 'http://proxy:3128' }, 'HTTPS_PROXY', 'http://proxy:3128/'],
    [{ HTTPS_PROXY: 'proxy:3128' }, 'HTTPS_PROXY', 'http://proxy:3128/'],
    [{ HTTPS_PROXY: 'https://a:b@proxy' }, 'HTTPS_PROXY', 'https://a:b@proxy/'],
    [{ HTTPS_PROXY: 'http://a', https_proxy: 'http://b' }, 'https_proxy', 'http://b/'],
    [{ HTTPS_PROXY: 'http://a', https_proxy: '' }, 'HTTPS_PROXY', 'http://a/'],
  ] as const) {
    it(`is ${url} by ${JSON.stringify(env)}`, () => {
      const proxy = proxyOf(env);
      expect([proxy?.variable, proxy?.env]).to.deep.equal([variable, { https_proxy: url }]);
    });
  }

  it('is none where none is set, and has exceptions', () => {
    expect(proxyOf({ HTTP_PROXY: 'http://a', HTTPS_PROXY: '' })).to.equal(undefined);
    expect(proxyOf({ HTTPS_PROXY: 'http://a', NO_PROXY: 'b,.c' })?.env).to.include({ no_proxy: 'b,.c' });
  });

  it('is refused where it is no HTTP proxy, without repeating what may be a password', () => {
    for (const address of [
      'socks5://a:hunter2@b',
      'http://',
      'http://a:hunter2%zz@b',
      'http://a:hunter2@b c',
    ])
      expect(() => proxyOf({ HTTPS_PROXY: address }), address)
        .to.throw(Failure, 'HTTPS_PROXY is not the address of an HTTP proxy')
        .with.property('message')
        .that.does.not.contain('hunter2');
  });

  it('is named with the Node.js that is too old for it', async () => {
    const call = () => Promise.reject(new HttpsError('unreachable', 'a cannot be reached (ENOTFOUND)'));
    const proxying = { proxy: proxyOf({ HTTPS_PROXY: 'http://a:3128' }), knowsProxies: () => false };
    const error: unknown = await createFetch(
      { call },
      proxying,
    )('https://a').catch((thrown: unknown) => thrown);
    expect(error)
      .to.be.instanceOf(Failure)
      .with.property('next', 'This Node.js does not use HTTPS_PROXY: that needs 22.21, 24.5 or newer.');
  });
});
