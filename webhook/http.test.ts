import { expect } from 'chai';
import { parseSecretName } from '#envelope/names.ts';
import { createLog } from '#platform/log.ts';
import { createMetrics } from '#platform/metrics.ts';
import type { HttpRequest } from '#platform/https-server.ts';
import { admitWith, readReview } from '../test/reviews.ts';
import type { Admit } from './admit.ts';
import { createMutate, refuseBody, timeoutOf } from './http.ts';
import { refuse } from './refusals.ts';

interface Answer {
  readonly status: number;
  readonly code?: string;
  readonly detail?: string;
  readonly response?: {
    readonly allowed: boolean;
    readonly patch?: string;
    readonly status?: { message: string; code: number };
  };
}

const lines: string[] = [];
const records: Record<string, unknown>[] = [];
function mutate(fails = false, apiserver?: string, admit: Admit = admitWith()) {
  return createMutate(
    {
      admit,
      audit: {
        append: (record) => {
          records.push(record);
          return fails ? Promise.reject(new Error('disk full')) : Promise.resolve();
        },
        close: () => Promise.resolve(),
      },
      clock: () => 0,
      monotonic: () => 0,
      log: createLog({ service: 'webhook', level: 'debug', write: (line) => lines.push(line) }),
      metrics: createMetrics(),
    },
    apiserver,
  );
}
async function post(
  body: string | Buffer,
  change: Partial<HttpRequest> = {},
  handler = mutate(),
): Promise<Answer> {
  const query = new URLSearchParams('timeout=10s');
  const request = {
    method: 'POST',
    path: '/mutate',
    query,
    contentType: 'application/json',
    client: undefined,
  };
  const reply = await handler({ ...request, body: () => Promise.resolve(Buffer.from(body)), ...change });
  // Either a problem document or an AdmissionReview: each test says which.
  return { status: reply.status, ...(JSON.parse(String(reply.body)) as object) };
}
function review(change: object = {}): string {
  const value = JSON.parse(readReview('plain-pod-alice').toString()) as { request: object };
  return JSON.stringify({ ...value, ...change });
}

