import { expect } from 'chai';
import type { Place } from '#envelope/place.ts';
import { HttpsError, type HttpsCall } from '#platform/https-client.ts';
import { admitWith, readReview, requestOf } from '../test/reviews.ts';
import type { Resolved } from './admit.ts';
import { createConsoleClient, createKeyserviceClient } from './peers.ts';
import type { Plan } from './plan.ts';
import { encodeReview } from './review.ts';

const sid = '0123456789abcdef0123456789abcdef';
async function planned(): Promise<Plan> {
  const { plan } = await admitWith()(requestOf(readReview('plain-pod-alice')), Infinity);
  return plan!;
}

/** A client that answers `body` with `status`, and records its calls. */
function answering(status: number, body: unknown) {
  const calls: HttpsCall[] = [];
  const client = {
    call: (call: HttpsCall) => {
      calls.push(call);
      if (body instanceof Error) return Promise.reject(body);
      const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
      return Promise.resolve({ status, headers: {}, body: bytes });
    },
    close: () => undefined,
  };
  return { calls, options: { client, url: 'https://peer', monotonic: () => 1000 } };
}
const ticket = 'a.ticket.here';
const secrets = ['db-password', 'aws-key'].map((name) => ({
  id: `id-${name}`,
  name,
  size: 3,
  envelope: 'e',
}));

describe('resolve, as the webhook calls it', () => {
  it('sends what the plan says, within the time that is left', async () => {
    const { calls, options } = answering(200, { sid, ticket, secrets });
    const outcome = await createConsoleClient(options).resolve(await planned(), 4000);
    expect(outcome).to.deep.equal({ ok: true, value: { sid, ticket, secrets } });
    expect(calls[0]).to.include({ method: 'POST', url: 'https://peer/internal/v1/resolve', timeoutMs: 3000 });
    expect(JSON.parse(String(calls[0]?.body))).to.include({
      dryRun: false,
      namespace: 'fx-dev',
      serviceAccount: 'default',
    });
  });

  it('makes no call after the deadline', async () => {
    const { calls, options } = answering(200, {});
    const outcome = await createConsoleClient(options).resolve(await planned(), 1000);
    expect(outcome).to.have.nested.property('refusal.code', 'console_unavailable');
    expect(calls).to.deep.equal([]);
  });

  const shapes: Record<string, unknown> = {
    'no JSON': 'nonsense',
    'no session id': { ticket, secrets },
    'another ticket than the presented one': { sid, ticket: 'another.ticket.here', secrets },
    'a secret missing': { sid, ticket, secrets: secrets.slice(1) },
    'an extra secret': { sid, ticket, secrets: [...secrets, { ...secrets[0], name: 'other' }] },
    'another secret': { sid, ticket, secrets: [secrets[0], { ...secrets[1], name: 'other' }] },
    'a session id that is none': { sid: 'sid', ticket, secrets },
    'a secret twice': { sid, ticket, secrets: [secrets[0], secrets[0]] },
    ...Object.fromEntries(
      [0, -1, 1.5, 65_537, 1e308].map((size) => [
        `a size of ${size}`,
        { sid, ticket, secrets: secrets.map((secret) => ({ ...secret, size })) },
      ]),
    ),
    'a size that is text': { sid, ticket, secrets: secrets.map((secret) => ({ ...secret, size: '3' })) },
    'a list that is not one': { sid, ticket, secrets: {} },
  };
  for (const [what, body] of Object.entries(shapes)) {
    it(`refuses an answer with ${what}`, async () => {
      const outcome = await createConsoleClient(answering(200, body).options).resolve(await planned(), 4000);
      expect(outcome).to.have.nested.property('refusal.code', 'console_unavailable');
    });
  }

  it('passes on a problem with its code and words, and the annotation that it is about', async () => {
    const refusal = async (status: number, code: string) => {
      const { options } = answering(status, { code, detail: 'The secret x is gone.' });
      const outcome = await createConsoleClient(options).resolve(await planned(), 4000);
      return outcome.ok ? undefined : outcome.refusal;
    };
    const said = { message: 'The secret x is gone' };
    expect(await refusal(404, 'secret_unknown')).to.deep.equal({
      message: 'The secret x is gone: twofold secrets list',
      code: 'secret_unknown',
      status: 403,
      annotation: 'twofold.dev/secrets',
    });
    expect(await refusal(403, 'ticket_expired')).to.include({ annotation: 'twofold.dev/ticket' });
    expect(await refusal(403, 'secret_not_env_safe')).to.include({ annotation: 'twofold.dev/env' });
    expect(await refusal(503, 'database_unavailable')).to.deep.equal({
      ...said,
      code: 'database_unavailable',
      status: 503,
    });
  });

  it('names the command that fixes what the owner can fix', async () => {
    const messageOf = async (code: string): Promise<string> => {
      const { options } = answering(403, { code, detail: 'Get another.' });
      const outcome = await createConsoleClient(options).resolve(await planned(), 4000);
      return outcome.ok ? '' : outcome.refusal.message;
    };
    for (const code of ['ticket_expired', 'ticket_revoked', 'name_not_in_ticket'])
      expect(await messageOf(code)).to.equal('Get another: twofold annotate FILE | kubectl apply -f -');
    expect(await messageOf('secret_expired')).to.equal('Get another: twofold secrets replace NAME');
    expect(await messageOf('launcher_guard_missing')).to.equal('Get another');
  });

  it('passes on a rate limit as such', async () => {
    const detail = 'Namespace hub has had 1000 pods admitted within a minute; try again in 7 s.';
    const { options } = answering(429, { code: 'rate_limited', detail });
    const outcome = await createConsoleClient(options).resolve(await planned(), 4000);
    expect(outcome.ok).to.equal(false);
    if (outcome.ok) return;
    const review = JSON.parse(encodeReview('u', { allowed: false, refusals: [outcome.refusal] })) as {
      response: { status: object };
    };
    expect(review.response.status).to.deep.include({
      code: 429,
      reason: 'TooManyRequests',
      message: `${detail.slice(0, -1)} (rate_limited)`,
    });
  });

  it('says that the console did not answer, and why', async () => {
    const down = answering(0, new HttpsError('unreachable', 'peer cannot be reached (ECONNREFUSED)'));
    const outcome = await createConsoleClient(down.options).resolve(await planned(), 4000);
    expect(outcome.ok ? '' : outcome.refusal.message)
      .to.contain('ECONNREFUSED')
      .and.contain('try again');
    const strange = await createConsoleClient(answering(502, '<html>').options).resolve(
      await planned(),
      4000,
    );
    expect(strange.ok ? '' : strange.refusal.message).to.contain('status 502');
  });
});

