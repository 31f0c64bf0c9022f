import { expect } from 'chai';
import { decide, type Lease, type SessionPod } from './janitor.ts';

const sid = '0123456789abcdef0123456789abcdef';
const now = Date.parse('2026-11-21T12:00:00Z');
const lease = (secondsAgo: number, ownerKind?: string): Lease => ({
  metadata: {
    ...{
      name: `twofold-${sid}`,
      namespace: 'sessions',
      uid: 'lease-uid',
      labels: { 'twofold.dev/session': sid },
    },
    ...(ownerKind === undefined ? {} : { ownerReferences: [{ kind: ownerKind, uid: 'pod-uid' }] }),
  },
  spec: {
    holderIdentity: 'twofold-webhook',
    leaseDurationSeconds: 120,
    renewTime: new Date(now - secondsAgo * 1000).toISOString(),
  },
});
const pod = (phase: string): SessionPod => ({
  metadata: { name: 'p', namespace: 'sessions', uid: 'pod-uid' },
  status: { phase },
});

describe('the janitor', () => {
  it('waits for the pod within the grace period, and no longer', () => {
    expect(decide(lease(119), undefined, now)).to.equal('keep');
    expect(decide(lease(121), undefined, now)).to.equal('delete');
  });

  it('makes the pod the Lease’s owner, once', () => {
    expect(decide(lease(1), pod('Pending'), now)).to.equal('adopt');
    expect(decide(lease(9999), pod('Running'), now)).to.equal('adopt');
    expect(decide(lease(9999, 'Pod'), pod('Running'), now)).to.equal('keep');
  });

  it('ends the session of a pod that has ended', () => {
    for (const phase of ['Succeeded', 'Failed']) {
      expect(decide(lease(1), pod(phase), now)).to.equal('delete');
      expect(decide(lease(1, 'Pod'), pod(phase), now)).to.equal('delete');
    }
  });

  it('leaves a Lease whose pod is gone to the garbage collector', () => {
    expect(decide(lease(9999, 'Pod'), undefined, now)).to.equal('keep');
  });

  it('deletes a Lease whose time cannot be read: nothing else ever would', () => {
    const broken = lease(1);
    expect(decide({ ...broken, spec: { renewTime: 'soon' } }, undefined, now)).to.equal('delete');
    expect(decide({ metadata: broken.metadata }, undefined, now)).to.equal('delete');
  });
});