describe('/mutate', () => {
  it('answers a review with its own uid and a patch', async () => {
    const { status, response } = await post(review());
    expect(status).to.equal(200);
    expect(response).to.include({ allowed: true, patchType: 'JSONPatch' });
    expect(JSON.parse(Buffer.from(response!.patch!, 'base64').toString()))
      .to.be.an('array')
      .with.length(8);
  });

  /** The review of alice's pod, changed. */
  const changed = (change: (request: ReviewedPod) => void): string => {
    const value = JSON.parse(review()) as { request: ReviewedPod };
    change(value.request);
    return JSON.stringify(value);
  };
  interface ReviewedPod {
    namespace: string;
    object: {
      metadata: { name?: string; generateName?: string; annotations: Record<string, string> };
      spec: { serviceAccountName?: string };
    };
  }

  it('escapes control characters and bidi overrides in what a refusal repeats of the pod', async () => {
    for (const hidden of ['\u001b[2J', '\u009b2J', '\u202etxt', '\u2066', '\u2028', '\u007f', 'a\nb']) {
      lines.length = 0;
      const body = changed(({ object }) => {
        object.metadata.annotations[`twofold.dev/${hidden}`] = hidden;
        object.metadata.annotations['twofold.dev/containers'] = hidden;
        object.metadata.annotations['twofold.dev/mount-path'] = `/${hidden}`;
      });
      const { response } = await post(body);
      expect(response?.allowed).to.equal(false);
      const said = JSON.stringify(response);
      for (const text of [said, ...lines.map((line) => line.trimEnd())])
        expect(text, JSON.stringify(hidden)).to.not.match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(response?.status?.message).to.not.contain(hidden);
    }
  });

  it('accepts names that Kubernetes accepts, and no others', async () => {
    const changes: ((request: ReviewedPod) => void)[] = [
      (request) => (request.namespace = '../x'),
      ...['..', 'a/b', 'a?b', 'A', 'a\u202e', 'a\u001b'].flatMap((name) => [
        ({ object }: ReviewedPod) => (object.metadata.name = name),
        ({ object }: ReviewedPod) => (object.metadata.generateName = name),
        ({ object }: ReviewedPod) => (object.spec.serviceAccountName = name),
      ]),
    ];
    for (const change of changes) {
      const { status, response } = await post(changed(change));
      const said = response?.status?.message ?? String(status);
      expect(said, change.toString()).to.match(/pod_unsupported|^400$/);
    }
  });

  const bad: Record<string, [body: string, says: string]> = {
    'is not JSON': ['{"kind": "Admission', 'not JSON'],
    'is empty': ['', 'not JSON'],
    'is another kind': ['{"kind":"Pod","apiVersion":"v1"}', 'not an AdmissionReview'],
    'is a list': ['[]', 'not an AdmissionReview'],
    'is of version v1beta1': [
      review({ apiVersion: 'admission.k8s.io/v1beta1' }),
      'admissionReviewVersions: [v1]',
    ],
    'has no request': [review({ request: null }), 'no request with a uid'],
    'has a request without uid': [review({ request: { operation: 'CREATE' } }), 'no request with a uid'],
    'is nested 10,000 deep': [`${'['.repeat(10_000)}${']'.repeat(10_000)}`, 'not an AdmissionReview'],
  };
  for (const [what, [body, says]] of Object.entries(bad)) {
    it(`refuses a body that ${what}, with status 400 and the reason`, async () => {
      const answer = await post(body);
      expect(answer).to.include({ status: 400, code: 'body_malformed' });
      expect(answer.detail).to.contain(says);
    });
  }

  it('refuses nesting 10,000 deep in place of a pod, and ignores it in a part that is not read', async () => {
    const deep = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
    const asPod = await post(review().replace(/"object":\{/, `"object":${deep},"other":{`));
    expect(asPod.response?.status?.message).to.contain('(pod_unsupported)');
    const beside = await post(review().replace(/"spec":\{/, `"spec":{"unread":${deep},`));
    expect(beside.response?.allowed).to.equal(true);
  });

  it('refuses other paths, methods and content types', async () => {
    expect(await post('{}', { path: '/' })).to.include({ status: 404, code: 'not_found' });
    expect(await post('', { method: 'GET' })).to.include({ status: 405, code: 'method_not_allowed' });
    expect(await post('a: 1', { contentType: 'application/yaml' })).to.include({
      status: 415,
      code: 'content_type',
    });
  });

  it('reads no body before checking path, method, client and type', async () => {
    let asked = 0;
    const body = (): Promise<Buffer> => {
      asked += 1;
      return Promise.resolve(Buffer.from(review()));
    };
    const handler = mutate(false, 'apiserver');
    const client = 'apiserver';
    for (const change of [
      { path: '/' },
      { method: 'PUT' },
      { client: 'webhook' },
      { contentType: 'text/plain' },
    ])
      expect((await post('', { client, body, ...change }, handler)).status).to.be.at.least(400);
    expect(asked).to.equal(0);
    expect((await post('', { client, body }, handler)).status).to.equal(200);
    expect(asked).to.equal(1);
  });

  it('says what is wrong with a body that it did not read, and when to retry', () => {
    const said = (['too_large', 'broken_off', 'overloaded'] as const).map((what) => {
      const { status, headers, body } = refuseBody(what, 10);
      return [status, (JSON.parse(String(body)) as { code: string }).code, headers?.['retry-after']];
    });
    expect(said).to.deep.equal([
      [413, 'body_too_large', undefined],
      [400, 'body_malformed', undefined],
      [503, 'overloaded', '1'],
    ]);
  });

  it('requires the API server’s certificate where the operator configured one', async () => {
    const handler = mutate(false, 'apiserver-webhook');
    expect(await post(review(), {}, handler)).to.include({ status: 403, code: 'client_not_allowed' });
    expect(await post(review(), { client: 'webhook' }, handler)).to.include({ status: 403 });
    expect((await post(review(), { client: 'apiserver-webhook' }, handler)).response?.allowed).to.equal(true);
  });

  it('refuses what it cannot record', async () => {
    const { response } = await post(review(), {}, mutate(true));
    expect(response).to.include({ allowed: false });
    expect(response?.status).to.include({ code: 503 });
    expect(response?.status?.message).to.contain('(audit_unavailable)');
  });

  it('records who asked for what, but neither ticket nor annotation values', async () => {
    records.length = 0;
    await post(review());
    expect(records).to.have.length(1);
    expect(records[0]).to.include({
      action: 'admission',
      outcome: 'injected',
      username: 'alice@example.org',
    });
    expect(records[0]?.['secrets']).to.deep.equal(['db-password', 'aws-key']);
    expect(JSON.stringify([records, lines])).not.to.contain('a.ticket.here');
  });

  it('records and logs little of what is refused, however much it asks for', async () => {
    records.length = 0;
    lines.length = 0;
    const names = Array.from({ length: 256 }, (_, at) => parseSecretName(String(at).padStart(253, 'x'))!);
    const refusal = refuse('no_identity', `no identity \u001b[2J${'y'.repeat(100_000)}`);
    const refused: Admit = async (request, deadline) => {
      const { plan } = await admitWith()(request, deadline);
      const verdict = { allowed: false as const, refusals: Array.from({ length: 99 }, () => refusal) };
      return { verdict, outcome: 'refused', plan: plan && { ...plan, names }, sid: undefined };
    };
    await post(review(), {}, mutate(false, undefined, refused));
    expect(records[0]).to.deep.include({ outcome: 'refused', secretCount: 256, codes: ['no_identity'] });
    expect(JSON.stringify(records[0]).length).to.be.below(1024);
    expect(lines).to.have.length(1);
    expect(lines[0]!.length).to.be.below(1024);
  });

  it('keeps within the API server’s deadline', () => {
    const timeout = (text: string) => timeoutOf(new URLSearchParams(text));
    expect([timeout('timeout=10s'), timeout('timeout=1s'), timeout(''), timeout('timeout=x')]).to.deep.equal([
      9500, 500, 9500, 9500,
    ]);
    expect(timeout('timeout=99s')).to.equal(29_500);
  });
});
