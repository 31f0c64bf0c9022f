import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { createHttpsClient, type HttpsClient } from '#platform/https-client.ts';
import { sessions, startDrill, type Drill } from '../cluster.ts';
import { startCutter, type Cutter, type Direction } from './cutter.ts';

/** Every byte, or some of them. */
const step = process.env['TWOFOLD_DRILLS'] === undefined ? 97 : 1;
const arrows = ['console', 'keyservice'] as const;

interface Reviewed {
  readonly response: {
    readonly allowed: boolean;
    readonly patch?: string;
    readonly status?: { readonly details: { readonly causes: readonly { readonly reason: string }[] } };
  };
}

describe('connections from the webhook that are cut after any byte', function () {
  this.timeout(600_000);
  const cutters = new Map<(typeof arrows)[number], Cutter>();
  let drill: Drill;
  let client: HttpsClient;
  let review: string;

  const cutterOf = (arrow: (typeof arrows)[number]): Cutter => cutters.get(arrow)!;

  before(async () => {
    for (const arrow of arrows) cutters.set(arrow, await startCutter());
    const many = '1000000';
    drill = await startDrill({
      env: {
        webhook: {
          TWOFOLD_RESOLVE_URL: cutterOf('console').url,
          TWOFOLD_KEYSERVICE_URL: cutterOf('keyservice').url,
        },
        console: {
          TWOFOLD_STARTS_PER_MINUTE: many,
          TWOFOLD_REFUSALS_PER_MINUTE: many,
          TWOFOLD_QUOTA_SESSIONS: many,
          TWOFOLD_QUOTA_VERSIONS: many,
        },
      },
    });
    cutterOf('console').target = drill.stack.urls.consoleResolve;
    cutterOf('keyservice').target = drill.stack.urls.keyservice;
    const alice = drill.person('alice');
    await alice.store('db-password', 'value');
    const { annotations } = await alice.ticket({ namespace: sessions, secrets: ['db-password'] });
    alice.close();
    const object = {
      metadata: { name: 'cut', annotations },
      spec: { containers: [{ name: 'main', image: 'x' }] },
    };
    review = JSON.stringify({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: {
        uid: 'cut',
        operation: 'CREATE',
        namespace: sessions,
        userInfo: { username: 'alice' },
        object,
        resource: { group: '', version: 'v1', resource: 'pods' },
      },
    });
    const read = (file: string): string => readFileSync(join(drill.stack.clientDirs.apiServer, file), 'utf8');
    client = createHttpsClient({ ca: drill.ca, cert: read('tls.crt'), key: read('tls.key') });
  });
  after(async () => {
    client.close();
    await drill.stack.stop();
    for (const cutter of cutters.values()) cutter.close();
  });

  /** Whether the pod was let in with all its parts, or the code for which it was refused. */
  const ask = async (): Promise<string> => {
    const { status, body } = await client.call({
      method: 'POST',
      url: `${drill.stack.urls.webhook}?timeout=10s`,
      headers: { 'content-type': 'application/json' },
      body: review,
      timeoutMs: 10_000,
      maxResponseBytes: 1_000_000,
    });
    expect(status).to.equal(200);
    const { response } = JSON.parse(body.toString()) as Reviewed; // the webhook's own
    if (!response.allowed) return response.status?.details.causes.map(({ reason }) => reason).join() ?? '';
    const patch = Buffer.from(response.patch ?? '', 'base64').toString();
    return patch.includes('twofold-init') ? 'admitted' : 'admitted without anything';
  };

  for (const arrow of arrows) {
    it(`to the ${arrow}: the pod is refused with the reason, or admitted whole`, async () => {
      const cutter = cutterOf(arrow);
      cutter.cutAt(undefined);
      expect(await ask()).to.equal('admitted');
      const whole = cutter.longest();
      const outcomes = new Map<string, number>();
      for (const direction of ['there', 'back'] as const satisfies readonly Direction[]) {
        expect(whole[direction], 'a handshake, and more').to.be.above(1000);
        for (let bytes = 1; bytes < whole[direction]; bytes += step) {
          cutter.cutAt({ direction, bytes });
          const outcome = await ask();
          // A handshake that resumes is shorter: then nothing was cut.
          if (cutter.longest()[direction] < bytes) continue;
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
          expect(outcome, `${direction} ${bytes}`).to.be.oneOf([`${arrow}_unavailable`, 'admitted']);
        }
      }
      cutter.cutAt(undefined);
      expect(await ask(), 'and works again').to.equal('admitted');
      expect(outcomes.get(`${arrow}_unavailable`) ?? 0).to.be.above(10);
      // Once the answer has come, nobody misses the rest.
      expect(outcomes.get('admitted') ?? 0).to.be.below(10);
    });
  }
});
