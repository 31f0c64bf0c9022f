/** Reviews that are nearly right: the captured ones, their annotations and whatever else changed. */
import { readReview, reviewNames } from '../reviews.ts';
import { PREFIX } from './admitted-pod.ts';
import { isMembers, listOf, membersOf, textOf } from './members.ts';
import { copy, dictionaryOf, mutateJson, mutateText, type Json } from './mutate.ts';
import type { Random } from './random.ts';

/** Without what Kubernetes notes of who wrote which field: nobody reads it, and it is half of a review. */
function slim(review: Json): Json {
  const shorter = copy(review);
  const request = membersOf(membersOf(shorter)['request']);
  const metadata = membersOf(membersOf(request['object'])['metadata']);
  delete metadata['managedFields'];
  delete request['options'];
  return shorter;
}

const whole = reviewNames().map((name) => JSON.parse(readReview(name).toString()) as Json);
const corpus = whole.map(slim);
/** Those of sessions, which lead farthest. */
const sessions = corpus.filter((review) => JSON.stringify(review).includes(`"${PREFIX}`));
const texts = {
  whole: whole.map((each) => JSON.stringify(each)),
  slim: corpus.map((each) => JSON.stringify(each)),
  sessions: sessions.map((each) => JSON.stringify(each)),
};

const names = [
  'db-password',
  'aws-key',
  'a',
  '.x',
  'A_b-c.d',
  'ca.crt',
  'n'.repeat(253),
  '..',
  'n'.repeat(254),
  'grant',
  '__proto__',
  'é',
];
const entries = [
  ...names,
  'a=f',
  'a=f/g',
  'aws-key=aws/credentials',
  'a=.ssh/id',
  'a=../x',
  'a=/x',
  'a=f/',
  'b=f/g/h',
  'a=',
  '=a',
];
const variables = [
  'A=a',
  'PGPASSWORD=db-password',
  'B=a',
  '_=a',
  'PATH=a',
  '1=a',
  'A=',
  'A',
  'LD_PRELOAD=a',
  'X=..',
  '__proto__=a',
];
const paths = [
  '/secrets',
  '/secrets/',
  '/',
  '//x',
  '/a/./b',
  '/a/../b',
  '/etc/x',
  '/home/jovyan/s',
  '/run/secrets/mine',
  '/var/run/secrets',
  'x',
  '',
  '/twofold',
  '/a b',
  '/é',
  '/proc',
  '/tmp',
  '/home',
  '/a:b',
];
const modes = ['0400', '0440', '444', '0', '0777', '', '0o400', '00400', '040', '4'];
const quantities = [
  '0',
  '1',
  '100m',
  '1Gi',
  '128Mi',
  '64Mi',
  '1e3',
  '1E',
  '.5',
  '0.0000000001',
  '-1',
  '1n',
  '99999999999999999999',
  '1Zi',
  '',
  '1e99',
  '2Gi',
  '10m',
];
const uids = [0, 1, 1000, 65532, 65534, 2 ** 31, -1, 1.5, 2 ** 53, null];

const dictionary = dictionaryOf(
  corpus,
  [...entries, ...variables, ...paths, 'twofold-', 'twofold.dev/', '*'],
  {
    mountPath: paths,
    devicePath: paths,
    cpu: quantities,
    memory: quantities,
    runAsUser: uids,
    fsGroup: uids,
    restartPolicy: ['Always', 'Never', null],
    name: ['twofold-init', 'twofold-files', 'main', 'a', '', 'A', 'notebook'],
    generateName: ['nb-', 'a', '', '*', 'a'.repeat(300)],
    serviceAccountName: ['default', '', 'x', 'A', null],
    secretName: ['twofold-0123456789abcdef0123456789abcdef', 'mine'],
    audience: ['twofold:x', 'twofold', 'api'],
    path: ['/', '/proc', '/var/lib/kubelet', '/x'],
    volumeDevices: [[{ name: 'd', devicePath: '/dev/x' }]],
    labels: [{ 'twofold.dev/session': 'x' }, {}, null],
    resources: [{}, null, { limits: { cpu: '1', memory: '1Gi' } }, { requests: { cpu: '10m' } }],
    shareProcessNamespace: [true],
    hostPID: [true],
    hostNetwork: [true],
    dnsPolicy: ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None', ''],
    dnsConfig: [{}, { nameservers: ['192.0.2.1'] }, { searches: ['svc.cluster.local', 'cluster.local'] }],
  },
);

