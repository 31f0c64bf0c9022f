/** The volume of a session's files as nodes have it: who can read them, and whether they fit (docs/design.md#files). */
import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Task } from '../injector-image/testing/as-user.ts';
import { fillVolumes } from '../injector-image/volume.ts';
import { filesBytes } from '../webhook/additions.ts';
import type { Plan } from '../webhook/plan.ts';
import { testFolder } from './folder.ts';
import { admitWith } from './reviews.ts';

const program = fileURLToPath(new URL('../injector-image/testing/as-user.ts', import.meta.url));
/** The group of the image; the kubelet adds an fsGroup to every container's others. */
const IMAGE_GID = 65_532;

function run(task: Task): string {
  return execFileSync(process.execPath, [program, JSON.stringify(task)], { encoding: 'utf8' });
}

async function planOf(spec: object, files: readonly string[]): Promise<Plan> {
  const annotations = {
    'twofold.dev/secrets': files.map((path, at) => `s${at}=${path}`).join(','),
    'twofold.dev/ticket': 'a.b.c',
    'twofold.dev/containers': '*',
  };
  const { plan } = await admitWith()(
    {
      uid: 'u',
      createsPod: true,
      operation: 'CREATE',
      namespace: 'n',
      username: 'u',
      boundPodUid: undefined,
      dryRun: false,
      object: { metadata: { name: 'p', annotations }, spec: { containers: [{ name: 'main' }], ...spec } },
    },
    Infinity,
  );
  if (!plan) throw new Error('no plan');
  return plan;
}

/** An empty folder that everybody can reach. */
function openFolder(): string {
  const base = testFolder('volume');
  for (const folder of [dirname(base), base]) chmodSync(folder, 0o711);
  const dir = join(base, 'files');
  mkdirSync(dir);
  return dir;
}

describe('files as other users see them (pending unless the tests run as root, who can be any of these users)', function () {
  before(function () {
    if (process.getuid?.() !== 0) this.skip();
  });

  const paths = ['db-password', 'aws/credentials', 'pg/a/b/c/password'];
  const uids = (...list: number[]): object => ({
    containers: list.map((runAsUser, at) => ({ name: `c${at}`, securityContext: { runAsUser } })),
  });
  interface Case {
    readonly spec: object;
    readonly fsGroup?: number;
    readonly mode: string;
    readonly readers: readonly { readonly uid: number; readonly gid: number }[];
    /** Whether a user who is none of these, without the fsGroup, reads them too. */
    readonly open: boolean;
  }
  const cases: Readonly<Record<string, Case>> = {
    'an fsGroup and the image’s own user': {
      spec: {},
      fsGroup: 100,
      mode: '440',
      readers: [{ uid: 1000, gid: 1000 }],
      open: false,
    },
    'an fsGroup and two users': {
      spec: uids(1000, 2000),
      fsGroup: 3000,
      mode: '440',
      readers: [
        { uid: 1000, gid: 1000 },
        { uid: 2000, gid: 0 },
      ],
      open: false,
    },
    'an fsGroup and one user': {
      spec: uids(1000),
      fsGroup: 100,
      mode: '400',
      readers: [{ uid: 1000, gid: 100 }],
      open: false,
    },
    'one user': { spec: uids(1000), mode: '400', readers: [{ uid: 1000, gid: 1000 }], open: false },
    'nothing known': { spec: {}, mode: '444', readers: [{ uid: 1000, gid: 1000 }], open: true },
  };

  for (const [what, { spec, fsGroup, mode, readers, open }] of Object.entries(cases)) {
    it(`reach every folder, with ${what}`, async () => {
      const { fileMode, runAsUser } = await planOf(
        { ...spec, ...(fsGroup === undefined ? {} : { securityContext: { fsGroup } }) },
        paths,
      );
      expect(fileMode.toString(8)).to.equal(mode);
      const dir = openFolder();
      // As the kubelet prepares it.
      chownSync(dir, 0, fsGroup ?? 0);
      chmodSync(dir, fsGroup === undefined ? 0o777 : 0o2777);
      const groups = fsGroup === undefined ? [] : [fsGroup];
      const common = { dir, paths };
      run({ ...common, uid: runAsUser, gid: IMAGE_GID, groups, mode: fileMode });
      for (const folder of ['aws', 'pg', 'pg/a/b/c']) {
        const { mode: bits, gid } = statSync(join(dir, folder));
        expect((bits & 0o7777).toString(8), folder).to.equal(fsGroup === undefined ? '755' : '2755');
        expect(gid, folder).to.equal(fsGroup ?? IMAGE_GID);
      }
      for (const reader of readers) {
        const read: unknown = JSON.parse(run({ ...common, ...reader, groups, mode: undefined }));
        expect(read, `as ${reader.uid}`).to.deep.equal(paths);
      }
      const stranger = run({ ...common, uid: 4000, gid: 4000, groups: [], mode: undefined });
      expect(JSON.parse(stranger)).to.deep.equal(open ? paths : paths.map(() => 'EACCES'));
    });
  }
});

describe('files in memory (pending where nothing can be mounted)', () => {
  const files = ['a', 'b/c/d', 'b/e', ...Array.from({ length: 100 }, (_, at) => `many/${at}`)];
  const SIZE = 24;

  // A kernel gives a memory volume its limit in whole pages, and each file at least one. Here pages have 4 KiB, so the
  // number of pages is given instead of the limit (mm/shmem.c counts alike).
  for (const page of [4096, 16_384, 65_536]) {
    it(`fit their volume on a node with pages of ${page / 1024} KiB`, async function () {
      const plan = await planOf({}, files);
      const limit = filesBytes(plan, new Map(plan.names.map((name) => [name, SIZE])));
      const dir = openFolder();
      try {
        const options = `nr_blocks=${Math.ceil(limit / page)}`;
        execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', dir], { stdio: 'ignore' });
      } catch {
        this.skip();
      }
      try {
        const open = () => Promise.resolve(Buffer.alloc(SIZE, 'x'));
        await fillVolumes([{ dir, contents: files.map((path) => ({ path, mode: 0o444, open })) }]);
        expect(files.map((path) => statSync(join(dir, path)).size)).to.deep.equal(files.map(() => SIZE));
      } finally {
        execFileSync('umount', ['-l', dir]);
      }
    });
  }
});
