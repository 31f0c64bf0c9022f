/**
 * What an admitted pod must be: the pod that it was, and what Twofold adds, said here anew and not by the webhook's own
 * functions.
 */
import { isDeepStrictEqual } from 'node:util';
import { parsePod } from '../../webhook/pod.ts';
import { effectiveLimit, effectiveRequest, qosClass } from '../../webhook/testing/resources.ts';
import { restrictedViolations } from '../pod-security.ts';
import { goldenConfig } from '../reviews.ts';
import { demand } from './harness.ts';
import { listOf, membersOf, textOf, type Members } from './members.ts';
import type { Json } from './mutate.ts';

export const PREFIX = 'twofold.dev/';
export function annotationsOf(pod: unknown): Members {
  return membersOf(membersOf(membersOf(pod)['metadata'])['annotations']);
}

/** As a person would read it: plain, absolute, without a slash at its end. */
function plainPath(text: string): string {
  return `/${text
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')}`;
}

/** Which containers get files: `kind/index`. */
function chosenOf(pod: Members): ReadonlySet<string> {
  const spec = membersOf(pod['spec']);
  const annotations = annotationsOf(pod);
  const names = (kind: string): unknown[] => listOf(spec[kind]).map(({ name }) => name);
  const regular = names('containers');
  const init = names('initContainers');
  const text = annotations['twofold.dev/containers'];
  if (text === '*') return new Set(regular.map((_, at) => `containers/${at}`));
  if (typeof text === 'string' || text === null) {
    const wanted = (text ?? '').split(',');
    return new Set(
      wanted.map((name) =>
        regular.includes(name)
          ? `containers/${regular.indexOf(name)}`
          : `initContainers/${init.indexOf(name)}`,
      ),
    );
  }
  const main = annotations['kubectl.kubernetes.io/default-container'];
  demand(main !== undefined || regular.length === 1, 'ambiguous', () => regular.join());
  return new Set([`containers/${main === undefined ? 0 : regular.indexOf(main ?? '')}`]);
}

/** What was appended to a list that began as `before`. */
function appended(before: unknown, after: unknown, where: string): readonly Members[] {
  const [from, to] = [Array.isArray(before) ? before : [], Array.isArray(after) ? after : []];
  demand(isDeepStrictEqual(to.slice(0, from.length), from), 'changed', () => `${where} is not what it was`);
  return listOf(to.slice(from.length));
}

function without(value: Members, ...gone: readonly string[]): Members {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !gone.includes(key)));
}

function entriesOf(text: Json | undefined): readonly string[] {
  return typeof text === 'string' ? text.split(',') : [];
}

interface Asked {
  readonly files: boolean;
  readonly variables: readonly string[];
  readonly path: string;
}

function askedOf(pod: Members): Asked {
  const {
    [`${PREFIX}secrets`]: files,
    [`${PREFIX}env`]: env,
    [`${PREFIX}mount-path`]: path,
  } = annotationsOf(pod);
  return {
    files: typeof files === 'string',
    variables: entriesOf(env).map((entry) => entry.split('=')[0] ?? ''),
    path: plainPath(typeof path === 'string' ? path : '/secrets'),
  };
}

const OWN_FOLDERS = /^\/(bin|boot|dev|etc|lib|lib64|proc|sbin|sys|usr)(\/|$)/;

function checkContainer(
  before: Members,
  after: Members,
  chosen: boolean,
  { files, variables, path }: Asked,
): void {
  const name = textOf(before['name']);
  const rest = ['volumeMounts', 'env'];
  demand(
    isDeepStrictEqual(without(before, ...rest), without(after, ...rest)),
    'changed',
    () => `container ${name}`,
  );
  const mounts = appended(before['volumeMounts'], after['volumeMounts'], `mounts of ${name}`);
  const env = appended(before['env'], after['env'], `variables of ${name}`);
  if (!chosen) {
    demand(isDeepStrictEqual(before, after), 'unchosen', () => `${name} was not chosen`);
    return;
  }
  const mount = { name: 'twofold-files', mountPath: path, readOnly: true };
  demand(
    isDeepStrictEqual(mounts, files ? [mount] : []),
    'mount',
    () => `${name}: ${JSON.stringify(mounts)}`,
  );
  const taken = [...listOf(before['volumeMounts']), ...listOf(before['volumeDevices'])].map(
    ({ mountPath, devicePath }) => plainPath(textOf(mountPath ?? devicePath ?? '/nowhere')),
  );
  const overlaps = taken.some(
    (other) => `${other}/`.startsWith(`${path}/`) || `${path}/`.startsWith(other === '/' ? '/' : `${other}/`),
  );
  demand(!files || !overlaps, 'overlap', () => `${path} in ${name}, which mounts ${taken.join()}`);
  demand(!files || !OWN_FOLDERS.test(path), 'folder', () => path);
  demand(
    isDeepStrictEqual(
      env.map((each) => each['name']),
      variables,
    ),
    'variables',
    () => JSON.stringify(env),
  );
  const own = new Set(listOf(before['env']).map((each) => each['name']));
  demand(
    new Set(variables).size === variables.length && variables.every((each) => !own.has(each)),
    'variables',
    () => variables.join(),
  );
}

function checkInit(init: Members, { files, variables }: Asked): void {
  const { name, image, securityContext } = init;
  demand(name === 'twofold-init' && image === goldenConfig.image, 'init', () => 'another container is first');
  for (const member of ['command', 'args', 'envFrom', 'lifecycle', 'ports'])
    demand(!(member in init), 'init', () => member);
  const { runAsUser } = membersOf(securityContext);
  demand(Number.isSafeInteger(runAsUser) && runAsUser !== 0, 'init', () => `runs as ${textOf(runAsUser)}`);
  const mounted = listOf(init['volumeMounts']).map((mount) => mount['name']);
  const volumes = [
    'twofold-session',
    'twofold-token',
    ...(files ? ['twofold-files'] : []),
    ...(variables.length > 0 ? ['twofold-env'] : []),
  ];
  demand(isDeepStrictEqual(mounted, volumes), 'init', () => `mounts ${textOf(mounted)}`);
}

