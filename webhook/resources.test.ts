import { expect } from 'chai';
import { growthOf, MOST_RATIO } from '../test/growth/harness.ts';
import { fc } from '../test/properties.ts';
import { parsePod, type Pod } from './pod.ts';
import { parseQuantity } from './quantity.ts';
import { initResources, neededMemory } from './resources.ts';
import { effectiveLimit, effectiveRequest, qosClass } from './testing/resources.ts';

type Json = Record<string, unknown>;
function podOf(spec: Json): Pod {
  return parsePod({ metadata: {}, spec: { containers: [{ name: 'a' }], ...spec } });
}
function containersOf(...resources: Json[]): Json {
  return { containers: resources.map((each, at) => ({ name: `c${at}`, resources: each })) };
}
function same(cpu: string, memory: string) {
  return { requests: { cpu, memory }, limits: { cpu, memory } };
}
/** Of the containers, by their resources: which one is copied. */
function chosenOf(resources: Json[], spec: Json = {}): Json | undefined {
  const chosen = initResources(podOf({ ...containersOf(...resources), ...spec }), 0);
  const whole = (each: Json): string => JSON.stringify({ requests: {}, limits: {}, ...each });
  return resources.find((each) => chosen && whole(each) === JSON.stringify(chosen));
}
const MIB_64 = 64 * 1024 * 1024;

describe('the init container’s resources', () => {
  it('are those of the one container, every kind of them, and as they are written', () => {
    const resources = {
      requests: { cpu: '0.5', memory: '1073741824', 'ephemeral-storage': '1Gi', 'example.com/device': '1' },
      limits: {
        memory: '2Gi',
        'ephemeral-storage': '2Gi',
        'example.com/device': '1',
        'hugepages-2Mi': '4Mi',
      },
    };
    expect(initResources(podOf(containersOf(resources)), 0)).to.deep.equal(resources);
  });

  it('are those of the container that gives the most memory, by its limit, otherwise by its request', () => {
    const [proxy, notebook] = [{ requests: { memory: '1Gi' } }, { limits: { memory: '2Gi', cpu: '1' } }];
    expect(chosenOf([proxy, notebook])).to.equal(notebook);
    expect(chosenOf([{ requests: { memory: '3Gi' } }, notebook])).to.deep.equal({
      requests: { memory: '3Gi' },
    });
    const asksForMore = { requests: { memory: '64Mi' }, limits: { memory: '4G' } };
    expect(chosenOf([notebook, asksForMore, same('8', '1Gi')])).to.equal(asksForMore);
    expect(chosenOf([{ requests: { cpu: '4' } }, { requests: { memory: '1Mi' } }])).to.deep.equal({
      requests: { memory: '1Mi' },
    });
  });

  it('are the first one’s of equals', () => {
    const [first, second] = [
      { requests: { cpu: '1' }, limits: { memory: '1Gi' } },
      { requests: { cpu: '2' }, limits: { memory: '1024Mi' } },
    ];
    expect(chosenOf([first, second])).to.equal(first);
    expect(chosenOf([{}, { requests: { cpu: '1' } }])).to.deep.equal({});
  });

  it('are never an init container’s', () => {
    const initContainers = [{ name: 's', restartPolicy: 'Always', resources: same('4', '8Gi') }];
    const pod = podOf({ ...containersOf(same('1', '1Gi')), initContainers });
    expect(initResources(pod, 0)).to.deep.equal(same('1', '1Gi'));
  });

  it('are none where no container has any', () => {
    const none = { requests: {}, limits: {} };
    expect(initResources(podOf({}), 0)).to.deep.equal(none);
    expect(initResources(podOf({ resources: same('1', '1Gi') }), 0)).to.deep.equal(none);
  });

  it('are a container’s at pod level, too', () => {
    const pod = podOf({ ...containersOf({}, same('1', '1Gi')), resources: same('4', '4Gi') });
    expect(initResources(pod, 0)).to.deep.equal(same('1', '1Gi'));
  });

  it('are not those of a container whose limit is too small, if another has room', () => {
    const small = { limits: { memory: '32Mi' } };
    expect(chosenOf([small, {}])).to.deep.equal({});
    expect(chosenOf([small, { requests: { memory: '16Mi' } }])).to.deep.equal({
      requests: { memory: '16Mi' },
    });
    expect(chosenOf([{ limits: { memory: '0' } }])).to.deep.equal({ limits: { memory: '0' } });
  });

  it('leave 64 MiB and the payload, or there are none', () => {
    const exact = podOf(containersOf(same('1', '64Mi')));
    expect(initResources(exact, 0)).to.deep.equal(same('1', '64Mi'));
    expect(initResources(exact, 1)).to.equal(undefined);
    expect(initResources(podOf(containersOf(same('1', '16Mi'), same('1', '63Mi'))), 0)).to.equal(undefined);
    expect(neededMemory(1)).to.equal('65Mi');
    expect(parseQuantity(neededMemory(0))).to.equal(BigInt(MIB_64) * 1_000_000_000n);
  });

  it('are none where the pod’s own limit does not leave that', () => {
    expect(initResources(podOf({ resources: same('1', '63Mi') }), 0)).to.equal(undefined);
    expect(initResources(podOf({ resources: { limits: { cpu: '1' } } }), 0)).to.deep.equal({
      requests: {},
      limits: {},
    });
  });

  it('never change the QoS class, and never raise effective requests or limits', () => {
    const amount = fc.constantFrom('0', '1m', '20m', '500m', '1', '2');
    const memory = fc.constantFrom('0', '16Mi', '1Gi', '1288490188800m', '1.5G');
    const other = fc.constantFrom('1', '1Gi');
    const list = fc.record(
      { cpu: amount, memory, 'ephemeral-storage': other, 'example.com/device': other },
      { requiredKeys: [] },
    );
    const resources = fc.record({ requests: list, limits: list }, { requiredKeys: [] });
    const container = (name: string) => resources.map((value) => ({ name, resources: value }));
    const init = fc.tuple(container('i'), fc.boolean()).map(([value, sidecar]) => ({
      ...value,
      ...(sidecar ? { restartPolicy: 'Always' } : {}),
    }));
    const spec = fc.record(
      {
        containers: fc.array(container('c'), { minLength: 1, maxLength: 3 }),
        initContainers: fc.array(init),
        resources,
      },
      { requiredKeys: ['containers'] },
    );
    let admitted = 0;
    fc.assert(
      fc.property(spec, (value) => {
        const before = podOf(value);
        const own = initResources(before, 0);
        if (!own) return;
        admitted += 1;
        const ours = { ...before.containers[0]!, name: 'twofold-init', restartable: false, resources: own };
        const after = { ...before, initContainers: [ours, ...(before.initContainers ?? [])] };
        expect(before.containers.map((each) => each.resources)).to.deep.include(own);
        expect(qosClass(after)).to.equal(qosClass(before));
        for (const resource of ['cpu', 'memory', 'ephemeral-storage', 'example.com/device']) {
          expect(effectiveRequest(after, resource)).to.equal(effectiveRequest(before, resource));
          expect(effectiveLimit(after, resource)).to.equal(effectiveLimit(before, resource));
        }
      }),
      { numRuns: 1000 },
    );
    expect(admitted).to.be.above(500);
  });

  it('are computed in time linear in the pod’s containers', async () => {
    const build = (n: number): Pod =>
      podOf({
        containers: Array.from({ length: n }, (_, at) => ({
          name: `c${at}`,
          resources: { limits: { cpu: 1, memory: `${at}Mi` } },
        })),
      });
    const choose = (pod: Pod): unknown => initResources(pod, 0);
    expect((await growthOf(build, choose)).ratio).to.be.below(MOST_RATIO);
  });
});

