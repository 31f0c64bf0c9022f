import { expect } from 'chai';
import type { KubernetesApi } from '#platform/kubernetes.ts';
import { fc } from '../test/properties.ts';
import { createElection, type Election } from './election.ts';
import { startKubernetes, type TestKubernetes } from './testing/kubernetes.ts';

const DURATION_SECONDS = 30;
const HOUR = 3_600_000;

/** The API server's part for one Lease: versions, and nothing else. */
function leaseStore(): Pick<KubernetesApi, 'get' | 'create' | 'update'> {
  let stored: { version: number; object: object } | undefined;
  const refusal = (status: number) => ({ ok: false as const, status, reason: 'Refused', message: '' });
  const put = (object: object, version: number) => {
    stored = { version, object };
    return { ok: true as const, object };
  };
  return {
    get: (() => {
      if (!stored) return Promise.resolve(refusal(404));
      const { version, object } = stored;
      const metadata = { name: 'janitor', uid: 'uid', resourceVersion: String(version) };
      return Promise.resolve({ ok: true, object: structuredClone({ ...object, metadata }) });
    }) as KubernetesApi['get'],
    create: ((_path: string, object: object) =>
      Promise.resolve(stored ? refusal(409) : put(object, 1))) as KubernetesApi['create'],
    update: ((_path: string, object: { metadata: { resourceVersion: string } }) => {
      if (object.metadata.resourceVersion !== String(stored?.version)) return Promise.resolve(refusal(409));
      return Promise.resolve(put(object, (stored?.version ?? 0) + 1));
    }) as KubernetesApi['update'],
  };
}

/** A replica with its own clocks: wall time, and time since its start. */
interface Replica {
  readonly election: Election;
}

describe('the election of a janitor', () => {
  let now: number;
  beforeEach(() => (now = 0));

  const replica = (
    api: Pick<KubernetesApi, 'get' | 'create' | 'update'>,
    identity: string,
    skewMs = 0,
  ): Replica => ({
    election: createElection(
      {
        api,
        clock: () => Date.parse('2026-11-21T12:00:00Z') + now + skewMs,
        monotonic: () => now + skewMs / 7,
      },
      { namespace: 'twofold-webhook', name: 'twofold-janitor', identity, durationSeconds: DURATION_SECONDS },
    ),
  });

  for (const [what, skew] of [
    ['an hour ahead', HOUR],
    ['an hour behind', -HOUR],
  ] as const) {
    it(`keeps a leader that renews, even if another replica’s clock is ${what}`, async () => {
      const api = leaseStore();
      const [leader, other] = [replica(api, 'leader'), replica(api, 'other', skew)];
      for (let turn = 0; turn < 20; turn += 1) {
        expect(await leader.election.lead(), `turn ${turn}`).to.equal(true);
        now += 5_000;
        expect(await other.election.lead(), `turn ${turn}`).to.equal(false);
        now += 5_000;
      }
    });

    it(`replaces a leader seen silent for the Lease’s duration, by a replica whose clock is ${what}`, async () => {
      const api = leaseStore();
      const [gone, next] = [replica(api, 'gone'), replica(api, 'next', skew)];
      expect(await gone.election.lead()).to.equal(true);
      now += HOUR; // nobody has looked since
      expect(await next.election.lead(), 'at first sight').to.equal(false);
      now += DURATION_SECONDS * 1000 - 1;
      expect(await next.election.lead()).to.equal(false);
      now += 1;
      expect([await next.election.lead(), next.election.leads()]).to.deep.equal([true, true]);
      expect([await gone.election.lead(), gone.election.leads()]).to.deep.equal([false, false]);
    });
  }

  it('ends the term of a leader that does not renew before another may begin', async () => {
    const one = replica(leaseStore(), 'one').election;
    expect(one.leads()).to.equal(false);
    await one.lead();
    expect(one.leads()).to.equal(true);
    now += DURATION_SECONDS * 1000 - 1;
    expect(one.leads()).to.equal(false);
  });

  it('lets the next one begin immediately when the leader resigns', async () => {
    const api = leaseStore();
    const [one, two] = [replica(api, 'one').election, replica(api, 'two').election];
    await one.lead();
    expect(await two.lead()).to.equal(false);
    await two.resign(); // of a Lease it does not hold
    expect(await two.lead()).to.equal(false);
    await one.resign();
    expect(one.leads()).to.equal(false);
    expect(await two.lead()).to.equal(true);
  });

  it('never has two leaders, whatever happens when', async () => {
    const step = fc.record({
      who: fc.nat(2),
      // Within a lease's duration, mostly; and calls that answer late, or never.
      afterMs: fc.oneof(fc.nat(40_000), fc.nat(4_000)),
      call: fc.constantFrom('whole', 'whole', 'lost', 'resign'),
      delayMs: fc.nat(20_000),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 80 }),
        fc.array(fc.integer({ min: -HOUR, max: HOUR }), { minLength: 3, maxLength: 3 }),
        async (steps, skews) => {
          now = 0;
          const store = leaseStore();
          let delay = 0;
          let lost = false;
          // Time passes before an update reaches the API server, and after; an answer may be lost.
          const update: KubernetesApi['update'] = async <T>(path: string, object: object) => {
            now += delay;
            const answer = await store.update<T>(path, object);
            now += delay;
            return lost ? { ok: false, status: 0, reason: 'Unreachable', message: '' } : answer;
          };
          const replicas = skews.map(
            (skew, at) => replica({ ...store, update }, `replica-${at}`, skew).election,
          );
          for (const { who, afterMs, call, delayMs } of steps) {
            now += afterMs;
            delay = delayMs;
            lost = call === 'lost';
            await (call === 'resign' ? replicas[who]?.resign() : replicas[who]?.lead());
            const leaders = replicas.filter((each) => each.leads());
            expect(leaders.length, 'simultaneous leaders').to.be.at.most(1);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  describe('at an API server, with the shipped roles', () => {
    let kubernetes: TestKubernetes;
    before(async () => (kubernetes = await startKubernetes()));
    after(() => kubernetes.close());

    it('has one leader of two replicas, and the other takes over when it is silent or resigns', async () => {
      const [one, two] = [replica(kubernetes.api, 'one').election, replica(kubernetes.api, 'two').election];
      const first = await Promise.all([one.lead(), two.lead()]);
      expect(first.filter(Boolean), 'exactly one of two').to.have.length(1);
      const [leader, other] = first[0] ? [one, two] : [two, one];
      now += 9_000;
      expect([await other.lead(), await leader.lead()]).to.deep.equal([false, true]);
      now += DURATION_SECONDS * 1000;
      expect(await other.lead(), 'a renewal that it had not seen').to.equal(false);
      now += DURATION_SECONDS * 1000;
      expect([await other.lead(), await leader.lead()]).to.deep.equal([true, false]);
      await other.resign();
      expect(await leader.lead()).to.equal(true);
    });
  });
});
