/** What a person reads when something is wrong: pods, rollouts, the self-test's findings. */
import type { V1ContainerStatus, V1Deployment, V1Pod } from '@kubernetes/client-node';
import { expect } from 'chai';
import { describeContainer, isHopeless } from './diagnosis.ts';
import { haveRootInCommon, leavesIn, secretOf } from './certificates.ts';
import { leafPlans } from '../../certs/plan.ts';
import { progressOf } from './rollout.ts';
import { faultOf, nextOf } from './self-test.ts';

/** As the API server returns it. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the author of the value knows its type
function fromJson<T>(value: object): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function status(part: object): V1ContainerStatus {
  return fromJson({
    name: 'console',
    image: 'i',
    imageID: '',
    ready: false,
    restartCount: 0,
    ...part,
  });
}
function waiting(reason: string) {
  return status({ state: { waiting: { reason, message: 'because' } } });
}
function ended(exitCode: number) {
  return { exitCode, reason: 'Error', message: 'TWOFOLD_CLUSTER is missing' };
}

describe('the report on a container', () => {
  it('is why it waits', () => {
    expect(describeContainer(waiting('ErrImageNeverPull'))).to.equal(
      'console waits: ErrImageNeverPull: because',
    );
  });

  it('is how it ended, with its termination message', () => {
    const crashed = status({ ...waiting('CrashLoopBackOff'), lastState: { terminated: ended(78) } });
    expect(describeContainer(crashed)).to.match(/ended with 78 \(Error: TWOFOLD_CLUSTER is missing\)/);
  });

  it('is nothing for one that is ready or has completed', () => {
    expect(describeContainer(status({ ready: true, state: { running: {} } }))).to.equal(undefined);
    expect(describeContainer(status({ state: { terminated: ended(0) } }))).to.equal(undefined);
  });

  it('ends the wait where waiting does not help', () => {
    const pod = (container: object): V1Pod =>
      fromJson({ status: { containerStatuses: [status(container)] } });
    expect(isHopeless(pod(waiting('ErrImageNeverPull')))).to.equal(true);
    expect(isHopeless(pod(waiting('ContainerCreating')))).to.equal(false);
    expect(isHopeless(pod({ ...waiting('CrashLoopBackOff'), restartCount: 3 }))).to.equal(true);
    expect(isHopeless(pod({ state: { running: {} }, restartCount: 3 }))).to.equal(false);
  });
});

describe('progress of a rollout', () => {
  const deployment = (part: object): V1Deployment =>
    fromJson({
      metadata: { generation: 2 },
      spec: { replicas: 2, selector: {}, template: {} },
      status: { observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2, ...part },
    });

  it('is complete when every replica is new and available, and no old one is left', () => {
    expect(progressOf(deployment({}))).to.deep.equal({ ready: 2, wanted: 2, done: true });
  });

  it('is not complete before the controller has seen the change, or while an old or unready replica exists', () => {
    const others = [
      { observedGeneration: 1 },
      { replicas: 3 },
      { updatedReplicas: 1 },
      { availableReplicas: 1 },
    ];
    for (const part of others)
      expect(progressOf(deployment(part)).done, JSON.stringify(part)).to.equal(false);
  });
});

describe('the self-test’s pod', () => {
  const IMAGE = 'injector:1';
  const expected = { injectorImage: IMAGE, pullSecrets: ['registry'] };
  const good: V1Pod = fromJson({
    metadata: { labels: { 'twofold.dev/session': '0'.repeat(32) } },
    spec: {
      initContainers: [{ name: 'twofold-init', image: IMAGE }],
      containers: [
        { name: 'main', volumeMounts: [{ name: 'twofold-files', mountPath: '/secrets', readOnly: true }] },
      ],
      imagePullSecrets: [{ name: 'of-the-account' }, { name: 'registry' }],
    },
  });

  it('is right when it came back with init container, label and mount', () => {
    expect(faultOf(good, expected)).to.equal(undefined);
  });

  it('is wrong when any of them is not what was requested', () => {
    const wrong = [
      { ...good, spec: { ...good.spec, initContainers: [] } },
      { ...good, spec: { ...good.spec, containers: [{ name: 'main' }] } },
      { ...good, metadata: {} },
      { ...good, spec: { ...good.spec, imagePullSecrets: [{ name: 'of-the-account' }] } },
    ];
    for (const pod of wrong) expect(faultOf(fromJson(pod), expected), JSON.stringify(pod)).to.be.a('string');
    expect(faultOf(good, { ...expected, injectorImage: 'other:1' })).to.match(/runs injector:1/);
  });

  it('is refused with a next step that depends on the API server’s message', () => {
    const call =
      'failed calling webhook "pods.twofold.dev": failed to call webhook: Post "https://webhook.twofold-webhook.svc:8443/mutate?timeout=10s"';
    expect(nextOf(`${call}: x509: certificate signed by unknown authority`)).to.match(/make certs-renew/);
    expect(nextOf(`${call}: context deadline exceeded`)).to.match(/port 8443/);
    expect(nextOf(`${call}: no endpoints available for service "webhook"`)).to.match(/get pods/);
    for (const said of [
      'pods "x" is forbidden: failed quota: q: must specify limits.cpu for: main,twofold-init',
      'pods "x" is forbidden: minimum cpu usage per Pod is 100m. No request is specified',
    ])
      expect(nextOf(said)).to.match(/quota or LimitRange does not allow/);
    expect(nextOf('something else')).to.match(/troubleshooting/);
  });
});

describe('certificates that are installed', () => {
  const pem = (text: string): string => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;

  it('are of one CA when one root is in both, as during a rotation', () => {
    expect(haveRootInCommon(pem('A') + pem('B'), pem('B') + pem('C'))).to.equal(true);
    expect(haveRootInCommon(pem('A'), pem('B'))).to.equal(false);
  });

  it('are the leaves that the services mount, never the API server’s', () => {
    const services = leafPlans.filter(({ zone }) => zone !== 'cluster');
    expect(leavesIn(services.map(secretOf))).to.deep.equal(services);
    expect(leavesIn([{ namespace: 'elsewhere', name: 'console-tls' }])).to.deep.equal([]);
  });
});
