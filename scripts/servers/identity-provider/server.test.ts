/** The development identity provider: bearers, discovery, sign-in without a browser. */

import { spawn } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createHttpsClient, fetchOver, type HttpsClient } from '#platform/https-client.ts';
import type { TlsMaterial } from '#platform/tls-files.ts';
import { expect } from 'chai';
import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  decodeProtectedHeader,
  jwtVerify,
  type JWTVerifyGetKey,
} from 'jose';

import { testCertificates } from '../../../test/certificates.ts';
import { createPeople } from '../../dev/kubernetes/oidc.ts';
import { isJsonObject, type JsonObject } from '#envelope/json.ts';
import { speakAs, startTestStandIn } from '../../dev/kubernetes/testing.ts';
import { startIdentityProvider, type IdentityProvider } from './server.ts';
import { testFolder } from '../../../test/folder.ts';

const audience = 'twofold-console';

function json(body: Buffer): JsonObject {
  const parsed: unknown = JSON.parse(body.toString());
  if (!isJsonObject(parsed)) throw new Error('not an object');
  return parsed;
}

/** Follows redirects and keeps cookies, as a browser does. */
function createBrowser(client: HttpsClient, origin: string) {
  const cookies = new Map<string, string>();
  return async (
    method: string,
    url: string,
    form?: Record<string, string>,
  ): Promise<{ url: string; text: string }> => {
    let [verb, target, body] = [method, new URL(url, origin), form];
    for (;;) {
      if (target.origin !== origin) return { url: target.href, text: '' };
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await client.call({
        method: verb,
        url: target.href,
        headers: {
          cookie,
          ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        },
        body: body === undefined ? undefined : new URLSearchParams(body).toString(),
        timeoutMs: 5000,
        maxResponseBytes: 1_000_000,
      });
      for (const one of [answer.headers['set-cookie'] ?? []].flat()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(one) ?? [];
        cookies.set(name, value);
      }
      const { location } = answer.headers;
      if (typeof location !== 'string') return { url: target.href, text: answer.body.toString() };
      [verb, target, body] = ['GET', new URL(location, target), undefined];
    }
  };
}

