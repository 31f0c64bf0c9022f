import { expect } from 'chai';
import { secretFields, specNaming } from '../manifests/guard-cases/secret-fields.ts';
import { admitWith } from '../test/reviews.ts';
import type { Plan } from './plan.ts';
import type { AdmitConfig } from './admit.ts';
import { describeRefusals, type ReviewRequest } from './review.ts';

type Json = Record<string, unknown>;
interface Made {
  readonly annotations?: Record<string, string>;
  readonly metadata?: Json;
  readonly spec?: Json;
  readonly namespace?: string;
  readonly username?: string;
  readonly boundPodUid?: string;
}

/** The second is a sidecar that somebody else may have put there. */
const both = { containers: [{ name: 'main' }, { name: 'side', env: [{ name: 'HOME', value: '/' }] }] };
const basic = { 'twofold.dev/secrets': 'db-password,aws-key', 'twofold.dev/ticket': 'a.b.c' };
function request({ annotations = basic, metadata, spec, namespace, ...by }: Made): ReviewRequest {
  return {
    uid: 'u',
    createsPod: true,
    operation: 'CREATE',
    namespace: namespace ?? 'sessions',
    username: by.username ?? 'alice',
    boundPodUid: by.boundPodUid,
    dryRun: false,
    object: {
      metadata: { name: 'pod', annotations, ...metadata },
      spec: { containers: [{ name: 'main' }], ...spec },
    },
  };
}

const config: Partial<AdmitConfig> = { namespaces: ['sessions', 'hub'], envEnabled: true };
async function admit(made: Made, change: Partial<AdmitConfig> = {}) {
  return admitWith({ ...config, ...change })(request(made), Infinity);
}

async function planOf(made: Made, change: Partial<AdmitConfig> = {}): Promise<Plan> {
  const { plan, verdict } = await admit(made, change);
  if (!plan || !verdict.allowed)
    throw new Error(verdict.allowed ? 'untouched' : describeRefusals(verdict.refusals));
  return plan;
}

async function refusalOf(made: Made, change: Partial<AdmitConfig> = {}): Promise<string> {
  const { verdict } = await admit(made, change);
  if (verdict.allowed) throw new Error('was admitted');
  return describeRefusals(verdict.refusals);
}