describe('effective requests, as the tests compute them', () => {
  it('count as KEP-753 says: the largest of what runs, and of each init container with the sidecars before it', () => {
    const amount = fc.constantFrom('0', '1', '250m', '3', '1e2', '1Ki');
    const init = fc.record({ cpu: amount, sidecar: fc.boolean() });
    const container = fc.record({ cpu: amount });
    const requestOf = ({ cpu }: { cpu: string }): bigint => parseQuantity(cpu)!;
    const sum = (amounts: bigint[]): bigint => amounts.reduce((total, each) => total + each, 0n);
    fc.assert(
      fc.property(
        fc.array(container, { minLength: 1, maxLength: 4 }),
        fc.array(init),
        (containers, inits) => {
          const before = (end: number): bigint =>
            sum(inits.slice(0, end).map((each) => (each.sidecar ? requestOf(each) : 0n)));
          const candidates = [
            sum(containers.map(requestOf)) + before(inits.length),
            ...inits.map((each, at) => requestOf(each) + before(at)),
          ];
          const expected = candidates.reduce((most, each) => (each > most ? each : most), 0n);
          const of = ({ cpu }: { cpu: string }): Json => ({ name: 'c', resources: { requests: { cpu } } });
          const pod = podOf({
            containers: containers.map(of),
            initContainers: inits.map((each) =>
              each.sidecar ? { ...of(each), restartPolicy: 'Always' } : of(each),
            ),
          });
          expect(effectiveRequest(pod, 'cpu')).to.equal(expected);
        },
      ),
      { numRuns: 500 },
    );
  });
});