describe('a peer that is away for a moment', () => {
  const away = (code: string): HttpsError =>
    new HttpsError(
      'unreachable',
      `peer cannot be reached (${code})`,
      Object.assign(new Error(code), { code }),
    );
  /** Fails `failures` times, then answers; `at` is the time, which advances by a second with each call. */
  const backAfter = (failures: number, error: HttpsError) => {
    const { calls, options } = answering(200, { sid, ticket, secrets });
    let at = 1000;
    const call = (request: HttpsCall) => {
      at += 1000;
      return calls.length < failures
        ? (calls.push(request), Promise.reject(error))
        : options.client.call(request);
    };
    return { calls, options: { ...options, client: { ...options.client, call }, monotonic: () => at } };
  };

  for (const code of ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH']) {
    it(`is called again when nothing was listening (${code}), with the time that is left`, async () => {
      const { calls, options } = backAfter(2, away(code));
      const outcome = await createConsoleClient(options).resolve(await planned(), 10_500);
      expect(outcome.ok).to.equal(true);
      expect(calls.map(({ timeoutMs }) => timeoutMs)).to.deep.equal([9500, 8500, 7500]);
    });
  }

  it('is given up on in time for the rest of the admission', async () => {
    const { calls, options } = backAfter(100, away('ECONNREFUSED'));
    const outcome = await createConsoleClient(options).resolve(await planned(), 5500);
    expect(outcome).to.have.nested.property('refusal.code', 'console_unavailable');
    expect(calls).to.have.length(3);
  });

  it('is not called again when it may have received the call', async () => {
    for (const error of [away('ECONNRESET'), new HttpsError('timeout', 'no answer')]) {
      const { calls, options } = backAfter(1, error);
      expect((await createConsoleClient(options).resolve(await planned(), 10_500)).ok).to.equal(false);
      expect(calls).to.have.length(1);
    }
  });
});

describe('unwrap, as the webhook calls it', () => {
  const resolved: Resolved = { sid, ticket, secrets };
  const place: Place = { ns: 'fx-dev', sa: 'default', name: 'nb', by: 'alice@example.org' };
  const tokens = secrets.map(({ id, name }) => ({ id, name, token: 'gAAA' }));

  it('sends ticket, session, place and envelopes, and accepts a token for each secret', async () => {
    const { calls, options } = answering(200, { tokens, grant: 'g' });
    const outcome = await createKeyserviceClient(options).unwrap(resolved, place, 4000);
    expect(outcome).to.have.nested.property('value.grant', 'g');
    expect(JSON.parse(String(calls[0]?.body))).to.deep.equal({ ticket, sid, place, envelopes: ['e', 'e'] });
  });

  it('refuses an answer without the grant, or with another secret’s token or name', async () => {
    for (const body of [
      { tokens },
      { tokens: [tokens[0], tokens[0]], grant: 'g' },
      { tokens: tokens.slice(1), grant: 'g' },
      { tokens: tokens.map((token) => ({ ...token, name: 'other' })), grant: 'g' },
    ]) {
      const outcome = await createKeyserviceClient(answering(200, body).options).unwrap(
        resolved,
        place,
        4000,
      );
      expect(outcome).to.have.nested.property('refusal.code', 'keyservice_unavailable');
    }
  });
});
