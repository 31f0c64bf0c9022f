import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import type { Pod } from '../../../scripts/dev/kubernetes/objects.ts';
import type { ApiAnswer, Person } from '../../../scripts/dev/person.ts';
import { messageOf, sessions, startDrill, type Drill } from '../cluster.ts';
import { startDisk, type Disk } from './disk.ts';

/** Refusals that are waited for. */
const refusals = process.env['TWOFOLD_DRILLS'] === undefined ? 20 : 500;
const DISK_BYTES = 16 * 1024 * 1024;
const many = '1000000';
const unlimited = {
  TWOFOLD_STARTS_PER_MINUTE: many,
  TWOFOLD_REFUSALS_PER_MINUTE: many,
  TWOFOLD_QUOTA_SESSIONS: many,
  TWOFOLD_QUOTA_VERSIONS: many,
  TWOFOLD_QUOTA_TICKETS: many,
};

function codeOf({ status, body }: ApiAnswer): string {
  const { code } = (body ?? {}) as { code?: unknown }; // a problem document's
  return `${status} ${String(code)}`;
}

describe('a console whose disk is full', function () {
  this.timeout(300_000);
  const WRITERS = 3;
  const NAMES = 4;
  let disk: Disk;
  let drill: Drill;
  let alice: Person;
  /** Each name's last value that was acknowledged. */
  const stored = new Map<string, string>();
  const refused = new Map<string, number>();

  before(async () => {
    disk = await startDisk(DISK_BYTES);
    drill = await startDrill({
      database: `sqlite:${join(disk.folder, 'data', 'twofold.db')}`,
      within: { console: disk.within },
      env: { console: unlimited },
    });
    alice = drill.person('alice');
  });
  after(async () => {
    alice.close();
    await drill.stack.stop();
    await disk.close();
  });

  const note = (answer: ApiAnswer): void => {
    refused.set(codeOf(answer), (refused.get(codeOf(answer)) ?? 0) + 1);
  };
  const write = async (name: string, value: string): Promise<void> => {
    const answer = stored.has(name)
      ? await alice.call('PUT', `/api/v1/secrets/${name}`, { value })
      : await alice.call('POST', '/api/v1/secrets', { name, value });
    if (answer.status < 300) stored.set(name, value);
    else note(answer);
  };
  const enough = (): boolean => [...refused.values()].reduce((sum, count) => sum + count, 0) >= refusals;
  const deliver = async (names: readonly string[]): Promise<Readonly<Record<string, string>>> => {
    const { annotations } = await alice.ticket({ namespace: sessions, secrets: names });
    const { exitCode, message, files } = await drill.runPod(await drill.admitPod(annotations));
    expect([exitCode, message]).to.deep.equal([0, '']);
    return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, bytes.toString()]));
  };
  const checkStored = async (): Promise<void> => {
    expect(await deliver([...stored.keys()])).to.deep.equal(Object.fromEntries(stored));
  };

  it('refuses whatever would write with a code of its own, while people write', async () => {
    let over = false;
    const writers = Array.from({ length: WRITERS }, async (_, writer) => {
      for (let n = 0; !over; n += 1) await write(`w${writer}-${n % NAMES}`, `${writer}-${n}`);
    });
    while (stored.size < WRITERS * NAMES) await wait(20);
    disk.fill();
    while (!enough()) await wait(20);
    over = true;
    await Promise.all(writers);
    expect([...refused.keys()]).to.deep.equal(['503 database_unavailable']);
  });

  it('works again as soon as there is room, with every value that it acknowledged and no other', async () => {
    disk.free();
    await checkStored();
    await write('w0-0', 'after');
    await checkStored();
  });

  it('gives and takes back nothing that it could not write down', async () => {
    const [name = ''] = stored.keys();
    const asked = { namespace: sessions, secrets: [name] };
    const revoked = await alice.ticket(asked);
    const { annotations } = await alice.ticket(asked);
    const pod = await drill.admitPod(annotations);
    disk.fill();
    // The last pages of database and log may have room for more: until nothing has been taken for long.
    let refusedInARow = 0;
    for (let tries = 0; refusedInARow < 20; tries += 1) {
      expect(tries, 'the disk is never full').to.be.below(2_000);
      await write(name, `filling-${tries}`.repeat(100));
      const code = codeOf(await alice.call('POST', '/api/v1/tickets', asked));
      refusedInARow = code === '503 database_unavailable' ? refusedInARow + 1 : 0;
    }
    const kept = await alice.call('DELETE', `/api/v1/tickets/${revoked.jti}`);
    expect(codeOf(kept)).to.equal('503 database_unavailable');
    const gone = await alice.call('DELETE', `/api/v1/secrets/${name}`);
    expect(codeOf(gone)).to.equal('503 database_unavailable');
    expect(messageOf(await drill.createPod(annotations))).to.contain('(database_unavailable)');
    const { exitCode, message, files } = await drill.runPod(pod, { TWOFOLD_CLAIM_SECONDS: '2' });
    expect([exitCode, files], message).to.deep.equal([13, {}]);
    expect(message).to.contain('status 503').and.contain('(unreachable)');
    disk.free();
    const started = await drill.runPod(pod);
    expect([started.exitCode, Object.keys(started.files)], started.message).to.deep.equal([0, [name]]);
    expect((await alice.call('DELETE', `/api/v1/tickets/${revoked.jti}`)).status).to.equal(204);
    await checkStored();
  });

  it('does not start on a full disk, says why, and loses nothing by it', async () => {
    disk.fill();
    process.kill(drill.stack.services.console.pid, 'SIGKILL');
    const why = await drill.stack.restart('console').then(
      () => 'it started',
      (error: unknown) => String(error),
    );
    expect(why).to.match(/the database reported SQLITE_|it started/);
    disk.free();
    await drill.stack.restart('console');
    await checkStored();
  });
});

