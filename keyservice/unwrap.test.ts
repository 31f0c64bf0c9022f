import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { decodeBase64url, encodeBase64url } from '#envelope/base64url.ts';
import { byKid } from '#envelope/cipher.ts';
import { verifyGrant } from '#envelope/grant.ts';
import { ed25519Signer, ed25519Verifier } from '#envelope/node-cipher.ts';
import { parseEnvelope } from '#envelope/outer/layout.ts';
import type { Place } from '#envelope/place.ts';
import { parsePodPattern, type PodPattern } from '#envelope/pod.ts';
import { signTicket, type Ticket } from '#envelope/ticket.ts';
import { ed25519Pair, rsaPair } from '../test/keys.ts';
import { fc } from '../test/properties.ts';
import { createCore, GRANT_LIFE_SECONDS, type Core, type CoreOptions } from './testing/core.ts';
import { CLUSTER, createMaterial, ownerId, place, secretId, sessionId, tokenOf } from './testing/material.ts';

const material = createMaterial();
function now(): number {
  return Math.floor(Date.now() / 1000);
}
function names(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `secret-${at}`);
}
function sealAll(list: readonly string[]): Promise<string[]> {
  return Promise.all(list.map((name) => material.seal(name)));
}

interface Asked {
  readonly ticket?: string;
  readonly where?: Place;
  readonly envelopes?: readonly string[];
  readonly options?: CoreOptions;
}

async function ask({
  ticket,
  where,
  envelopes,
  options,
}: Asked): Promise<{ core: Core; code: string; detail: string }> {
  const core = createCore(material, options);
  const outcome = await core.unwrap({
    client: 'webhook-unwrap',
    ticket: ticket ?? (await material.ticket(['a', 'b'])),
    sid: sessionId(),
    place: where ?? place,
    envelopes: envelopes ?? (await sealAll(['a', 'b'])),
  });
  return outcome.ok
    ? { core, code: 'ok', detail: '' }
    : { core, code: outcome.refusal.code, detail: outcome.refusal.detail };
}

/** The refusal's code, and that nothing was opened before it. */
async function refusedUnopened(asked: Asked): Promise<string> {
  const { core, code } = await ask(asked);
  expect(core.runs()).to.equal(0);
  expect(core.lines.at(-1)).to.include({ outcome: code });
  return code;
}

describe('unwrap', () => {
  it('accepts a ticket with white space around it', async () => {
    const room = '\n'.repeat(150_000); // more than a ticket may have
    for (const [before, after] of [
      ['', '\n'],
      [' \t', '\r\n\r\n'],
      ['\uFEFF', '\u00A0'],
      [room, room],
    ]) {
      const ticket = `${before ?? ''}${await material.ticket(['a', 'b'])}${after ?? ''}`;
      expect((await ask({ ticket })).code).to.equal('ok');
    }
    const inside = (await material.ticket(['a', 'b'])).replace('.', '.\n');
    expect(await refusedUnopened({ ticket: inside })).to.equal('ticket_not_authentic');
  });

  it('returns the inner tokens in the order of the envelopes, and a grant for exactly these', async () => {
    const core = createCore(material);
    const sid = sessionId();
    const pod = parsePodPattern('jupyter-*');
    const ids = [secretId(), secretId()] as const;
    const ticket = await material.ticket(['b', 'a', 'c'], pod ? { pod } : {});
    const envelopes = [
      await material.seal('b', { secretId: ids[0], version: 7 }),
      await material.seal('a', { secretId: ids[1], to: material.envelopeKeys[1] }),
    ];
    const outcome = await core.unwrap({ client: 'webhook-unwrap', ticket, sid, place, envelopes });
    if (!outcome.ok) throw new Error(outcome.refusal.code);
    expect(outcome.value.tokens).to.deep.equal([
      { id: ids[0], name: 'b', token: tokenOf('b') },
      { id: ids[1], name: 'a', token: tokenOf('a') },
    ]);
    const verifiers = byKid([ed25519Verifier(material.grantKey.publicJwk)]);
    const grant = await verifyGrant(outcome.value.grant, { verifiers, audience: CLUSTER });
    if (!grant.ok) throw new Error(grant.refusal);
    expect(grant.value).to.include({
      sub: material.owner,
      sid,
      pod: 'jupyter-*',
    });
    expect(grant.value.place).to.deep.equal(place);
    expect(grant.value.secrets).to.deep.equal([
      { own: material.owner, id: ids[0], ver: 7, nam: 'b' },
      { own: material.owner, id: ids[1], ver: 1, nam: 'a' },
    ]);
    expect(grant.value.exp - now() - GRANT_LIFE_SECONDS).to.be.within(-2, 0);
  });

  it('opens 256 secrets in one call', async () => {
    const list = names(256);
    expect(
      (await ask({ ticket: await material.ticket(list), envelopes: await sealAll(list) })).code,
    ).to.equal('ok');
  });

  it('records what is about to be opened, then that it was released, without a token', async () => {
    const { core } = await ask({});
    expect(core.lines.map(({ outcome }) => outcome)).to.deep.equal(['asked', 'released']);
    const [asked, released] = core.lines;
    expect(asked).to.include({
      operation: 'unwrap',
      client: 'webhook-unwrap',
      owner: material.owner,
      namespace: place.ns,
      serviceAccount: place.sa,
      pod: place.name,
      by: place.by,
    });
    expect(asked?.['ticket']).to.deep.equal({ ns: place.ns, sa: place.sa });
    expect(asked?.['secrets']).to.have.length(2);
    expect(asked?.['kids']).to.have.length(1);
    expect(released).to.include({ count: 2 });
    expect(JSON.stringify(core.lines)).not.to.contain('inner-token');
  });
});