function listed(random: Random, items: readonly string[]): string {
  const count = random.chance(0.02) ? random.below(600) : 1 + random.below(4);
  return Array.from({ length: count }, () => random.pick(items)).join();
}

function annotate(random: Random, review: Json): void {
  const metadata = membersOf(membersOf(membersOf(membersOf(review)['request'])['object'])['metadata']);
  const containers = listOf(
    membersOf(membersOf(membersOf(membersOf(review)['request'])['object'])['spec'])['containers'],
  );
  const container = (): string =>
    containers.length > 0 && random.chance(0.8)
      ? textOf(random.pick(containers)['name'])
      : random.pick(['gone', '*', '', 'twofold-init']);
  const makers: Readonly<Record<string, () => string>> = {
    secrets: () => listed(random, entries),
    env: () => listed(random, variables),
    'mount-path': () => random.pick(paths),
    'file-mode': () => random.pick(modes),
    containers: () =>
      random.chance(0.3) ? '*' : random.chance(0.7) ? container() : `${container()},${container()}`,
    ticket: () => random.pick(['a.ticket.here', ' a.b.c\n', '', '\n', 'x'.repeat(3_000)]),
    image: () => 'evil',
  };
  const name = random.pick(Object.keys(makers));
  const text = makers[name]!();
  const value = random.chance(0.25) ? mutateText(random, text, dictionary.tokens) : text;
  if (!isMembers(metadata['annotations'])) metadata['annotations'] = {};
  metadata['annotations'][PREFIX + name] = value;
}

/** What a pod's author writes into a container. */
function writeContainer(random: Random, review: Json): void {
  const { object } = membersOf(membersOf(review)['request']);
  const spec = membersOf(membersOf(object)['spec']);
  const containers = [...listOf(spec['containers']), ...listOf(spec['initContainers'])];
  if (containers.length === 0) return;
  const container = random.pick(containers);
  const amounts = (): Json => ({ [random.pick(['cpu', 'memory'])]: random.pick(quantities) });
  const append = (list: string, item: Json): void => {
    container[list] = [...listOf(container[list]), item];
  };
  const writers: readonly (() => void)[] = [
    () => append('volumeMounts', { name: 'v', mountPath: random.pick(paths) }),
    () => append('env', { name: random.pick(['A', 'PGPASSWORD', 'X']), value: '' }),
    () => (container['resources'] = { limits: amounts(), requests: amounts() }),
    () => (container['resources'] = { [random.pick(['limits', 'requests'])]: amounts() }),
    () => (container['securityContext'] = { runAsUser: random.pick(uids) }),
    () => (container['name'] = random.pick(['twofold-init', 'main', 'notebook', ''])),
  ];
  random.pick(writers)();
}

/** A review, or now and then a text that was one. */
export function reviewOf(random: Random): Json {
  const text = random.pick(
    random.chance(0.05) ? texts.whole : random.chance(0.3) ? texts.slim : texts.sessions,
  );
  if (random.chance(0.02)) return mutateText(random, text, dictionary.tokens);
  const review = JSON.parse(text) as Json;
  if (random.chance(0.6))
    do annotate(random, review);
    while (random.chance(0.4));
  while (random.chance(0.3)) writeContainer(random, review);
  if (random.chance(0.15)) mutateJson(random, review, dictionary);
  // Where most is read.
  const { object } = membersOf(membersOf(review)['request']);
  const part = random.chance(0.7) ? membersOf(object)['spec'] : membersOf(object)['metadata'];
  if (random.chance(0.5) && part !== undefined) mutateJson(random, part, dictionary);
  return review;
}
