import { expect } from 'chai';
import { byKid } from '#envelope/cipher.ts';
import { decodeBase64url } from '#envelope/base64url.ts';
import { signGrant } from '#envelope/grant.ts';
import { openInner } from '#envelope/inner/open.ts';
import { sealInner } from '#envelope/inner/seal.ts';
import { parseOwnerId, parseSecretId, parseSecretName, parseSessionId } from '#envelope/names.ts';
import { ed25519Signer, nodeCipher, rsaRecipient } from '#envelope/node-cipher.ts';
import { rsaIdentity, rsaPrivateKey } from '#envelope/node-private.ts';
import { parseEnvelope } from '#envelope/outer/layout.ts';
import { openOuter } from '#envelope/outer/open.ts';
import { sealOuter } from '#envelope/outer/seal.ts';
import { ed25519Pair } from '../../test/keys.ts';
import { callJson, refusal, type ApiClient, type Reply } from '../testing/api-client.ts';
import { later, onEachDatabase } from '../testing/console.ts';
import { podPath } from '../testing/kubernetes.ts';
import {
  admit,
  admitAndClaim,
  claim,
  grantClaims,
  grantFor,
  NAMESPACE,
  openNewSession,
  openSession,
  ticketFor,
  type AdmitOptions,
  type ResolvedSession,
} from '../testing/session.ts';

