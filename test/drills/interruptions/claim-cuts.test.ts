import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readGrant } from '#envelope/grant.ts';
import { claimKeys } from '../../../injector-image/claim.ts';
import type { Config } from '../../../injector-image/config.ts';
import { Failure } from '../../../injector-image/outcome.ts';
import type { Session } from '../../../injector-image/session.ts';
import { createNodeApi } from '../../../scripts/dev/kubelet/node-api.ts';
import type { Pod } from '../../../scripts/dev/kubernetes/objects.ts';
import { kubeletOf } from '../../../scripts/dev/stack.ts';
import { testFolder } from '../../folder.ts';
import { secretPath, sessions, startDrill, type Drill } from '../cluster.ts';
import { startCutter, type Cutter, type Direction } from './cutter.ts';

const all = process.env['TWOFOLD_DRILLS'] !== undefined;
/** Every byte, or some of them. */
const step = all ? 1 : 97;
/** A session may claim 30 times a minute; each byte costs one or two. */
const SESSIONS = all ? 200 : 8;
const WORKERS = 16;
const PATH = '/internal/v1/claim';

interface Claimant {
  readonly config: Config;
  readonly session: Session;
}

describe('connections from the init container that are cut after any byte', function () {
  this.timeout(600_000);
  const folder = testFolder('claim-cuts');
  const cutters: Cutter[] = [];
  const claimants: Claimant[] = [];
  let drill: Drill;
  let annotations: Readonly<Record<string, string>>;

  before(async () => {
    for (let n = 0; n < WORKERS; n += 1) cutters.push(await startCutter());
    const many = '1000000';
    drill = await startDrill({
      env: {
        console: {
          TWOFOLD_STARTS_PER_MINUTE: many,
          TWOFOLD_REFUSALS_PER_MINUTE: many,
          TWOFOLD_QUOTA_SESSIONS: many,
          TWOFOLD_QUOTA_VERSIONS: many,
        },
      },
    });
    for (const cutter of cutters) cutter.target = drill.stack.urls.consoleClaim;
    const alice = drill.person('alice');
    await alice.store('db-password', 'value');
    ({ annotations } = await alice.ticket({ namespace: sessions, secrets: ['db-password'] }));
    alice.close();
    for (let n = 0; n < SESSIONS; n += 1)
      claimants.push(await claimantOf(await drill.admitPod(annotations), n));
  });
  after(async () => {
    await drill.stack.stop();
    for (const cutter of cutters) cutter.close();
  });

  /** What its init container reads from its volumes. */
  const claimantOf = async (pod: Pod, n: number): Promise<Claimant> => {
    const { namespace = '', name = '' } = pod.metadata;
    await drill.stack.kubernetes.schedule(namespace, name);
    const api = createNodeApi(kubeletOf(drill.stack));
    const sid = pod.metadata.labels?.['twofold.dev/session'] ?? '';
    const token = await api.sourcesOf(pod).token(`twofold:${sid}`, 3_600);
    api.close();
    const dir = join(folder, String(n));
    mkdirSync(dir);
    writeFileSync(join(dir, 'token'), token);
    const { data } = await drill.admin.must<{ data: Record<string, string> }>('GET', secretPath(pod));
    const text = (member: string): string => Buffer.from(data[member] ?? '', 'base64').toString();
    const grant = text('grant');
    const idOf = new Map((readGrant(grant)?.secrets ?? []).map(({ id, nam }) => [nam, id]));
    const session: Session = { grant, ca: text('ca.crt'), idOf, token: text };
    // What a claim reads of it.
    const config = { claimUrl: '', claimSeconds: 20, dirs: { token: dir } } as Config;
    return { config, session };
  };

  const claim = async (cutter: Cutter, { config, session }: Claimant): Promise<string> => {
    try {
      const keys = await claimKeys({ ...config, claimUrl: cutter.url + PATH }, session);
      return keys.size === session.idOf.size ? 'claimed' : `${keys.size} keys`;
    } catch (error) {
      return error instanceof Failure ? `${error.kind}: ${error.message}` : String(error);
    }
  };

  it('are tried again: it gets its keys', async () => {
    const [first] = cutters;
    if (first === undefined) throw new Error('there is a cutter');
    first.cutAt(undefined);
    expect(await claim(first, claimants[0]!)).to.equal('claimed');
    const whole = first.longest();
    const cuts = (['there', 'back'] as const satisfies readonly Direction[]).flatMap((direction) => {
      expect(whole[direction], 'a handshake, and more').to.be.above(1000);
      const count = Math.ceil((whole[direction] - 1) / step);
      return Array.from({ length: count }, (_, at) => ({ direction, bytes: 1 + at * step }));
    });
    let next = 0;
    await Promise.all(
      cutters.map(async (cutter) => {
        for (let at = next++; at < cuts.length; at = next++) {
          const { direction, bytes } = cuts[at]!;
          cutter.cutAt({ direction, bytes, connections: 1 });
          expect(await claim(cutter, claimants[at % SESSIONS]!), `${direction} ${bytes}`).to.equal('claimed');
        }
      }),
    );
    for (const cutter of cutters) cutter.cutAt(undefined);
  });

  it('again and again end with a code of their own and no file, and later with the whole file', async () => {
    const [cutter] = cutters;
    if (cutter === undefined) throw new Error('there is a cutter');
    const env = { TWOFOLD_CLAIM_URL: cutter.url + PATH };
    const pod = await drill.admitPod(annotations);
    for (const cut of [
      { direction: 'there', bytes: 100 },
      { direction: 'back', bytes: 100 },
      { direction: 'back', bytes: 2_500 },
    ] as const) {
      cutter.cutAt(cut);
      const { exitCode, message, files } = await drill.runPod(pod, { ...env, TWOFOLD_CLAIM_SECONDS: '1' });
      expect([exitCode, files], message).to.deep.equal([13, {}]);
      expect(message).to.contain('did not return the keys within 1 s').and.contain('(unreachable)');
    }
    cutter.cutAt(undefined);
    const { exitCode, message, files } = await drill.runPod(pod, env);
    expect([exitCode, message, files['db-password']?.toString()]).to.deep.equal([0, '', 'value']);
  });
});