interface Line {
  readonly sid?: string;
  readonly outcome: string;
}

for (const [service, file] of [
  ['keyservice', 'keyservice.audit'],
  ['webhook', 'webhook.audit'],
] as const) {
  describe(`a ${service} whose audit file cannot grow`, function () {
    this.timeout(120_000);
    let disk: Disk;
    let drill: Drill;
    let annotations: Readonly<Record<string, string>>;
    const admitted: Pod[] = [];

    before(async () => {
      disk = await startDisk(1024 * 1024);
      drill = await startDrill({
        within: { [service]: disk.within },
        env: {
          console: unlimited,
          [service]: {
            TWOFOLD_AUDIT_FILE: join(disk.folder, file),
            ...(service === 'webhook' ? { TWOFOLD_GRACE_SECONDS: '1' } : {}),
          },
        },
      });
      const alice = drill.person('alice');
      await alice.store('db-password', 'value');
      ({ annotations } = await alice.ticket({ namespace: sessions, secrets: ['db-password'] }));
      alice.close();
    });
    after(async () => {
      await drill.stack.stop();
      await disk.close();
    });

    const start = async (): Promise<string> => {
      const answer = await drill.createPod(annotations);
      if (answer.status === 201) admitted.push(answer.body as Pod); // the API server's own
      return answer.status === 201 ? 'admitted' : messageOf(answer);
    };
    const lines = (): Line[] =>
      readFileSync(join(disk.outside, file), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Line); // the service's own

    it('lets no session start without its line, and writes only whole ones', async () => {
      expect(await start()).to.equal('admitted');
      disk.fill();
      const said: string[] = [];
      // The last page has room for a few lines.
      for (let tries = 0; tries < refusals; tries += 1) said.push(await start());
      const first = said.findIndex((each) => each !== 'admitted');
      expect(first).to.be.within(0, 10);
      const odd = said.filter((each) => each !== 'admitted' && !each.includes('(audit_unavailable)'));
      expect(odd).to.deep.equal([]);
      const outcome = service === 'webhook' ? 'injected' : 'released';
      const recorded = new Set(lines().flatMap((line) => (line.outcome === outcome ? [line.sid] : [])));
      for (const { metadata } of admitted)
        expect(recorded).to.include(metadata.labels?.['twofold.dev/session']);
    });

    it('works again as soon as there is room', async () => {
      disk.free();
      expect(await start()).to.equal('admitted');
      const { exitCode, message, files } = await drill.runPod(admitted.at(-1)!);
      expect([exitCode, message, files['db-password']?.toString()]).to.deep.equal([0, '', 'value']);
      lines();
    });
  });
}

describe('an init container whose volume is full', function () {
  this.timeout(90_000);
  let drill: Drill;

  before(async function () {
    // Only root may mount a file system of limited size here.
    if (process.getuid?.() !== 0) this.skip();
    drill = await startDrill();
  });
  after(async () => {
    if (process.getuid?.() === 0) await drill.stack.stop();
  });

  it('ends with a code of its own and no file, and fills a large enough one', async () => {
    const alice = drill.person('alice');
    await alice.store('first', 'x'.repeat(3_000));
    await alice.store('second', 'y'.repeat(60_000));
    const { annotations } = await alice.ticket({ namespace: sessions, secrets: ['first', 'second'] });
    alice.close();
    const pod = await drill.admitPod(annotations);
    const volumes = pod.spec.volumes?.map((volume) =>
      volume.name === 'twofold-files'
        ? { ...volume, emptyDir: { medium: 'Memory', sizeLimit: '32Ki' } }
        : volume,
    );
    const small = { ...pod, spec: { ...pod.spec, ...(volumes && { volumes }) } };
    const full = await drill.runPod(small);
    expect([full.exitCode, full.files], full.message).to.deep.equal([14, {}]);
    expect(full.message).to.contain('(volume_full)').and.contain('ask for fewer or smaller secrets');
    const { exitCode, message, files } = await drill.runPod(pod);
    expect([exitCode, message, Object.keys(files).sort()]).to.deep.equal([0, '', ['first', 'second']]);
  });
});
