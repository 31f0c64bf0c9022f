import { expect } from 'chai';
import { readReview } from '../test/reviews.ts';
import { parseReview } from './review.ts';

function boundPodUid(userInfo: unknown): string | undefined {
  const request = { uid: 'u', operation: 'CREATE', userInfo };
  const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request };
  const parsed = parseReview(Buffer.from(JSON.stringify(review)));
  if (typeof parsed === 'string') throw new Error(parsed);
  return parsed.boundPodUid;
}

describe('a review', () => {
  it('says which pod the requester’s token is bound to, as a real API server does for a hub in a pod', () => {
    const captured = parseReview(readReview('kubespawner-default'));
    if (typeof captured === 'string') throw new Error(captured);
    expect(captured.boundPodUid).to.equal('ec2a2ddb-330e-4a78-9134-650a98ecc406');
  });

  it('says it for no other token, and for no other shape', () => {
    const key = 'authentication.kubernetes.io/pod-uid';
    expect(boundPodUid({ username: 'a', extra: { [key]: ['uid'] } })).to.equal('uid');
    for (const extra of [undefined, null, 'x', {}, [key], { [key]: 'uid' }, { [key]: [] }, { [key]: [''] }])
      expect(boundPodUid({ username: 'a', extra }), JSON.stringify(extra)).to.equal(undefined);
    expect(boundPodUid({ extra: { [key]: [7] } })).to.equal(undefined);
    expect(boundPodUid({ extra: { 'authentication.kubernetes.io/pod-name': ['hub'] } })).to.equal(undefined);
    expect(boundPodUid(undefined)).to.equal(undefined);
  });
});
