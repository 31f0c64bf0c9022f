import { expect } from 'chai';
import { once } from 'node:events';
import { Server } from 'node:http';
import { connect } from 'node:net';
import * as oidc from 'openid-client';
import { listenOnLoopback, loginByBrowser } from './browser.ts';

/** The status line of the response to a request for this target, whatever it is. */
async function statusLine(redirectUri: string, target: string): Promise<string> {
  const { hostname, port } = new URL(redirectUri);
  const socket = connect(Number(port), hostname).setEncoding('latin1');
  socket.write(`GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
  const [text] = (await once(socket, 'data')) as [string];
  socket.destroy();
  return text.split('\r\n')[0] ?? '';
}

/** Of a machine without this address. */
function serverWithout(missing: string): Server {
  return new (class extends Server {
    // Only the form that `listenOnLoopback` calls.
    override listen(...[port, host]: unknown[]): this {
      if (host !== missing) return super.listen(Number(port), String(host));
      process.nextTick(() =>
        this.emit('error', Object.assign(new Error(missing), { code: 'EADDRNOTAVAIL' })),
      );
      return this;
    }
  })();
}

describe('the login by browser', () => {
  it('waits on 127.0.0.1, or on ::1 where there is no other', async () => {
    for (const [missing, expected] of [
      ['::1', /^http:\/\/127\.0\.0\.1:\d+\/callback$/],
      ['127.0.0.1', /^http:\/\/\[::1\]:\d+\/callback$/],
    ] as const) {
      const server = serverWithout(missing);
      try {
        const uri = await listenOnLoopback(server);
        expect(uri).to.match(expected);
        server.on('request', (_request, response) => response.end('here'));
        expect(await (await fetch(uri)).text()).to.equal('here');
      } finally {
        server.close();
        server.closeAllConnections();
      }
    }
  });

  it('keeps waiting whatever else arrives at its port', async () => {
    const issuer = 'https://id.example';
    const provider = new oidc.Configuration({ issuer, authorization_endpoint: `${issuer}/a` }, 'cli');
    let told: (url: URL) => void = () => undefined;
    const asked = new Promise<URL>((resolve) => (told = resolve));
    const login = loginByBrowser(
      provider,
      { issuer, clientId: 'cli' },
      { scope: 'openid', env: { BROWSER: 'true' }, show: ([, url]) => told(new URL(url ?? '')) },
    ).catch((error: unknown) => error);
    const { searchParams } = await asked;
    const redirectUri = searchParams.get('redirect_uri') ?? '';
    for (const target of ['//', 'http://[', '/callback', '/'])
      expect(await statusLine(redirectUri, target), target).to.contain('404');
    const state = searchParams.get('state') ?? '';
    expect(await statusLine(redirectUri, `/callback?state=${state}&error=access_denied`)).to.contain('200');
    expect(await login).to.be.instanceOf(Error);
  });
});
