import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { byKid } from '#envelope/cipher.ts';
import { verifyGrant } from '#envelope/grant.ts';
import { ed25519Verifier, rsaRecipient } from '#envelope/node-cipher.ts';
import { parseEnvelope } from '#envelope/outer/layout.ts';
import { createHttpsClient, type ClientTls, type HttpsAnswer } from '#platform/https-client.ts';
import { parseProblem } from '#platform/problem.ts';
import { build } from '../scripts/build.ts';
import { failureOf } from '../test/refusal.ts';
import { stranger } from '../test/stranger.ts';
import { CLUSTER, createMaterial, place, sessionId, tokenOf } from './testing/material.ts';
import { healthStatus, install, startService, type Installation, type Service } from './testing/service.ts';

const material = createMaterial();
let installation: Installation;
let bundle: string;
const started: Service[] = [];

async function start(env: Record<string, string> = {}): Promise<Service> {
  const service = await startService([process.execPath, bundle], { ...installation.env, ...env });
  started.push(service);
  return service;
}

type Caller = Parameters<Installation['clientTls']>[0];
interface Call {
  readonly service: Service;
  readonly path?: string;
  readonly body: string;
  readonly as?: Caller;
  readonly tls?: ClientTls;
}

async function call({
  service,
  path = '/v1/unwrap',
  body,
  as = 'webhook-unwrap',
  tls,
}: Call): Promise<HttpsAnswer> {
  const client = createHttpsClient(tls ?? installation.clientTls(as));
  try {
    return await client.call({
      method: 'POST',
      url: `${service.url}${path}`,
      body,
      timeoutMs: 10_000,
      maxResponseBytes: 8_000_000,
      headers: { 'content-type': 'application/json' },
    });
  } finally {
    client.close();
  }
}

async function codeOf(asked: Call): Promise<string | undefined> {
  return parseProblem((await call(asked)).body)?.code;
}

async function unwrapBody(names: readonly string[]): Promise<string> {
  return JSON.stringify({
    ticket: await material.ticket(names),
    sid: sessionId(),
    place,
    envelopes: await Promise.all(names.map((name) => material.seal(name))),
  });
}

interface Unwrapped {
  readonly tokens: readonly { readonly name: string; readonly token: string }[];
  readonly grant: string;
}
function parse(answer: HttpsAnswer): unknown {
  return JSON.parse(answer.body.toString());
}