describe('unwrap refuses a ticket', () => {
  const refused = (ticket: string | Promise<string>): Promise<string> =>
    Promise.resolve(ticket).then((text) => refusedUnopened({ ticket: text }));

  it('that is not a ticket at all', async () => {
    for (const text of ['', 'x', 'a.b.c', '....']) expect(await refused(text)).to.equal('ticket_malformed');
  });

  it('whose algorithm is none', async () => {
    const [, payload] = (await material.ticket(['a', 'b'])).split('.');
    const kid = ed25519Verifier(material.ticketKey.publicJwk).kid;
    for (const alg of ['none', 'HS256', 'ES256']) {
      const header = encodeBase64url(Buffer.from(JSON.stringify({ alg, kid, typ: 'twofold-ticket+jwt' })));
      expect(await refused(`${header}.${payload}.`)).to.equal('ticket_malformed');
      expect(await refused(`${header}.${payload}.${'A'.repeat(86)}`)).to.equal('ticket_malformed');
    }
  });

  it('that is signed with a key that is not pinned', async () => {
    const [, payload = ''] = (await material.ticket(['a', 'b'])).split('.');
    const claims: unknown = JSON.parse(Buffer.from(decodeBase64url(payload, 'payload')).toString());
    const stranger = ed25519Signer(ed25519Pair().privateJwk);
    expect(await refused(signTicket(stranger, claims as never))).to.equal('ticket_unknown_key');
    // The stranger's signature under a pinned key's id.
    const posing = { ...stranger, kid: ed25519Verifier(material.ticketKey.publicJwk).kid };
    expect(await refused(signTicket(posing, claims as never))).to.equal('ticket_not_authentic');
  });

  it('that is from another console, for another cluster, not yet valid, or expired', async () => {
    const list = ['a', 'b'];
    expect(await refused(material.ticket(list, { iss: 'https://other.test' }))).to.equal(
      'ticket_wrong_issuer',
    );
    expect(await refused(material.ticket(list, { aud: 'other' }))).to.equal('ticket_wrong_audience');
    expect(await refused(material.ticket(list, { nbf: now() + 90 }))).to.equal('ticket_not_yet_valid');
    expect(await refused(material.ticket(list, { exp: now() - 90 }))).to.equal('ticket_expired');
  });

  it('but tolerates a minute of clock difference', async () => {
    const list = ['a', 'b'];
    expect((await ask({ ticket: await material.ticket(list, { exp: now() - 30 }) })).code).to.equal('ok');
    expect((await ask({ ticket: await material.ticket(list, { nbf: now() + 30 }) })).code).to.equal('ok');
  });
});