onEachDatabase('claim', (running) => {
  let alice: ApiClient;
  let ticket: string;
  let session: ResolvedSession;

  /** Opens both layers as keyservice and init container do. */
  const open = async ({ envelope }: { envelope: string }, key: string): Promise<string> => {
    const identity = rsaIdentity(rsaPrivateKey(running().keys.envelope.privateJwk));
    const token = await openOuter(nodeCipher, byKid([identity]), parseEnvelope(envelope));
    return Buffer.from(await openInner(nodeCipher, decodeBase64url(key, 'key'), token)).toString();
  };
  const refusedFor = async (options: AdmitOptions): Promise<[number, string]> =>
    refusal(await admitAndClaim(running(), session, options));

  beforeEach(async () => {
    ({ alice, ticket, session } = await openNewSession(running()));
  });

  it('answers with the keys that open the session’s secrets, and with nothing else', async () => {
    const { status, json, text } = await admitAndClaim(running(), session);
    expect(status).to.equal(200);
    expect(Object.keys(JSON.parse(text) as object)).to.deep.equal(['keys']);
    expect(json.keys.map(({ id }) => id)).to.deep.equal(session.secrets.map(({ id }) => id));
    for (const [index, secret] of session.secrets.entries()) {
      expect(await open(secret, json.keys[index]!.key)).to.equal(`value of ${secret.name}`);
    }
  });

  it('answers with the key of what a client sealed for itself', async () => {
    const offer = (await alice.call('post', '/secrets/mine/sealing')).json;
    const [key, salt] = [offer.innerKey, offer.salt].map((text) => decodeBase64url(text, 'bytes'));
    const inner = await sealInner(nodeCipher, {
      key: key!,
      plaintext: Buffer.from('by hand'),
      nowSeconds: 1,
    });
    const header = {
      ownerId: parseOwnerId(offer.ownerId)!,
      secretId: parseSecretId(offer.secretId)!,
      salt: salt!,
      name: parseSecretName('mine')!,
      version: offer.version,
      gen: offer.gen,
    };
    const envelope = await sealOuter(nodeCipher, rsaRecipient(offer.publicKey), header, inner);
    await alice.call('post', '/secrets', { body: { name: 'mine', envelope, size: 7, envSafe: true } });
    const own = await ticketFor(alice, { secrets: ['mine'] });
    const opened = await openSession(running(), { ticket: own, names: ['mine'] });
    const { json } = await admitAndClaim(running(), opened);
    expect(await open(opened.secrets[0]!, json.keys[0]!.key)).to.equal('by hand');
  });

  it('gives a grant of fewer secrets fewer keys', async () => {
    const part = { ...session, secrets: session.secrets.slice(1) };
    const { token } = admit(running(), session);
    const { json } = await claim(running(), { grant: await grantFor(running(), part), token });
    expect(json.keys.map(({ id }) => id)).to.deep.equal([session.secrets[1]!.id]);
  });

  it('refuses a grant that the keyservice did not sign for this cluster', async () => {
    const { token } = admit(running(), session);
    const good = await grantFor(running(), session);
    const other = await signGrant(ed25519Signer(ed25519Pair().privateJwk), grantClaims(session));
    const cases: [string, unknown][] = [
      ['grant_malformed', 'x'],
      ['grant_malformed', good.slice(0, -4)],
      ['grant_malformed', ticket],
      ['grant_unknown_key', other],
      ['grant_not_authentic', `${good.slice(0, -8)}AAAAAAAA`],
      ['grant_not_authentic', await grantFor(running(), session, { iss: 'somebody' })],
      ['grant_wrong_audience', await grantFor(running(), session, { aud: 'another-cluster' })],
    ];
    for (const [code, grant] of cases) {
      // A ticket is signed by the console's key, which is not one of the keyservice's.
      const expected = grant === ticket ? 'grant_unknown_key' : code;
      expect(refusal(await claim(running(), { grant, token })), code).to.deep.equal([403, expected]);
    }
    expect(refusal(await claim(running(), { grant: 7, token }))).to.deep.equal([400, 'body_malformed']);
  });

  it('refuses a grant without a row, or one that differs from its row', async () => {
    const { token } = admit(running(), session);
    const refused = async (changed: object): Promise<[number, string]> =>
      refusal(await claim(running(), { grant: await grantFor(running(), session, changed), token }));
    expect(await refused({ sid: parseSessionId('0'.repeat(32))! })).to.deep.equal([403, 'session_unknown']);
    const { secrets } = grantClaims(session);
    const other = parseOwnerId('00000000-0000-4000-8000-000000000001')!;
    const { place } = session;
    const more = {
      own: other,
      id: parseSecretId('00000000-0000-4000-8000-000000000000')!,
      ver: 1,
      nam: parseSecretName('c')!,
    };
    const bob = await openSession(running(), { ticket: await ticketFor(alice) });
    const differing: object[] = [
      { jti: grantClaims(bob).jti },
      { sub: other },
      { place: { ...place, ns: 'other' } },
      { place: { ...place, sa: 'other' } },
      { secrets: [...secrets, more] },
      { secrets: [{ ...secrets[0]!, own: other }] },
      { secrets: [{ ...secrets[0]!, id: more.id }] },
      { secrets: [{ ...secrets[0]!, ver: 2 }] },
      { secrets: [{ ...secrets[0]!, nam: parseSecretName('b')! }] },
    ];
    for (const changed of differing) {
      expect(await refused(changed), JSON.stringify(changed)).to.deep.equal([403, 'session_differs']);
    }
  });

  it('refuses if the ticket was revoked, or a secret was deleted or has expired', async () => {
    await alice.call('put', '/secrets/b', {
      body: { value: 'v', expiresAt: new Date(Date.now() + 60_000).toISOString() },
    });
    const expired = await later(running(), 61_000, () => admitAndClaim(running(), session));
    expect(refusal(expired)).to.deep.equal([403, 'secret_expired']);
    await alice.call('delete', '/secrets/a');
    await alice.call('post', '/secrets', { body: { name: 'a', value: 'another' } });
    const deleted = await admitAndClaim(running(), session);
    expect(refusal(deleted), 'a new secret of that name is a different one').to.deep.equal([
      403,
      'secret_deleted',
    ]);
    expect(deleted.json.detail).to.contain('secret a');
    await alice.call('delete', `/tickets/${grantClaims(session).jti}`);
    expect(await refusedFor({})).to.deep.equal([403, 'ticket_revoked']);
  });

  it('refuses a token that is missing, unknown, or for another audience', async () => {
    const grant = await grantFor(running(), session);
    expect(refusal(await claim(running(), { grant, token: undefined }))).to.deep.equal([
      401,
      'token_rejected',
    ]);
    expect(refusal(await claim(running(), { grant, token: 'x' }))).to.deep.equal([401, 'token_rejected']);
    const audience = `twofold:${'0'.repeat(32)}`;
    expect(await refusedFor({ audience })).to.deep.equal([401, 'token_rejected']);
  });

  it('refuses a token that is not bound to a pod, or is of another account or namespace', async () => {
    expect(await refusedFor({ unbound: true })).to.deep.equal([403, 'token_not_pod_bound']);
    expect(await refusedFor({ serviceAccount: 'other' })).to.deep.equal([403, 'token_other_account']);
    expect(await refusedFor({ namespace: 'other' })).to.deep.equal([403, 'token_other_account']);
  });

  it('refuses a pod that the ticket is not for', async () => {
    const narrow = await ticketFor(alice, { pod: 'train-*' });
    const narrowed = await openSession(running(), { ticket: narrow, pod: { generateName: 'train-' } });
    const other = await admitAndClaim(running(), narrowed, { name: 'serve-1' });
    expect(refusal(other)).to.deep.equal([403, 'pod_not_in_ticket']);
    const { pod: _pod, ...wider } = grantClaims(narrowed);
    const grant = await signGrant(ed25519Signer(running().keys.grant.privateJwk), wider);
    const { token } = admit(running(), narrowed, { name: 'serve-1' });
    const widened = await claim(running(), { grant, token });
    expect(refusal(widened), 'whatever the grant leaves out').to.deep.equal([403, 'pod_not_in_ticket']);
    expect((await admitAndClaim(running(), narrowed, { name: 'train-1' })).status).to.equal(200);
  });

  it('refuses a pod with a name other than the webhook read, whatever else matches', async () => {
    const { ns, sa, by } = session.place;
    const named = await openSession(running(), { ticket, names: ['a', 'b'], pod: { name: 'nb-7' } });
    const other = await admitAndClaim(running(), named, { name: 'nb-8' });
    expect(refusal(other)).to.deep.equal([403, 'pod_not_in_grant']);
    expect(other.json.detail).to.contain('nb-7').and.contain('nb-8');
    expect((await admitAndClaim(running(), named, { name: 'nb-7' })).status).to.equal(200);
    const generated = { ...session, place: { ns, sa, by, generateName: 'train-' } };
    const strange = await admitAndClaim(running(), generated, { name: 'nb-0' });
    expect(refusal(strange)).to.deep.equal([403, 'pod_not_in_grant']);
    expect((await admitAndClaim(running(), generated, { name: 'train-x7k2p' })).status).to.equal(200);
  });

  it('refuses a pod that is not there, or not as it was admitted', async () => {
    const { token } = admit(running(), session, { name: 'nb-gone' });
    running().kubernetes.pods.delete(podPath(NAMESPACE, 'nb-gone'));
    const grant = await grantFor(running(), session);
    expect(refusal(await claim(running(), { grant, token }))).to.deep.equal([403, 'pod_not_found']);
    const secrets = { 'twofold.dev/secrets': 'a,b' };
    const whole = { ...secrets, 'twofold.dev/ticket': ticket };
    const differing: AdmitOptions[] = [
      { tokenUid: '00000000-0000-4000-8000-000000000000' },
      { labels: {} },
      { labels: { 'twofold.dev/session': '0'.repeat(32) } },
      { annotations: {} },
      { annotations: { ...whole, 'twofold.dev/secrets': 'a' } },
      { annotations: { ...whole, 'twofold.dev/secrets': 'a,b,c' } },
      { annotations: { ...whole, 'twofold.dev/secrets': 'a b' } },
      { annotations: { ...whole, 'twofold.dev/env': 'C=c' } },
      { annotations: secrets },
      { annotations: { ...secrets, 'twofold.dev/ticket': `${ticket}x` } },
    ];
    for (const options of differing) {
      expect(await refusedFor(options), JSON.stringify(options)).to.deep.equal([403, 'pod_differs']);
    }
    const env = { ...whole, 'twofold.dev/secrets': 'a,a=other/a', 'twofold.dev/env': 'A=a,B=b' };
    expect((await admitAndClaim(running(), session, { annotations: env })).status).to.equal(200);
  });

  it('answers 503 while Kubernetes does not answer, and binds nothing', async () => {
    running().kubernetes.failWith = 500;
    try {
      const reply = await admitAndClaim(running(), session);
      expect(refusal(reply)).to.deep.equal([503, 'kubernetes_unavailable']);
      expect(reply.headers['retry-after']).to.equal('1');
    } finally {
      running().kubernetes.failWith = undefined;
    }
    expect((await admitAndClaim(running(), session, { name: 'nb-1' })).status).to.equal(200);
  });

  it('shows the owner who claimed, and who was refused', async () => {
    await admitAndClaim(running(), session);
    await admitAndClaim(running(), session, { name: 'nb-1' });
    const [refused, claimed] = (await alice.call('get', '/audit?limit=2')).json.items;
    const actor = `system:serviceaccount:${NAMESPACE}:default`;
    const { sid } = session;
    expect(claimed).to.include({ action: 'claim', outcome: 'done', pod: 'nb-0', actor, sid });
    expect(claimed?.names).to.deep.equal(['a', 'b']);
    expect(refused).to.include({
      action: 'claim',
      code: 'session_bound_to_another_pod',
      pod: 'nb-1',
      actor,
      sid,
    });
  });

  it('accepts nothing but its own shape', async () => {
    const url = `${running().urlOf('claim')}/internal/v1/claim`;
    const post = (options: object): Promise<Reply> =>
      callJson(running().client, { method: 'POST', url }, options);
    const headers = { authorization: 'Bearer x' };
    expect(refusal(await post({ headers, body: { grant: 'x', user: 'y' } }))).to.deep.equal([
      400,
      'body_malformed',
    ]);
    expect(refusal(await post({ headers, raw: 'x'.repeat(140_000) }))).to.deep.equal([413, 'body_too_large']);
    expect(refusal(await callJson(running().client, { method: 'GET', url }))).to.deep.equal([
      405,
      'method_not_allowed',
    ]);
  });
});