describe('the keyservice', function () {
  this.timeout(30_000);

  let service: Service;

  before(async () => {
    const [built] = await build({ names: ['keyservice'] });
    bundle = built?.file ?? '';
    installation = await install(material);
    service = await start({ TWOFOLD_WORKERS: '2' });
  });

  after(() => {
    for (const { child } of started) child.kill('SIGKILL');
  });

  it('unwraps for the webhook, with a grant that the grant key alone verifies', async () => {
    const names = Array.from({ length: 40 }, (_, at) => `s${at}`);
    const answer = await call({ service, body: await unwrapBody(names) });
    expect(answer.status).to.equal(200);
    const { tokens, grant } = parse(answer) as Unwrapped;
    expect(tokens.map(({ name, token }) => [name, token])).to.deep.equal(
      names.map((name) => [name, tokenOf(name)]),
    );
    const verifiers = byKid([ed25519Verifier(material.grantKey.publicJwk)]);
    expect(await verifyGrant(grant, { verifiers, audience: CLUSTER })).to.include({ ok: true });
  });

  it('rewraps for the console', async () => {
    const envelope = await material.seal('a', { to: material.envelopeKeys[1] });
    const body = JSON.stringify({ envelopes: [envelope] });
    const answer = await call({ service, path: '/v1/rewrap', as: 'console-rewrap', body });
    const { envelopes } = parse(answer) as { envelopes: { envelope: string }[] };
    const { header } = parseEnvelope(envelopes[0]?.envelope ?? '');
    const { kid } = rsaRecipient(material.envelopeKeys[0].publicJwk);
    expect(header).to.deep.equal({ ...parseEnvelope(envelope).header, kid });
  });

  it('keeps many concurrent calls apart', async () => {
    const lists = Array.from({ length: 24 }, (_, at) => [`a${at}`, `b${at}`, `c${at}`, `d${at}`, `e${at}`]);
    const answers = await Promise.all(
      lists.map(async (names) => parse(await call({ service, body: await unwrapBody(names) })) as Unwrapped),
    );
    expect(answers.map(({ tokens }) => tokens.map(({ token }) => token))).to.deep.equal(
      lists.map((names) => names.map(tokenOf)),
    );
  });

  it('lets each client do only what it is allowed to', async () => {
    const body = await unwrapBody(['a']);
    for (const as of ['webhook-resolve', 'console-rewrap', 'apiserver-webhook'] as const)
      expect(await codeOf({ service, body, as })).to.equal('client_not_allowed');
    for (const as of ['webhook-resolve', 'webhook-unwrap', 'apiserver-webhook'] as const)
      expect(await codeOf({ service, path: '/v1/rewrap', body: '{}', as })).to.equal('client_not_allowed');
  });

  it('hangs up on a client without a certificate, or with one from another root', async () => {
    const body = await unwrapBody(['a']);
    const { ca } = installation.clientTls('webhook-unwrap');
    expect(await failureOf(call({ service, body, tls: { ca } }))).to.include({ code: 'unreachable' });
    const strange = { ca, ...stranger('webhook-unwrap') };
    expect(await failureOf(call({ service, body, tls: strange }))).to.include({ code: 'unreachable' });
  });

  it('refuses a body over 2 MiB, and bodies that are deep, truncated or not JSON', async () => {
    expect(await codeOf({ service, body: `"${'x'.repeat(2 * 1024 * 1024)}"` })).to.equal('body_too_large');
    const whole = await unwrapBody(['a']);
    const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
    const deepInside = whole.replace(/"envelopes":.*/, `"envelopes":${deep}}`);
    for (const body of [deep, deepInside, whole.slice(0, -5), '', 'null', '[]', '"x"', '\u0000'])
      expect(await codeOf({ service, body })).to.equal('body_malformed');
  });

  it('is live and ready while a real envelope goes through the pool and back', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics'])
      expect(await healthStatus(service.healthPort, path)).to.equal(200);
  });

  it('writes no token, ticket or key to its log and audit trail', async () => {
    await call({ service, body: await unwrapBody(['quiet']) });
    const said = service.output() + readFileSync(installation.auditFile, 'utf8');
    expect(said).to.contain('"nam":"quiet"');
    const secrets = material.envelopeKeys.flatMap(({ privateJwk }) => [privateJwk['d'], privateJwk['p']]);
    for (const hidden of [
      tokenOf('quiet'),
      'inner-token',
      'eyJhbGci',
      ...secrets,
      material.grantKey.privateJwk['d'],
    ])
      expect(said).not.to.contain(hidden);
  });

  it('releases nothing when the audit file cannot be written', async () => {
    const service = await start({ TWOFOLD_AUDIT_FILE: '/dev/full', TWOFOLD_WORKERS: '1' });
    const answer = await call({ service, body: await unwrapBody(['a']) });
    expect(answer.status).to.equal(503);
    expect(answer.headers['retry-after']).to.equal('1');
    expect(answer.body.toString()).not.to.contain(tokenOf('a'));
    expect(parseProblem(answer.body)?.code).to.equal('audit_unavailable');
  });

  it('tells callers to try again when too much is waiting, and answers the others', async () => {
    const service = await start({ TWOFOLD_QUEUE_LIMIT: '256', TWOFOLD_WORKERS: '1' });
    const body = await unwrapBody(Array.from({ length: 250 }, (_, at) => `s${at}`));
    const answers = await Promise.all(Array.from({ length: 8 }, () => call({ service, body })));
    const codes = answers.map(({ status, body: said }) => (status === 200 ? 'ok' : parseProblem(said)?.code));
    expect(new Set(codes)).to.deep.equal(new Set(['ok', 'busy']));
  });

  it('finishes what is in progress when it is told to stop, and accepts nothing new', async () => {
    const service = await start({ TWOFOLD_WORKERS: '1' });
    const body = await unwrapBody(Array.from({ length: 200 }, (_, at) => `s${at}`));
    const underWay = call({ service, body });
    const asked = /"outcome":"asked"/g;
    const before = readFileSync(installation.auditFile, 'utf8').match(asked)?.length ?? 0;
    while ((readFileSync(installation.auditFile, 'utf8').match(asked)?.length ?? 0) === before)
      await new Promise(setImmediate);
    service.child.kill('SIGTERM');
    expect((await underWay).status).to.equal(200);
    expect(await service.ended).to.equal(0);
    expect(await failureOf(call({ service, body }))).to.include({ code: 'unreachable' });
  });

  it('does not start with bad settings, and names each of them without showing a key', async () => {
    const env = {
      TWOFOLD_WORKERS: '0',
      TWOFOLD_CLUSTR: 'x',
      TWOFOLD_GRANT_SIGNING_KEYS_FILE: installation.env['TWOFOLD_ENVELOPE_PRIVATE_KEYS_FILE'] ?? '',
    };
    const { message } = await failureOf(start(env));
    expect(message).to.contain('ended with 78');
    expect(message).to.contain('TWOFOLD_WORKERS must be a whole number');
    expect(message).to.contain('TWOFOLD_CLUSTR is not a setting');
    expect(message).to.contain('key 1 is not an Ed25519 private key');
    expect(message).not.to.contain(material.envelopeKeys[0].privateJwk['d']);
  });

  it('does not start with a grant key that also verifies tickets, and names both settings', async () => {
    const file = join(installation.dir, 'both.json');
    writeFileSync(
      file,
      JSON.stringify({ keys: [material.ticketKey.publicJwk, material.grantKey.publicJwk] }),
    );
    const { message } = await failureOf(start({ TWOFOLD_TICKET_PUBLIC_KEYS_FILE: file }));
    expect(message).to.contain('ended with 78');
    expect(message)
      .to.contain('TWOFOLD_GRANT_SIGNING_KEYS_FILE')
      .and.to.contain('TWOFOLD_TICKET_PUBLIC_KEYS_FILE');
    expect(message).to.contain('each use needs keys of its own');
  });
});