describe('unwrap refuses a place that is not the ticket’s, before anything is opened or recorded as asked,', () => {
  const refusedFor = async (where: Place, changes: Partial<Ticket> = {}): Promise<string> => {
    const ticket = await material.ticket(['a', 'b'], changes);
    const { core, code, detail } = await ask({ ticket, where });
    expect(core.runs()).to.equal(0);
    expect(core.lines, 'one record, with the place').to.have.length(1);
    expect(core.lines[0]).to.include({
      outcome: code,
      namespace: where.ns,
      serviceAccount: where.sa,
      by: where.by,
      pod: where.name ?? where.generateName,
    });
    expect(detail).to.match(/^The ticket’s (ns|sa|pod) is .*; create the pod again with a ticket/);
    return code;
  };
  const pod = parsePodPattern('jupyter-alice')!;
  const prefix = parsePodPattern('train-*')!;
  const { name: _name, ...unnamed } = place;

  it('in each member: namespace, service account, and pod where the ticket names one', async () => {
    expect(await refusedFor({ ...place, ns: 'other' })).to.equal('place_other_namespace');
    expect(await refusedFor({ ...place, sa: 'other' })).to.equal('place_other_service_account');
    const pods: [PodPattern, Place][] = [
      [pod, { ...place, name: 'jupyter-bob' }],
      [pod, { ...unnamed, generateName: 'jupyter-' }],
      [pod, { ...place, name: 'jupyter-bob', generateName: 'jupyter-alice' }],
      [prefix, place],
      [prefix, { ...unnamed, generateName: 'serve-' }],
    ];
    for (const [pattern, where] of pods)
      expect(await refusedFor(where, { pod: pattern }), where.name).to.equal('place_other_pod');
  });

  it('whatever else fits: any one change, of the place or of the ticket', async () => {
    const other = fc.stringMatching(/^[a-z]([-a-z0-9]{0,30}[a-z0-9])?$/);
    const member = fc.constantFrom('ns', 'sa', 'pod');
    await fc.assert(
      fc.asyncProperty(other, member, fc.boolean(), async (text, claim, ofTicket) => {
        const own = { ns: place.ns, sa: place.sa, pod };
        fc.pre(text !== own[claim]);
        const where = { ...place, [claim === 'pod' ? 'name' : claim]: text };
        const code = ofTicket
          ? await refusedFor(place, { pod, [claim]: text })
          : await refusedFor(where, { pod });
        expect(code).to.match(/^place_other_/);
      }),
    );
  });

  it('but opens where each matches, whoever creates the pod', async () => {
    const fitting: [PodPattern | undefined, Place][] = [
      [undefined, place],
      [undefined, { ...unnamed, generateName: 'anything-' }],
      [pod, { ...place, by: 'somebody else' }],
      [prefix, { ...unnamed, generateName: 'train-' }],
      [prefix, { ...place, name: 'train-x7k2p', generateName: 'train-' }],
    ];
    for (const [pattern, where] of fitting) {
      const ticket = await material.ticket(['a', 'b'], pattern ? { pod: pattern } : {});
      expect((await ask({ ticket, where })).code).to.equal('ok');
    }
  });
});

describe('unwrap refuses, before anything is opened,', () => {
  it('a secret that the ticket does not list', async () => {
    const envelopes = await sealAll(['a', 'c']);
    const { core, code, detail } = await ask({ envelopes });
    expect(code).to.equal('name_not_in_ticket');
    expect(detail).to.contain('"c"');
    expect(core.runs()).to.equal(0);
  });

  it("another owner's envelope, whatever its name", async () => {
    const envelopes = [await material.seal('a'), await material.seal('b', { ownerId: ownerId() })];
    expect(await refusedUnopened({ envelopes })).to.equal('envelope_of_another_owner');
  });

  it('the same name twice, and the same id twice', async () => {
    expect(await refusedUnopened({ envelopes: await sealAll(['a', 'a']) })).to.equal('name_twice');
    const id = secretId();
    const envelopes = [
      await material.seal('a', { secretId: id }),
      await material.seal('b', { secretId: id }),
    ];
    expect(await refusedUnopened({ envelopes })).to.equal('name_twice');
  });

  it('any one envelope that is not a listed pair of owner and name, at any position', async () => {
    const list = names(4);
    const ticket = await material.ticket(list);
    const envelopes = await sealAll(list);
    const strange = {
      envelope_of_another_owner: await material.seal('secret-0', { ownerId: ownerId() }),
      name_not_in_ticket: await material.seal('secret-9'),
    };
    for (const [code, envelope] of Object.entries(strange))
      for (let at = 0; at < list.length; at += 1)
        expect(await refusedUnopened({ ticket, envelopes: envelopes.with(at, envelope) })).to.equal(code);
  });

  it('names so many and so long that nobody could claim with the grant', async () => {
    const long = Array.from({ length: 256 }, (_, at) => `${'n'.repeat(250)}${String(at).padStart(3, '0')}`);
    const asked = { ticket: await material.ticket(long), envelopes: await sealAll(long) };
    expect(await refusedUnopened(asked)).to.equal('grant_too_long');
  });

  it('but not a secret whose name is the id of another', async () => {
    const id = secretId();
    const envelopes = [await material.seal('a', { secretId: id }), await material.seal(id)];
    expect((await ask({ ticket: await material.ticket(['a', id]), envelopes })).code).to.equal('ok');
  });

  it('an envelope that is not in the format, saying which', async () => {
    const [a = '', b = ''] = await sealAll(['a', 'b']);
    for (const broken of ['', 'x', b.slice(0, -1), `${b}.`, b.replace('.', '..'), 'A'.repeat(200_000)]) {
      const { core, code, detail } = await ask({ envelopes: [a, broken] });
      expect(code).to.equal('envelope_malformed');
      expect(detail).to.match(/^envelope 2: /);
      expect(core.runs()).to.equal(0);
    }
  });

  it('an envelope sealed to a key that is not configured', async () => {
    const envelopes = [await material.seal('a'), await material.seal('b', { to: rsaPair() })];
    const { core, code, detail } = await ask({ envelopes });
    expect(code).to.equal('envelope_unknown_key');
    expect(detail).to.contain(parseEnvelope(envelopes[1] ?? '').header.kid);
    expect(core.runs()).to.equal(0);
  });

  it('an encrypted key whose size is not its key’s', async () => {
    const [head = '', , ...rest] = (await material.seal('b')).split('.');
    const envelopes = [
      await material.seal('a'),
      [head, encodeBase64url(Buffer.alloc(512, 1)), ...rest].join('.'),
    ];
    expect(await refusedUnopened({ envelopes })).to.equal('envelope_malformed');
  });
});