describe('a plan', () => {
  describe('of the mount path', () => {
    for (const path of [
      '/',
      '/bin',
      '/bin/x',
      '/boot',
      '/dev',
      '/dev/shm/x',
      '/etc',
      '/etc/ssl/mine',
      '/lib',
      '/lib64',
      '/libexec/x',
      '/proc',
      '/proc/1',
      '/root',
      '/root/.ssh',
      '/root/.ssh/keys',
      '/root/.ssh2',
      '/run',
      '/run/secrets',
      '/run/secrets/kubernetes.io',
      '/run/secrets/kubernetes.io/x',
      '/sbin',
      '/sys',
      '/usr',
      '/usr/local/x',
      '/var',
      '/var/run',
      '/var/run/secrets',
      '/var/run/secrets/kubernetes.io/serviceaccount',
      '//etc',
      '/./etc/',
    ]) {
      it(`refuses ${path}`, async () => {
        const annotations = { ...basic, 'twofold.dev/mount-path': path };
        expect(await refusalOf({ annotations })).to.match(
          /^twofold\.dev\/mount-path: .*\(mount_path_forbidden\)$/,
        );
      });
    }

    for (const path of [
      'secrets',
      './secrets',
      '',
      'C:\\secrets',
      '/a/../b',
      '/..',
      '/a:b',
      '/a\nb',
      '/a\u0000',
      `/${'x'.repeat(1100)}`,
    ]) {
      it(`refuses ${JSON.stringify(path).slice(0, 40)}, which is not an absolute plain path`, async () => {
        const annotations = { ...basic, 'twofold.dev/mount-path': path };
        expect(await refusalOf({ annotations })).to.contain('(annotation_invalid)');
      });
    }

    const normal: Record<string, string> = {
      '/secrets/': '/secrets',
      '/home/jovyan//work/./s': '/home/jovyan/work/s',
      '/etcetera': '/etcetera',
      '/binary': '/binary',
      '/root/secrets': '/root/secrets',
      '/run/secrets/mine': '/run/secrets/mine',
      '/opt/lib': '/opt/lib',
      '/...': '/...',
      '/with space/é': '/with space/é',
    };
    for (const [path, expected] of Object.entries(normal)) {
      it(`reads ${path} as ${expected}`, async () => {
        expect(
          (await planOf({ annotations: { ...basic, 'twofold.dev/mount-path': path } })).mountPath,
        ).to.equal(expected);
      });
    }

    it('is /secrets when none is given', async () => {
      expect((await planOf({})).mountPath).to.equal('/secrets');
    });

    for (const mounted of ['/secrets', '/secrets/', '/secrets/a', '//secrets/./b']) {
      it(`is refused where a chosen container mounts ${mounted}`, async () => {
        const containers = [{ name: 'main', volumeMounts: [{ name: 'v', mountPath: mounted }] }];
        expect(await refusalOf({ spec: { containers } })).to.contain('(mount_path_taken)');
      });
    }

    it('is refused below an existing mount and at a device, and accepted next to a path with the same prefix', async () => {
      const annotations = { ...basic, 'twofold.dev/mount-path': '/home/alice/secrets' };
      const at = (mountPath: string) => ({
        containers: [{ name: 'main', volumeMounts: [{ name: 'v', mountPath }] }],
      });
      expect(await refusalOf({ annotations, spec: at('/home/alice') })).to.contain('(mount_path_taken)');
      const device = {
        containers: [{ name: 'main', volumeDevices: [{ name: 'd', devicePath: '/secrets' }] }],
      };
      expect(await refusalOf({ spec: device })).to.contain('(mount_path_taken)');
      expect((await planOf({ annotations, spec: at('/home/ali') })).mountPath).to.equal(
        '/home/alice/secrets',
      );
    });

    it('ignores the mounts of containers that get nothing', async () => {
      const side = { name: 'side', volumeMounts: [{ name: 'v', mountPath: '/secrets' }] };
      const annotations = { ...basic, 'twofold.dev/containers': 'main' };
      const spec = { containers: [{ name: 'main' }, side] };
      expect((await planOf({ annotations, spec })).chosen.containers).to.deep.equal([0]);
    });
  });

  describe('of the containers', () => {
    const choose = async (value: string | undefined, spec: Json = {}) =>
      (
        await planOf({
          annotations: { ...basic, ...(value === undefined ? {} : { 'twofold.dev/containers': value }) },
          spec: { ...both, ...spec },
        })
      ).chosen;
    const initContainers = [{ name: 'setup' }, { name: 'proxy', restartPolicy: 'Always' }];

    it('picks the only regular one, all of them by *, and others only by name', async () => {
      expect(
        await choose(undefined, { initContainers, containers: [{ name: 'main' }] }),
        'native sidecars are init containers',
      ).to.deep.equal({ containers: [0], initContainers: [] });
      expect(await choose('*', { initContainers })).to.deep.equal({ containers: [0, 1], initContainers: [] });
      expect(await choose('side,proxy', { initContainers })).to.deep.equal({
        containers: [1],
        initContainers: [1],
      });
      expect(await choose('side,side')).to.deep.equal({ containers: [1], initContainers: [] });
    });

    it('picks the one that kubectl would pick, and refuses by name when it is missing', async () => {
      const pick = (name: string) => ({
        annotations: { ...basic, 'kubectl.kubernetes.io/default-container': name },
        spec: both,
      });
      expect((await planOf(pick('side'))).chosen.containers).to.deep.equal([1]);
      expect(await refusalOf(pick(''))).to.contain('nothing says which');
      expect(await refusalOf(pick('gone')))
        .to.contain('kubectl.kubernetes.io/default-container')
        .and.contain('"gone"');
    });

    for (const containers of [both.containers, both.containers.toReversed()]) {
      it(`refuses to guess, and asks: ${containers.map(({ name }) => name).join(', ')}`, async () => {
        const names = containers.map(({ name }) => name).join(', ');
        expect(await refusalOf({ spec: { containers } })).to.equal(
          `twofold.dev/containers: the pod has several containers (${names}), and nothing says which of them get the secrets; name those here, or "*" for all of them (container_ambiguous)`,
        );
      });
    }

    for (const value of ['gone', '', 'main, side', 'main,', '*,main']) {
      it(`refuses ${JSON.stringify(value)}, naming those that exist`, async () => {
        const annotations = { ...basic, 'twofold.dev/containers': value };
        expect(await refusalOf({ annotations, spec: both }))
          .to.contain('main, side')
          .and.contain('(container_unknown)');
      });
    }
  });

  describe('of who may read', () => {
    const modes: [what: string, spec: Json, uid: number, mode: number][] = [
      [
        'one uid on the container',
        { containers: [{ name: 'm', securityContext: { runAsUser: 7 } }] },
        7,
        0o400,
      ],
      ['one uid on the pod', { securityContext: { runAsUser: 8, fsGroup: 9 } }, 8, 0o400],
      ['uid 0 and fsGroup', { securityContext: { runAsUser: 0, fsGroup: 9 } }, 65532, 0o440],
      ['uid 0 alone', { securityContext: { runAsUser: 0 } }, 65532, 0o444],
      ['fsGroup alone', { securityContext: { fsGroup: 9 } }, 65532, 0o440],
      ['nothing', {}, 65532, 0o444],
    ];
    for (const [what, spec, uid, mode] of modes) {
      it(`knows ${what}: uid ${uid}, mode 0${mode.toString(8)}`, async () => {
        const plan = await planOf({ spec });
        expect([plan.runAsUser, plan.fileMode]).to.deep.equal([uid, mode]);
      });
    }

    it('knows two uids: the group if there is one, else all', async () => {
      const containers = [1, 2].map((uid) => ({ name: `c${uid}`, securityContext: { runAsUser: uid } }));
      const annotations = { ...basic, 'twofold.dev/containers': '*' };
      expect((await planOf({ annotations, spec: { containers } })).fileMode).to.equal(0o444);
      const spec = { containers, securityContext: { fsGroup: 3 } };
      expect((await planOf({ annotations, spec })).fileMode).to.equal(0o440);
    });

    it('accepts a mode of read bits only', async () => {
      const withMode = (mode: string) => ({ annotations: { ...basic, 'twofold.dev/file-mode': mode } });
      expect((await planOf(withMode('0440'))).fileMode).to.equal(0o440);
      expect((await planOf(withMode('444'))).fileMode).to.equal(0o444);
      for (const mode of [
        '0644',
        '0777',
        '0',
        '000',
        '0000',
        'r--',
        '0o400',
        '04000',
        '256',
        '',
        ' 0400',
        '0480',
      ]) {
        expect(await refusalOf(withMode(mode)), mode)
          .to.contain('twofold.dev/file-mode')
          .and.contain('0400');
      }
    });

    it('warns when a mode may leave a container unable to read', async () => {
      const annotations = { ...basic, 'twofold.dev/file-mode': '0400' };
      expect((await planOf({ annotations })).warnings.join()).to.contain('"main" may be unable to read');
      expect(
        (await planOf({ annotations, spec: { securityContext: { runAsUser: 5 } } })).warnings,
      ).to.deep.equal([]);
    });
  });

  describe('of variables', () => {
    const env = { ...basic, 'twofold.dev/env': 'PGPASSWORD=db-password,EXTRA=other' };

    it('may name secrets that become no file, and needs no file at all', async () => {
      expect((await planOf({ annotations: env })).names).to.deep.equal(['db-password', 'aws-key', 'other']);
      const only = { 'twofold.dev/env': 'A=b', 'twofold.dev/ticket': 't' };
      const { verdict } = await admit({ annotations: only });
      expect(JSON.stringify(verdict)).not.to.contain('twofold-files');
    });

    it('are refused while the operator has turned them off, naming files as the alternative', async () => {
      expect(await refusalOf({ annotations: env }, { envEnabled: false }))
        .to.contain('twofold.dev/secrets')
        .and.contain('(env_disabled)');
    });

    it('are refused where the container sets one itself', async () => {
      const annotations = {
        ...basic,
        'twofold.dev/env': 'HOME=db-password',
        'twofold.dev/containers': 'side',
      };
      expect(await refusalOf({ annotations, spec: both }))
        .to.contain('"side" already sets HOME')
        .and.contain('(variable_taken)');
    });
  });

  describe('of identity', () => {
    const launchers = [{ username: 'hub', namespaces: ['hub'], annotation: 'hub/user' }];
    const { 'twofold.dev/ticket': _ticket, ...noTicket } = basic;
    const spawned = { annotations: { ...noTicket, 'hub/user': 'alice' }, namespace: 'hub', username: 'hub' };

    it('comes from the trusted launcher, for exactly this username and namespace', async () => {
      expect((await planOf(spawned, { launchers })).launcher).to.deep.equal({
        username: 'hub',
        user: 'alice',
      });
      for (const change of [{ username: 'alice' }, { username: 'hub2' }, { namespace: 'sessions' }]) {
        expect(await refusalOf({ ...spawned, ...change }, { launchers })).to.contain('(no_identity)');
      }
    });

    it('comes from a launcher in the cluster only with its own pod’s token, ticket or not', async () => {
      const username = 'system:serviceaccount:hub-itself:hub';
      const inCluster = { launchers: [{ username, namespaces: ['hub'], annotation: 'hub/user' }] };
      const bound = { ...spawned, username, boundPodUid: 'a-pod' };
      expect((await planOf(bound, inCluster)).launcher).to.deep.equal({ username, user: 'alice' });
      for (const annotations of [spawned.annotations, { ...basic, 'hub/user': 'alice' }]) {
        expect(await refusalOf({ ...spawned, annotations, username }, inCluster))
          .to.contain('hub/user: "system:serviceaccount:hub-itself:hub" names a user')
          .and.contain('the token that Kubernetes mounts in its own pod (launcher_not_pod_bound)');
      }
    });

    it('comes from a ticket without the white space around it, as a block of YAML has it', async () => {
      for (const text of ['a.b.c\n', ' a.b.c', '\r\na.b.c\t\n\n', '\uFEFFa.b.c\u00A0'])
        expect((await planOf({ annotations: { ...basic, 'twofold.dev/ticket': text } })).ticket).to.equal(
          'a.b.c',
        );
      for (const text of ['', '\n', ' \t\r\n'])
        expect(await refusalOf({ annotations: { ...basic, 'twofold.dev/ticket': text } }))
          .to.contain('there is no ticket')
          .and.contain('(no_identity)');
    });

    it('comes from both ticket and launcher, for the console to compare', async () => {
      const plan = await planOf({ ...spawned, annotations: { ...basic, 'hub/user': 'bob' } }, { launchers });
      expect([plan.ticket, plan.launcher?.user]).to.deep.equal(['a.b.c', 'bob']);
    });

    it('is refused when the launcher names nobody', async () => {
      expect(await refusalOf({ ...spawned, annotations: noTicket }, { launchers }))
        .to.contain('hub/user')
        .and.contain('(launcher_annotation_missing)');
    });
  });

  describe('of what cannot be a session', () => {
    it('refuses a pod when the review does not say what, where and whose it is', async () => {
      const unsaid: Made[] = [
        { metadata: { name: undefined } },
        { metadata: { name: 'A' } },
        { metadata: { name: 'a\n' } },
        { metadata: { generateName: '*' } },
        { spec: { serviceAccountName: 'a b' } },
        { username: '' },
        { username: 'a\nb' },
        { username: 'a'.repeat(1025) },
      ];
      for (const made of unsaid)
        expect(await refusalOf(made), JSON.stringify(made))
          .to.contain('does not say which pod this is')
          .and.contain('(pod_unsupported)');
      const { place } = await planOf({
        metadata: { name: '', generateName: 'nb-' },
        username: 'alice',
        spec: { containers: [{ name: 'main' }] },
      });
      expect(place).to.deep.equal({ ns: 'sessions', sa: 'default', generateName: 'nb-', by: 'alice' });
    });

    it('refuses a namespace that is not enabled', async () => {
      expect(await refusalOf({ namespace: 'other' }))
        .to.contain('"other"')
        .and.contain('(namespace_not_enabled)');
    });

    it('goes by patterns, and leaves to the console what only a label can decide', async () => {
      const place = async (namespace: string, namespaces: string[]) =>
        (await planOf({ namespace }, { namespaces })).place.ns;
      expect(await place('jupyter-alice', ['hub', 'jupyter-*'])).to.equal('jupyter-alice');
      expect(await refusalOf({ namespace: 'jupyter' }, { namespaces: ['jupyter-*'] })).to.contain(
        '(namespace_not_enabled)',
      );
      const byLabel = ['twofold.dev/sessions=enabled'];
      expect(await place('other', byLabel)).to.equal('other');
      expect(await refusalOf({ namespace: 'twofold-console' }, { namespaces: byLabel })).to.contain(
        '(namespace_not_enabled)',
      );
    });

    it('refuses Windows and mirror pods', async () => {
      for (const spec of [{ os: { name: 'windows' } }, { nodeSelector: { 'kubernetes.io/os': 'windows' } }]) {
        expect(await refusalOf({ spec })).to.contain('(pod_unsupported)');
      }
      const annotations = { ...basic, 'kubernetes.io/config.mirror': 'x' };
      expect(await refusalOf({ annotations })).to.contain('mirror');
    });

    it('refuses an unknown twofold.dev annotation, and annotations that select nothing', async () => {
      expect(await refusalOf({ annotations: { ...basic, 'twofold.dev/image': 'evil' } }))
        .to.contain('twofold.dev/image: remove it')
        .and.contain('(annotation_unknown)');
      expect(await refusalOf({ annotations: { 'twofold.dev/ticket': 'x' } })).to.contain(
        '(annotation_missing)',
      );
    });

    const sid = '0123456789abcdef0123456789abcdef';
    const reserved: Record<string, Made> = {
      'our label': { metadata: { labels: { 'twofold.dev/session': sid } } },
      'our init container': { spec: { initContainers: [{ name: 'twofold-init' }] } },
      'a container of that name': { spec: { containers: [{ name: 'twofold-init' }] } },
      'a volume with our prefix': { spec: { volumes: [{ name: 'twofold-files', emptyDir: {} }] } },
      'our audience': {
        spec: {
          volumes: [
            { name: 'v', projected: { sources: [{ serviceAccountToken: { audience: 'twofold:x' } }] } },
          ],
        },
      },
    };
    for (const [what, made] of Object.entries(reserved)) {
      it(`refuses ${what} in the incoming pod`, async () => {
        expect(await refusalOf(made))
          .to.contain('strip')
          .and.contain('(reserved_names)');
      });
    }

    for (const field of secretFields.filter((path) => !path.startsWith('ephemeral'))) {
      it(`refuses a session’s Secret in ${field}, and no other`, async () => {
        const naming = (name: string): Made => {
          const part = specNaming(field, name);
          const containers = [{ name: 'main' }, ...(part['containers'] ?? [])];
          return {
            annotations: { ...basic, 'twofold.dev/containers': 'main' },
            spec: { ...part, containers },
          };
        };
        expect(await refusalOf(naming(`twofold-${sid}`)))
          .to.contain(`Secret twofold-${sid}`)
          .and.contain('(reserved_names)');
        expect((await planOf(naming('twofold-notes'))).names).to.have.length(2);
      });
    }

    describe('because it could never claim', () => {
      const policies: [what: string, spec: Json, says: RegExp][] = [
        [
          'the node’s network',
          { hostNetwork: true },
          /hostNetwork and dnsPolicy: ClusterFirst the pod .* set dnsPolicy: ClusterFirstWithHostNet/,
        ],
        [
          'the node’s network, as the API server writes it',
          { hostNetwork: true, dnsPolicy: 'ClusterFirst' },
          /set dnsPolicy: ClusterFirstWithHostNet/,
        ],
        [
          'the node’s resolver',
          { dnsPolicy: 'Default' },
          /dnsPolicy: Default the pod .* set dnsPolicy: ClusterFirst /,
        ],
        [
          'the node’s resolver and network',
          { hostNetwork: true, dnsPolicy: 'Default' },
          /set dnsPolicy: ClusterFirstWithHostNet/,
        ],
        [
          'nameservers of its own',
          { dnsPolicy: 'None', dnsConfig: { nameservers: ['192.0.2.53'] } },
          /dnsPolicy: None .* set dnsPolicy: ClusterFirst; dnsConfig may add to it/,
        ],
      ];
      for (const [what, spec, says] of policies) {
        it(`refuses ${what}, unless the claim address is one that the node finds too`, async () => {
          expect(await refusalOf({ spec }))
            .to.match(says)
            .and.contain('cannot find console.twofold-console.svc, where it would claim its keys')
            .and.contain('(claim_unreachable)');
          for (const claimUrl of [
            'https://10.96.0.20:8445/internal/v1/claim',
            'https://[fd00::20]:8445/internal/v1/claim',
            'https://claim.twofold.example.org:8445/internal/v1/claim',
          ])
            expect((await planOf({ spec }, { claimUrl })).names, claimUrl).to.have.length(2);
        });
      }

      it('but not where dnsConfig shows that its nameservers are the cluster’s: that is a warning', async () => {
        const of = (...searches: string[]): Json => ({
          dnsPolicy: 'None',
          dnsConfig: { nameservers: ['169.254.20.10', '10.96.0.10'], searches },
        });
        const cluster = ['sessions.svc.cluster.local', 'svc.cluster.local', 'cluster.local'];
        expect((await planOf({ spec: of(...cluster, 'example.org') })).warnings).to.deep.equal([
          'dnsPolicy: twofold-init finds console.twofold-console.svc only if the nameservers in dnsConfig are the cluster’s',
        ]);
        for (const searches of [['example.org'], ['svc.cluster.local'], ['cluster.local'], ['xsvc.a', 'a']])
          expect(await refusalOf({ spec: of(...searches) })).to.contain('(claim_unreachable)');
        // Found without search domains.
        const claimUrl = 'https://console.twofold-console.svc.example.internal:8445/internal/v1/claim';
        expect((await planOf({ spec: of() }, { claimUrl })).warnings).to.have.length(1);
      });

      it('but not with a resolver that asks the cluster', async () => {
        for (const spec of [
          { hostNetwork: false },
          {
            dnsPolicy: 'ClusterFirst',
            dnsConfig: { nameservers: ['192.0.2.53'], options: [{ name: 'ndots', value: '1' }] },
          },
          { dnsPolicy: 'ClusterFirstWithHostNet' },
        ])
          expect((await planOf({ spec })).warnings).to.deep.equal([]);
        const { warnings } = await planOf({
          spec: { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' },
        });
        expect(warnings).to.have.length(1);
        expect(warnings[0]).to.match(/^hostNetwork: to NetworkPolicies this pod is its node/);
        expect(warnings[0]!.length).to.be.at.most(256);
      });
    });

    it('warns of what undoes the choice of containers, and continues', async () => {
      const spec = { shareProcessNamespace: true };
      const said = (await planOf({ spec })).warnings;
      expect(said).to.have.length(1);
      expect(said[0]).to.match(/^shareProcessNamespace: every container of this pod/);
    });

    it('reports everything that is wrong together, each by its annotation', async () => {
      const said = await refusalOf({
        annotations: {
          'twofold.dev/secrets': 'a,,b',
          'twofold.dev/env': '1=x',
          'twofold.dev/mount-path': '/etc',
          'twofold.dev/file-mode': '0777',
          'twofold.dev/containers': 'gone',
          'twofold.dev/what': '',
        },
      });
      for (const name of ['secrets', 'env', 'mount-path', 'file-mode', 'containers', 'what', 'ticket']) {
        expect(said).to.contain(`twofold.dev/${name}: `);
      }
    });

    const shapes: Record<string, Json> = {
      'no containers': { containers: [] },
      'containers that are not a list': { containers: {} },
      'a container that is text': { containers: ['x'] },
      'a container without a name': { containers: [{}] },
      'a uid that is text': { securityContext: { runAsUser: '0' } },
      'mounts that are not a list': { containers: [{ name: 'm', volumeMounts: 'x' }] },
      'a quantity that is an object': { containers: [{ name: 'm', resources: { limits: { cpu: {} } } }] },
    };
    for (const [what, spec] of Object.entries(shapes)) {
      it(`refuses a body with ${what}, saying where`, async () => {
        expect(await refusalOf({ spec }))
          .to.contain('spec.')
          .and.contain('(pod_unsupported)');
      });
    }

    it('treats null as absent, as Go writes it', async () => {
      const spec = {
        initContainers: null,
        volumes: null,
        securityContext: null,
        containers: [{ name: 'm', env: null, volumeMounts: null }],
      };
      expect((await planOf({ spec, metadata: { labels: null } })).chosen.containers).to.deep.equal([0]);
    });
  });

  it('leaves alone other operations, and pods without twofold.dev annotations', async () => {
    expect((await admit({ annotations: {} })).outcome).to.equal('untouched');
    expect((await admitWith()({ ...request({}), createsPod: false }, Infinity)).outcome).to.equal(
      'untouched',
    );
  });

  describe('of a pod that brings very many', () => {
    const many = (count: number, of: (at: number) => Json): Json[] =>
      Array.from({ length: count }, (_, at) => of(at));
    const twelveThousand = 12_000;

    it('containers is refused where the additions would be more than a pod can hold', async () => {
      const variables = many(256, (at) => ({ at })).map(({ at }) => `V${String(at)}=a`);
      const annotations = { ...basic, 'twofold.dev/env': variables.join(), 'twofold.dev/containers': '*' };
      const containers = many(6000, (at) => ({ name: `c${at}` }));
      expect(await refusalOf({ annotations, spec: { containers } }))
        .to.contain('6000 containers take more than 10000 entries')
        .and.contain('(selection_too_long)');
    });

    it('of anything gets an answer that names the first of them', async () => {
      const taken = {
        name: 'V',
        env: many(1, () => ({ name: 'HOME' })),
        volumeMounts: [{ mountPath: '/secrets' }],
      };
      const containers = many(twelveThousand, (at) => ({ ...taken, name: `c${at}` }));
      const volumes = many(twelveThousand, (at) => ({ name: `twofold-${at}` }));
      const unknown = Object.fromEntries(
        many(twelveThousand, () => ({})).map((_, at) => [`twofold.dev/x${at}`, '']),
      );
      const chosen = { ...basic, 'twofold.dev/containers': '*', 'twofold.dev/env': 'HOME=aws-key' };
      const answers = [
        await refusalOf({ annotations: chosen, spec: { containers } }),
        await refusalOf({ annotations: { ...basic, 'twofold.dev/containers': 'x' }, spec: { containers } }),
        await refusalOf({ spec: { volumes } }),
        await refusalOf({ annotations: { ...basic, ...unknown } }),
      ];
      for (const answer of answers) expect(answer.length).to.be.within(100, 10_000);
      expect(answers[1]).to.contain('c19 and 11980 more');
    });

    it('names of containers is not cut', async () => {
      const containers = many(2000, (at) => ({ name: `c${at}` }));
      const names = containers.map(({ name }) => String(name));
      const plan = await planOf({
        annotations: { ...basic, 'twofold.dev/containers': names.join() },
        spec: { containers },
      });
      expect(plan.chosen.containers).to.have.length(2000);
    });
  });
});
