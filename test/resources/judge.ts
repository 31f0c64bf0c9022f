/**
 * A real API server with the real webhook and guard, which says of each pod whether it fits its namespace, without secrets
 * and with them.
 */
import { expect } from 'chai';
import type { KubernetesObject } from '../../manifests/kubernetes-object.ts';
import type { Pod } from '../../scripts/dev/kubernetes/objects.ts';
import type { ApiAnswer } from '../../scripts/dev/person.ts';
import { parsePod, type Pod as ParsedPod, type Resources } from '../../webhook/pod.ts';
import { parseQuantity } from '../../webhook/quantity.ts';
import { effectiveLimit, effectiveRequest } from '../../webhook/testing/resources.ts';
import { messageOf, startDrill } from '../drills/cluster.ts';
import { eventually } from '../eventually.ts';
import type { Place } from './constraints.ts';
import { outcomes, type Outcome } from './matrix.ts';
import { PRIORITY, shapes, type Shape } from './shapes.ts';

const SECRET = 'db-password';

interface Quota {
  readonly spec: { readonly hard: Readonly<Record<string, string>> };
  readonly status: { readonly hard?: object; readonly used?: Readonly<Record<string, string>> };
}

export interface Judge {
  /** Makes these namespaces; resolves once pods can be made in them. */
  prepare(places: readonly Pick<Place, 'namespace' | 'documents'>[]): Promise<void>;
  /** In dry runs. Rejects where the secrets make a difference that is not among the outcomes. */
  outcomeOf(shape: Shape, place: Place): Promise<Outcome>;
  /** For every shape that is not refused for its memory. Rejects where the quota counts the two differently. */
  fills(shape: Shape): Promise<void>;
  /** What the refusals for too little memory said. */
  readonly messages: ReadonlySet<string>;
  close(): Promise<void>;
}

function resourcesIn({ containers, initContainers = [] }: ParsedPod): readonly Resources[] {
  return [...containers, ...initContainers].map(({ resources }) => resources);
}

/** Names of everything that the pod and its containers ask for. */
function resourceNames(pod: ParsedPod): readonly string[] {
  const all = [...resourcesIn(pod), ...(pod.resources ? [pod.resources] : [])];
  const names = all.flatMap(({ requests, limits }) => [...Object.keys(requests), ...Object.keys(limits)]);
  return [...new Set(names)];
}

function expectSame(before: Pod, after: Pod): void {
  expect(after.status?.['qosClass'], 'QoS class').to.equal(before.status?.['qosClass']);
  expect(after.spec.resources, 'resources at pod level').to.deep.equal(before.spec.resources);
  expect(after.spec.containers.map(({ resources }) => resources)).to.deep.equal(
    before.spec.containers.map(({ resources }) => resources),
  );
  const [was, is] = [parsePod(before), parsePod(after)];
  for (const resource of resourceNames(is)) {
    expect(effectiveRequest(is, resource), `request for ${resource}`).to.equal(
      effectiveRequest(was, resource),
    );
    expect(effectiveLimit(is, resource), `limit of ${resource}`).to.equal(effectiveLimit(was, resource));
  }
  const [init] = is.initContainers ?? [];
  expect(init?.name).to.equal('twofold-init');
  expect(
    is.containers.map(({ resources }) => resources),
    'one container’s',
  ).to.deep.include(init?.resources);
}

/** A quota that this pod fills exactly, of whatever a quota lets it count. */
function filledBy(pod: ParsedPod): Readonly<Record<string, string>> {
  const all = resourcesIn(pod);
  const hard: Record<string, string> = {};
  for (const resource of resourceNames(pod)) {
    const computed = resource === 'cpu' || resource === 'memory';
    const counts = {
      requests: [effectiveRequest(pod, resource), pod.resources?.requests] as const,
      limits: [effectiveLimit(pod, resource), pod.resources?.limits] as const,
    };
    for (const kind of ['requests', 'limits'] as const) {
      const [nano, atPodLevel] = counts[kind];
      // A quota of CPU or memory refuses containers that do not say; devices and huge pages are counted by request.
      if (computed && !pod.resources && !all.every((each) => resource in each[kind])) continue;
      if (kind === 'limits' && !computed && resource !== 'ephemeral-storage') continue;
      hard[`${kind}.${resource}`] = String(atPodLevel?.[resource] ?? `${nano}n`);
    }
  }
  return hard;
}

function quantities(list: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(list).map(([key, value]) => [key, String(parseQuantity(value))]));
}

