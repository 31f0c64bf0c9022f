import { expect } from 'chai';
import { growthOf, MOST_RATIO } from '../test/growth/harness.ts';
import { fc } from '../test/properties.ts';
import { parsePod, type Pod } from './pod.ts';
import { parseQuantity } from './quantity.ts';
import { effectiveRequest, initResources, missingMemory, qosClass } from './resources.ts';

type Json = Record<string, unknown>;
function podOf(spec: Json): Pod {
  return parsePod({ metadata: {}, spec: { containers: [{ name: 'a' }], ...spec } });
}
function withInit(pod: Pod): Pod {
  const [container] = pod.containers;
  const ours = { ...container!, name: 'twofold-init', restartable: false, resources: initResources(pod) };
  return { ...pod, initContainers: [ours, ...(pod.initContainers ?? [])] };
}
function same(cpu: string, memory: string) {
  return { requests: { cpu, memory }, limits: { cpu, memory } };
}

describe('the init container’s resources', () => {
  it('are the pod’s effective ones when it is Guaranteed', () => {
    const pod = podOf({
      containers: [
        { name: 'a', resources: same('500m', '1Gi') },
        { name: 'b', resources: { limits: { cpu: '1', memory: '512Mi' } } },
      ],
    });
    expect(qosClass(pod)).to.equal('Guaranteed');
    const both = { cpu: '1500m', memory: '1536Mi' };
    expect(initResources(pod)).to.deep.equal({ requests: both, limits: both });
  });

  it('count a native sidecar along with the containers', () => {
    const initContainers = [{ name: 's', restartPolicy: 'Always', resources: same('1', '1Gi') }];
    const pod = podOf({ containers: [{ name: 'a', resources: same('1', '1Gi') }], initContainers });
    expect(initResources(pod).limits).to.deep.equal({ cpu: '2', memory: '2Gi' });
  });

  it('are the smallest container request, up to a maximum, when it is Burstable, and no limits', () => {
    const pod = podOf({
      containers: [
        { name: 'a', resources: { requests: { cpu: '2', memory: '4Gi' }, limits: { memory: '4Gi' } } },
        { name: 'b', resources: { requests: { cpu: '20m' } } },
      ],
    });
    expect(initResources(pod)).to.deep.equal({ requests: { cpu: '20m', memory: '128Mi' }, limits: {} });
  });

  it('are none for BestEffort, at pod level, and where only other resources are requested', () => {
    const none = { requests: {}, limits: {} };
    expect(initResources(podOf({}))).to.deep.equal(none);
    expect(initResources(podOf({ resources: same('1', '1Gi') }))).to.deep.equal(none);
    const gpu = [{ name: 'a', resources: { limits: { 'nvidia.com/gpu': '1' } } }];
    expect(initResources(podOf({ containers: gpu }))).to.deep.equal(none);
  });

  it('never change the QoS class and never raise effective requests', () => {
    const amount = fc.constantFrom('0', '1m', '20m', '500m', '1', '2');
    const memory = fc.constantFrom('0', '16Mi', '1Gi', '1288490188800m', '1.5G');
    const list = fc.record({ cpu: amount, memory }, { requiredKeys: [] });
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
    fc.assert(
      fc.property(spec, (value) => {
        const before = podOf(value);
        const after = withInit(before);
        expect(qosClass(after)).to.equal(qosClass(before));
        for (const resource of ['cpu', 'memory']) {
          expect(effectiveRequest(after, resource)).to.equal(effectiveRequest(before, resource));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('must leave 64 MiB and the payload, or say how much is missing', () => {
    const pod = podOf({ containers: [{ name: 'a', resources: same('1', '64Mi') }] });
    expect(missingMemory(pod, initResources(pod), 0)).to.equal(0);
    expect(missingMemory(pod, initResources(pod), 4096)).to.be.greaterThan(4095);
    const level = podOf({ resources: same('1', '32Mi') });
    expect(missingMemory(level, initResources(level), 0)).to.be.greaterThan(0);
    const burstable = podOf({ containers: [{ name: 'a', resources: { limits: { memory: '16Mi' } } }] });
    expect(missingMemory(burstable, initResources(burstable), 4096)).to.equal(0);
  });

  it('are computed in time linear in the pod’s init containers', async () => {
    const build = (n: number): Pod =>
      podOf({
        containers: [{ name: 'a', resources: same('1', '1Gi') }],
        initContainers: Array.from({ length: n }, () => ({
          name: 'i',
          restartPolicy: 'Always',
          resources: { limits: { cpu: 1, memory: 1 } },
        })),
      });
    expect((await growthOf(build, initResources)).ratio).to.be.below(MOST_RATIO);
  });

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
