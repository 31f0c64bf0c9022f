import { expect } from 'chai';
import { fitsPod, isNamespace, mayBeNamed, isSubdomain, parsePodPattern } from './pod.ts';

function fits(pattern: string, pod: { name?: string; generateName?: string }): boolean {
  return fitsPod(parsePodPattern(pattern)!, pod);
}

describe('a ticket’s pod', () => {
  it('is compared in full, or up to its star', () => {
    expect(fits('jupyter-alice', { name: 'jupyter-alice' })).to.equal(true);
    expect(fits('jupyter-alice', { name: 'jupyter-alice2' })).to.equal(false);
    expect(fits('train-*', { name: 'train-x7k2p' })).to.equal(true);
    expect(fits('train-*', { name: 'strain-x7k2p' })).to.equal(false);
  });

  it('that has no name yet matches only a prefix', () => {
    expect(fits('train-*', { generateName: 'train-' })).to.equal(true);
    expect(fits('train-*', { generateName: 'other-' })).to.equal(false);

    expect(fits('train-abcde', { generateName: 'train-' })).to.equal(false);
    expect(fits('train-*', {})).to.equal(false);
  });

  it('is compared as generateName cuts it, at 58 characters', () => {
    const long = `${'a'.repeat(60)}-`;
    expect(fits(`${long}*`, { generateName: long })).to.equal(true);
    expect(fits(`${long}*`, { name: `${'a'.repeat(58)}x7k2p` })).to.equal(true);
  });

  it('is a Kubernetes name or a prefix of one, and nothing else', () => {
    for (const text of ['*', 'a*b', 'A', 'a_b', '', 'a**', '-a*', 'a b', 'a'.repeat(254), 7, null]) {
      expect(parsePodPattern(text), String(text)).to.equal(undefined);
    }
    expect(isNamespace('a.b')).to.equal(false);
    expect(isSubdomain('a.b')).to.equal(true);
    expect(isNamespace('a'.repeat(64))).to.equal(false);
  });

  it('may have the name it was created with, or begin with its generateName as cut', () => {
    expect(mayBeNamed({ name: 'a', generateName: 'b-' }, 'a')).to.equal(true);
    expect(mayBeNamed({ name: 'a', generateName: 'b-' }, 'b-x7k2p')).to.equal(false);
    expect(mayBeNamed({ generateName: 'b-' }, 'b-x7k2p')).to.equal(true);
    expect(mayBeNamed({ generateName: 'b-' }, 'a-x7k2p')).to.equal(false);
    expect(mayBeNamed({ generateName: 'a'.repeat(70) }, `${'a'.repeat(58)}x7k2p`)).to.equal(true);
    expect(mayBeNamed({}, 'a')).to.equal(false);
  });
});