/** So many at once. */
export async function inBatches<T>(items: readonly T[], size: number, each: (item: T) => Promise<unknown>) {
  const waiting = [...items];
  await Promise.all(
    Array.from({ length: size }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await each(next);
    }),
  );
}

export async function startJudge(): Promise<Judge> {
  const many = '1000000';
  const drill = await startDrill({
    env: { console: { TWOFOLD_REFUSALS_PER_MINUTE: many, TWOFOLD_QUOTA_TICKETS: many } },
  });
  const { admin } = drill;
  const alice = drill.person('alice');
  await alice.store(SECRET, 'value');
  const priority = { metadata: { name: PRIORITY }, value: 1 };
  await admin.must('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', priority);

  const annotations = new Map<string, Promise<Readonly<Record<string, string>>>>();
  const annotationsIn = (namespace: string): Promise<Readonly<Record<string, string>>> => {
    const issued =
      annotations.get(namespace) ??
      alice
        .ticket({ namespace, secrets: [SECRET], containers: ['main'] })
        .then((ticket) => ticket.annotations);
    annotations.set(namespace, issued);
    return issued;
  };

  /** A quota counts once the API server has seen what its controller wrote. */
  const create = async (
    { spec }: Shape,
    namespace: string,
    { secrets, query = '' }: { readonly secrets: boolean; readonly query?: string },
  ): Promise<ApiAnswer> => {
    const metadata = { name: 'pod', ...(secrets ? { annotations: await annotationsIn(namespace) } : {}) };
    const body = { apiVersion: 'v1', kind: 'Pod', metadata, spec };
    return await eventually(`the quota of ${namespace} counts`, async () => {
      const answer = await admin.call('POST', `/api/v1/namespaces/${namespace}/pods${query}`, body);
      return !messageOf(answer).includes('status unknown for quota') && answer;
    });
  };

  const prepare: Judge['prepare'] = async (places) => {
    await inBatches(places, 4, async ({ namespace, documents }) => {
      await admin.must('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
      for (const document of documents) {
        const collection = `${(document.kind ?? '').toLowerCase()}s`;
        await admin.must('POST', `/api/v1/namespaces/${namespace}/${collection}`, document);
      }
    });
    for (const { namespace } of places) {
      await eventually(`${namespace} has its service account`, async () => {
        const path = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
        return (await admin.call('GET', path)).status === 200;
      });
    }
    await eventually('the quotas have their status', async () => {
      const { items } = await admin.must<{ items: readonly Quota[] }>('GET', '/api/v1/resourcequotas');
      return items.every(({ spec, status }) =>
        Object.keys(spec.hard).every((resource) => resource in (status.used ?? {})),
      );
    });
  };

  const messages = new Set<string>();
  const outcomeOf: Judge['outcomeOf'] = async (shape, { namespace }) => {
    const query = '?dryRun=All';
    const without = await create(shape, namespace, { secrets: false, query });
    if (without.status !== 201) return outcomes.never;
    const having = await create(shape, namespace, { secrets: true, query });
    const message = messageOf(having);
    if (message.endsWith('(memory_too_small)')) {
      messages.add(message);
      return outcomes.tooSmall;
    }
    expect([having.status, message], 'admitted without secrets').to.deep.equal([201, '']);
    expectSame(without.body as Pod, having.body as Pod); // the API server's own
    return outcomes.same;
  };

  const fills: Judge['fills'] = async (shape) => {
    const free = await create(shape, 'default', { secrets: false, query: '?dryRun=All' });
    const hard = filledBy(parsePod(free.body));
    const namespaces = ['without', 'with'].map((how) => `filled-${how}-${shapes.indexOf(shape)}`);
    const quotaIn = (namespace: string): KubernetesObject => ({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'filled', namespace },
      spec: { hard: { ...hard, pods: '1' } },
    });
    await prepare(namespaces.map((namespace) => ({ namespace, documents: [quotaIn(namespace)] })));
    for (const [at, namespace] of namespaces.entries()) {
      const created = await create(shape, namespace, { secrets: at === 1 });
      expect([created.status, messageOf(created)], namespace).to.deep.equal([201, '']);
      const path = `/api/v1/namespaces/${namespace}/resourcequotas/filled`;
      const { status } = await admin.must<Quota>('GET', path);
      expect(quantities(status.used), namespace).to.deep.equal(quantities({ ...hard, pods: '1' }));
    }
  };

  return { prepare, outcomeOf, fills, messages, close: () => drill.stack.stop() };
}
