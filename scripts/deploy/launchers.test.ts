import { expect } from 'chai';
import { guardDocuments } from '../../manifests/guard.ts';
import type { KubernetesObject } from '../../manifests/kubernetes-object.ts';
import { hub as base } from '../../test/launchers.ts';
import { assertLaunchers } from './launchers.ts';

const hub = { ...base, namespaces: ['servers', 'more'] };
const LINES = `${hub.username} more ${hub.annotation}\n${hub.username} servers ${hub.annotation}\n`;

function check(
  launchers: readonly object[],
  { lines = LINES, others = launchers, namespaces = ['servers', 'more'] } = {},
): void {
  const file = (entries: readonly object[]): KubernetesObject => {
    const data = { 'launchers.json': JSON.stringify({ launchers: entries }) };
    return { kind: 'ConfigMap', metadata: { name: 'twofold-launchers' }, data } as KubernetesObject; // with its data
  };
  const guard = guardDocuments({
    image: 'injector:1',
    claimUrl: 'https://console/claim',
    launchers: lines,
    namespaces: namespaces.join(','),
  });
  assertLaunchers({ objects: [...guard, file(launchers), file(others)], sessionNamespaces: namespaces });
}

describe('launchers of an overlay, before it is applied', () => {
  it('are the same for console, webhook and guard, in whatever order', () => {
    expect(() => check([hub])).not.to.throw();
    expect(() => check([hub], { lines: '' })).to.throw('are not those of launchers.json');
    expect(() => check([hub], { others: [{ ...hub, claim: 'email' }] })).to.throw('different launchers.json');
    expect(() => check([{ ...hub, trust: true }])).to.throw('launchers.json cannot be used: launcher 1');
  });

  it('live apart from sessions, or state that they do not', () => {
    const shared = { ...hub, sharedNamespace: true };
    for (const namespaces of [['servers', 'more', 'hub'], ['*']]) {
      expect(() => check([hub], { namespaces })).to.throw(/launcher 1: .*"sharedNamespace": true/);
      expect(() => check([shared], { namespaces })).not.to.throw();
    }
  });

  it('are left to the operator where the overlay does not contain the file', () => {
    expect(() => assertLaunchers({ objects: [], sessionNamespaces: ['*'] })).not.to.throw();
  });
});