function checkVolumes(before: Members, after: Members, { files, variables }: Asked): void {
  const own = listOf(before['volumes']).map((volume) => volume['name']);
  const added = appended(before['volumes'], after['volumes'], 'volumes');
  const names = added.map((volume) => volume['name']);
  demand(
    new Set(names).size === names.length && names.every((name) => !own.includes(name ?? null)),
    'volume',
    () => textOf(names),
  );
  const byName = new Map(added.map((volume) => [volume['name'], volume]));
  for (const [name, wanted] of [
    ['twofold-files', files],
    ['twofold-env', variables.length > 0],
  ] as const) {
    const volume = byName.get(name);
    demand((volume !== undefined) === wanted, 'volume', () => `${name} is ${wanted ? 'missing' : 'there'}`);
    if (!volume) continue;
    const { medium, sizeLimit } = membersOf(volume['emptyDir']);
    demand(medium === 'Memory' && /^[1-9]\d*$/.test(textOf(sizeLimit)), 'memory', () =>
      JSON.stringify(volume),
    );
  }
  demand(byName.has('twofold-session') && byName.has('twofold-token'), 'volume', () => textOf(names));
  demand(names.length === 2 + Number(files) + Number(variables.length > 0), 'volume', () => textOf(names));
}

/** By which identity webhooks are told which containers to pass over. */
const SKIP_LISTS = ['azure.workload.identity/skip-containers', 'eks.amazonaws.com/skip-containers'];

function checkAnnotations(before: Members, after: Members): void {
  demand(
    isDeepStrictEqual(without(before, ...SKIP_LISTS), without(after, ...SKIP_LISTS)),
    'changed',
    () => 'annotations',
  );
  for (const key of SKIP_LISTS) {
    const [was, is] = [textOf(before[key] ?? ''), textOf(after[key])];
    const named = is.includes('twofold-init') && is.endsWith(was.replace(/^[\r\n]+/, ''));
    demand(named, 'skip', () => `${key}: ${JSON.stringify([was, is])}`);
  }
}

const RESOURCES = ['cpu', 'memory', 'ephemeral-storage', 'nvidia.com/gpu'];

/** Throws a Fault where `after` is not `before` with what its annotations ask for. */
export function checkAdmittedPod(before: Members, after: Members): void {
  const asked = askedOf(before);
  const [was, is] = [membersOf(before['spec']), membersOf(after['spec'])];
  demand(
    isDeepStrictEqual(without(before, 'metadata', 'spec'), without(after, 'metadata', 'spec')),
    'changed',
    () => 'the pod',
  );
  const { hostNetwork, dnsPolicy, dnsConfig } = was;
  const asksNode =
    dnsPolicy === 'Default' || (hostNetwork === true && !/WithHostNet|None/.test(textOf(dnsPolicy)));
  const asksOthers = dnsPolicy === 'None' && !JSON.stringify(dnsConfig ?? {}).includes('"svc.');
  demand(!asksNode && !asksOthers, 'claim', () => JSON.stringify([hostNetwork, dnsPolicy, dnsConfig]));
  const parts = ['containers', 'initContainers', 'volumes'];
  demand(isDeepStrictEqual(without(was, ...parts), without(is, ...parts)), 'changed', () => 'the spec');
  const [metadata, labelled] = [membersOf(before['metadata']), membersOf(after['metadata'])];
  const labels = without(membersOf(labelled['labels']), 'twofold.dev/session');
  demand(isDeepStrictEqual(membersOf(metadata['labels']), labels), 'changed', () => 'labels');
  demand(
    /^[0-9a-f]{32}$/.test(textOf(membersOf(labelled['labels'])['twofold.dev/session'])),
    'label',
    () => 'of the session',
  );
  const rest = ['labels', 'annotations'];
  demand(
    isDeepStrictEqual(without(metadata, ...rest), without(labelled, ...rest)),
    'changed',
    () => 'metadata',
  );
  checkAnnotations(annotationsOf(before), annotationsOf(after));
  const [init, ...inits] = listOf(is['initContainers']);
  checkInit(membersOf(init), asked);
  checkVolumes(was, is, asked);
  const chosen = chosenOf(before);
  for (const [kind, now] of [
    ['containers', listOf(is['containers'])],
    ['initContainers', inits],
  ] as const) {
    const then = listOf(was[kind]);
    demand(then.length === now.length, 'changed', () => `${kind}: ${now.length} of ${then.length}`);
    for (const [at, container] of then.entries())
      checkContainer(container, now[at]!, chosen.has(`${kind}/${at}`), asked);
  }
  const [parsed, admitted] = [parsePod(before), parsePod(after)];
  demand(
    qosClass(admitted) === qosClass(parsed),
    'qos',
    () => `${qosClass(parsed)} became ${qosClass(admitted)}`,
  );
  for (const resource of RESOURCES)
    demand(
      effectiveRequest(admitted, resource) === effectiveRequest(parsed, resource) &&
        effectiveLimit(admitted, resource) === effectiveLimit(parsed, resource),
      'request',
      () => resource,
    );
  const ours = restrictedViolations(after).filter((violation) =>
    /^(twofold-init:|volume twofold-)/.test(violation),
  );
  demand(ours.length === 0, 'security', () => ours.join());
}