describe('development identity provider', () => {
  let tls: TlsMaterial;
  let provider: IdentityProvider;
  let client: HttpsClient;
  let keys: JWTVerifyGetKey;

  const call = async (method: string, path: string, form?: Record<string, string>) => {
    return client.call({
      method,
      url: provider.issuer + path,
      headers: form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' },
      body: form === undefined ? undefined : new URLSearchParams(form).toString(),
      timeoutMs: 5000,
      maxResponseBytes: 1_000_000,
    });
  };

  before(async () => {
    tls = (await testCertificates()).leaf('console');
    provider = await startIdentityProvider({ host: '127.0.0.1', port: 0, tls, audience });
    client = createHttpsClient({ ca: tls.ca });
    const { jwks_uri: uri } = json((await call('GET', '/.well-known/openid-configuration')).body);
    const fetch = fetchOver(client, { timeoutMs: 5000, maxResponseBytes: 1_000_000 });
    keys = createRemoteJWKSet(new URL(String(uri)), { [customFetch]: fetch });
  });

  after(async () => {
    client.close();
    await provider.close();
  });

  it("mints bearers that verify against the issuer's discovered keys and last 24 hours", async () => {
    const { payload, protectedHeader } = await jwtVerify(await provider.bearer('alice'), keys, {
      issuer: provider.issuer,
      audience,
      typ: 'at+jwt',
    });
    expect(protectedHeader).include({ alg: 'RS256' });
    expect(payload).include({
      sub: 'alice',
      preferred_username: 'alice',
      email: 'alice@example.org',
      email_verified: true,
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).equal(24 * 3600);
  });

  it('signs whatever a test needs to have refused', async () => {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: 'https://elsewhere.example',
      sub: 'alice',
      aud: 'other',
      iat: now - 10,
      exp: now - 5,
    };
    const token = await provider.forge(claims, { typ: 'JWT' });
    expect(decodeJwt(token)).deep.equal(claims);
    expect(decodeProtectedHeader(token).typ).equal('JWT');
  });

  it('is accepted by the stand-in for an API server, which refuses other audiences and expired tokens', async () => {
    const oidc = { issuer: provider.issuer, ca: tls.ca, audience };
    const server = await startTestStandIn({ oidc });
    const now = Math.floor(Date.now() / 1000);
    const good = {
      iss: provider.issuer,
      sub: 'bob',
      email: 'bob@example.org',
      aud: audience,
      iat: now,
      exp: now + 60,
    };
    const ask = async (token: string): Promise<number> => {
      const speak = speakAs(server, token);
      const { status } = await speak('GET', '/api/v1/namespaces/team/pods');
      speak.close();
      return status;
    };
    try {
      expect(await ask(await provider.bearer('bob'))).equal(200);
      expect(await ask(await provider.forge(good))).equal(200);
      expect(await ask(await provider.forge({ ...good, aud: 'other' }))).equal(401);
      expect(await ask(await provider.forge({ ...good, exp: now - 60 }))).equal(401);
      expect(await ask(await provider.forge({ ...good, iss: 'https://elsewhere.example' }))).equal(401);
    } finally {
      await server.close();
    }
  });

  it('names users by their address', async () => {
    const people = createPeople({ issuer: provider.issuer, ca: tls.ca, audience });
    const user = await people.authenticate(await provider.bearer('carol'));
    people.close();
    expect(user?.username).equal('carol@example.org');
  });

  it('signs a device in: a code in the terminal, a name in the browser', async () => {
    const started = json(
      (await call('POST', '/device/auth', { client_id: 'twofold-cli', scope: 'openid profile' })).body,
    );
    const browse = createBrowser(client, provider.issuer);
    const hidden = (text: string): string => /name="xsrf" value="([^"]+)"/.exec(text)?.[1] ?? '';
    const code = { user_code: String(started['user_code']) };
    const entry = await browse('GET', '/device');
    const asked = await browse('POST', '/device', { xsrf: hidden(entry.text), ...code });
    expect(asked.text).contain(code.user_code);
    const login = await browse('POST', '/device', { xsrf: hidden(asked.text), ...code, confirm: 'yes' });
    expect(login.url).contain('/interaction/');
    const done = await browse('POST', login.url, { username: 'dora' });
    expect(done.text).contain('You can close this page');
    const answer = await call('POST', '/token', {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      client_id: 'twofold-cli',
      device_code: String(started['device_code']),
    });
    const tokens = json(answer.body);
    expect(decodeJwt(String(tokens['access_token']))).include({ sub: 'dora', aud: audience });
    expect(decodeJwt(String(tokens['id_token']))).include({ sub: 'dora', preferred_username: 'dora' });
  });

  it('sends a terminal its code at any loopback port', async () => {
    const query = new URLSearchParams({
      client_id: 'twofold-cli',
      response_type: 'code',
      redirect_uri: 'http://127.0.0.1:45678/callback',
      scope: 'openid',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
    const browse = createBrowser(client, provider.issuer);
    const login = await browse('GET', `/auth?${query.toString()}`);
    expect(login.text).contain('Development sign-in');
    const back = new URL((await browse('POST', login.url, { username: 'erik' })).url);
    expect(back.origin).equal('http://127.0.0.1:45678');
    const answer = await call('POST', '/token', {
      grant_type: 'authorization_code',
      client_id: 'twofold-cli',
      code: back.searchParams.get('code') ?? '',
      redirect_uri: 'http://127.0.0.1:45678/callback',
      code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
    });
    expect(decodeJwt(String(json(answer.body)['access_token']))).include({ sub: 'erik', aud: audience });
  });

  it('runs as a process: one JSON line, bearers in private files, ends on SIGTERM', async () => {
    const folder = testFolder('provider');
    writeFileSync(join(folder, 'tls.crt'), tls.cert);
    writeFileSync(join(folder, 'tls.key'), tls.key, { mode: 0o600 });
    const file = join(folder, 'alice');
    const entry = new URL('./main.ts', import.meta.url).pathname;
    const args = [entry, '--tls-dir', folder, '--audience', audience, '--bearer', `alice=${file}`];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const line = await new Promise<string>((resolve, reject) => {
        child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()));
        child.once('exit', () => reject(new Error('it ended')));
      });
      const { listening } = JSON.parse(line) as { listening: { issuer: string } }; // its own output
      expect(statSync(file).mode & 0o777).equal(0o600);
      expect(decodeJwt(readFileSync(file, 'utf8'))).include({ sub: 'alice', iss: listening.issuer });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      expect(await ended).equal(0);
    } finally {
      child.kill('SIGKILL');
    }
  });
});