describe('unwrap releases nothing', () => {
  it('when one envelope among 20 is damaged, and says which', async () => {
    const list = names(20);
    const envelopes = await sealAll(list);
    const parts = (envelopes[13] ?? '').split('.');
    const ciphertext = parts[3] ?? '';
    parts[3] = `${ciphertext.startsWith('A') ? 'B' : 'A'}${ciphertext.slice(1)}`;
    envelopes[13] = parts.join('.');
    const { core, code, detail } = await ask({ ticket: await material.ticket(list), envelopes });
    expect(code).to.equal('envelope_not_authentic');
    expect(detail).to.contain('envelope 14 (secret "secret-13")');
    expect(core.lines.map(({ outcome }) => outcome)).to.deep.equal(['asked', 'envelope_not_authentic']);
  });

  it('when a header member was changed after sealing', async () => {
    const [head = '', ...rest] = (await material.seal('b')).split('.');
    const header = Buffer.from(decodeBase64url(head, 'header')).toString();
    for (const [from, to] of [
      ['"ver":1', '"ver":2'],
      ['"gen":1', '"gen":2'],
      [/"sec":"[^"]*"/, `"sec":"${randomUUID()}"`],
    ] as const) {
      const forged = [encodeBase64url(Buffer.from(header.replace(from, to))), ...rest].join('.');
      const { code } = await ask({ envelopes: [await material.seal('a'), forged] });
      expect(code).to.equal('envelope_not_authentic');
    }
  });

  it('when the audit trail accepts no record, or only the first', async () => {
    const none = await ask({ options: { recordsUntil: 0 } });
    expect(none.code).to.equal('audit_unavailable');
    expect(none.core.runs()).to.equal(0);
    const first = await ask({ options: { recordsUntil: 1 } });
    expect(first.code).to.equal('audit_unavailable');
    expect(first.core.runs()).to.equal(1);
  });

  it('when even the refusal cannot be recorded', async () => {
    const ticket = await material.ticket(['a', 'b'], { exp: now() - 90 });
    expect((await ask({ ticket, options: { recordsUntil: 0 } })).code).to.equal('audit_unavailable');
  });

  it('when the pool is busy or loses its worker, and says to try again', async () => {
    for (const reason of ['busy', 'worker_lost'] as const) {
      const outerLayer = { run: () => Promise.resolve({ ok: false, reason } as const) };
      const { core, code, detail } = await ask({ options: { outerLayer } });
      expect(code).to.equal(reason);
      expect(detail).to.contain('try again');
      expect(core.lines.at(-1)).to.include({ outcome: reason });
    }
  });
});

describe('what unwrap returns and records', () => {
  const MARKER = 'KEY-MARKER';

  it('never contains an inner token, an envelope or a ticket, whatever the outcome', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('released', 'damaged', 'unlisted', 'twice', 'foreign', 'garbage', 'expired'),
        fc.stringMatching(/^[a-z]{1,12}$/),
        async (what, name) => {
          const token = `${MARKER}-${name}`;
          const sealed = await material.seal(name, {
            token,
            ...(what === 'foreign' ? { ownerId: ownerId() } : {}),
          });
          const parts = sealed.split('.');
          if (what === 'damaged') parts[4] = encodeBase64url(Buffer.alloc(16));
          const envelope = what === 'garbage' ? `${MARKER}.${token}` : parts.join('.');
          const ticket = await material.ticket(
            [what === 'unlisted' ? `${name}-other` : name],
            what === 'expired' ? { exp: now() - 90 } : {},
          );
          const { core, detail } = await ask({
            ticket,
            envelopes: what === 'twice' ? [envelope, envelope] : [envelope],
          });
          const said = `${detail}\n${JSON.stringify(core.lines)}`;
          for (const hidden of [MARKER, envelope, ticket, ticket.split('.')[2] ?? '']) {
            expect(said).not.to.contain(hidden);
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});
