import { expect } from 'chai';
import { hub as base } from '../test/launchers.ts';
import { findLauncher, guardLines, parseLaunchers, sharedLauncher } from './launchers.ts';

const hub = { ...base, namespaces: ['sessions', 'users'] };
function parse(...launchers: readonly unknown[]) {
  return parseLaunchers(JSON.stringify({ launchers }));
}

describe('a launchers file', () => {
  it('is read as it stands, and finds a launcher by exact username and namespace', () => {
    const launchers = parse(hub);
    expect(launchers).to.deep.equal([hub]);
    expect(findLauncher(launchers, { username: hub.username, namespace: 'users' })).to.deep.equal(hub);
    expect(findLauncher(launchers, { username: `${hub.username}x`, namespace: 'users' })).to.equal(undefined);
    expect(findLauncher(launchers, { username: hub.username, namespace: 'other' })).to.equal(undefined);
  });

  it('becomes one line per namespace for the guard', () => {
    expect(guardLines(parse(hub))).to.deep.equal([
      'system:serviceaccount:hub:hub sessions hub.jupyter.org/username',
      'system:serviceaccount:hub:hub users hub.jupyter.org/username',
    ]);
  });

  it('may name people and accounts from outside the cluster, one entry for each place', () => {
    expect(parse(hub, { ...hub, username: 'spawner@example.org' })).to.have.length(2);
    expect(parse(hub, { ...hub, namespaces: ['more'] })).to.have.length(2);
    expect(() => parse(hub, { ...hub, claim: 'sub' })).to.throw('configured twice');
  });

  it('never accepts a controller, a node or the API server as a launcher', () => {
    for (const username of [
      'system:serviceaccount:kube-system:replicaset-controller',
      'system:serviceaccount:kube-system:job-controller',
      'system:kube-controller-manager',
      'system:kube-scheduler',
      'system:node:node1',
      'system:masters',
      'system:apiserver',
      'system:anonymous',
      'system:serviceaccount:hub',
    ]) {
      expect(() => parse({ ...hub, username }), username).to.throw('can never be a launcher');
    }
  });

  for (const [what, wrong] of Object.entries({
    'a missing member': { ...hub, claim: undefined },
    'an extra member': { ...hub, trust: true },
    'a pattern for its name': { ...hub, username: 'system:serviceaccount:hub:*' },
    'a pattern for a name outside': { ...hub, username: '*@example.org' },
    'a name in two words': { ...hub, username: 'the hub' },
    'a shared namespace that is false': { ...hub, sharedNamespace: false },
    'a shared namespace as text': { ...hub, sharedNamespace: 'true' },
    'a shared namespace for an account outside the cluster': {
      ...hub,
      username: 'spawner@example.org',
      sharedNamespace: true,
    },
    'no object': 'hub',
    'an empty username': { ...hub, username: '' },
    'no namespaces': { ...hub, namespaces: [] },
    'a pattern for namespaces': { ...hub, namespaces: ['*'] },
    'a pattern among namespaces': { ...hub, namespaces: ['users', 'jupyter-*'] },
    'the label for namespaces': { ...hub, namespaces: ['twofold.dev/sessions=enabled'] },
    'an annotation without prefix': { ...hub, annotation: 'username' },
    'one of Twofold’s annotations': { ...hub, annotation: 'twofold.dev/user' },
    'an empty claim': { ...hub, claim: ' ' },
    'no days': { ...hub, loginWithinDays: 0 },
    'days as text': { ...hub, loginWithinDays: '30' },
  })) {
    it(`is refused with ${what}, saying which entry it is`, () => {
      expect(() => parse(hub, wrong)).to.throw('launcher 2');
    });
  }

  it('is never given by pattern, and the refusal has the reason', () => {
    expect(() => parse({ ...hub, namespaces: ['jupyter-*'] })).to.throw(
      /without patterns: whoever made a namespace of such a name would choose where this launcher speaks/,
    );
  });

  it('must state that an account lives where sessions run, or is refused with the entry and what to do', () => {
    const shared = { ...hub, namespaces: ['users', 'hub'] };
    expect(() => parse({ ...hub, username: 'spawner@example.org' }, shared)).to.throw(
      /^launcher 2: sessions may run in hub, where .* lives, .*"sharedNamespace": true/,
    );
    expect(parse({ ...shared, sharedNamespace: true })).to.have.length(1);
    const another = { ...hub, username: 'system:serviceaccount:users:robot', namespaces: ['robots'] };
    expect(() => parse(hub, another), 'where another launcher’s sessions run').to.throw('launcher 2');
  });

  it('is checked against all session namespaces: each must state it where these are every namespace', () => {
    const outside = { ...hub, username: 'spawner@example.org' };
    expect(sharedLauncher(parse(hub), ['sessions', 'users'])).to.equal(undefined);
    expect(sharedLauncher(parse(hub), ['sessions', 'hub'])).to.match(/^launcher 1: sessions may run in hub/);
    expect(sharedLauncher(parse(outside, hub), ['*'])).to.match(/^launcher 2: .* in every namespace/);
    expect(sharedLauncher(parse(outside, { ...hub, sharedNamespace: true }), ['*'])).to.equal(undefined);
  });

  it('is refused where it is not a list', () => {
    expect(() => parseLaunchers('{}')).to.throw('no list "launchers"');
    expect(() => parseLaunchers('[')).to.throw(SyntaxError);
  });
});
