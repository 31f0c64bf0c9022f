import { expect } from 'chai';
import { enabledCases } from '../test/enabled-namespaces.ts';
import { enabledByName, isEnabled, namespaceList, namesIn, parseNamespaces } from './namespaces.ts';

const setting = namespaceList('TWOFOLD_NAMESPACES', 'Namespaces.');
function noFile(): Promise<string> {
  return Promise.reject(new Error('there is none'));
}

describe('enabled namespaces', () => {
  for (const { list, name, labels = {}, enabled } of enabledCases) {
    const seen = JSON.stringify(labels);
    it(`${enabled ? 'include' : 'do not include'} ${name} ${seen} with the list "${list}"`, () => {
      const entries = parseNamespaces(list) ?? [];
      expect(isEnabled(entries, { name, labels })).to.equal(enabled);
      const byName = enabledByName(entries, name);
      expect(byName === 'if-labelled' || (byName === 'enabled') === enabled).to.equal(true);
    });
  }

  it('are read from one list, with a problem that says what may be in it', async () => {
    expect(await setting.parse('team,jupyter-*,twofold.dev/sessions=enabled', noFile)).to.have.length(3);
    for (const wrong of [
      'Team',
      'a b',
      'team, other',
      '-a',
      'a-',
      '*-a',
      'a*b',
      'a**',
      'a?',
      '-*',
      'a_*',
      'x'.repeat(64),
      'twofold.dev/sessions',
      'twofold.dev/sessions=',
      'twofold.dev/sessions=disabled',
      'team=enabled',
      "a'b",
      'a\nb',
    ]) {
      expect(() => setting.parse(wrong, noFile), wrong).to.throw(/jupyter-\*.*twofold.dev\/sessions=enabled/);
      expect(parseNamespaces(wrong), wrong).to.equal(undefined);
    }
  });

  it('are known without the cluster only as far as they are named', () => {
    expect(namesIn(['team', 'jupyter-*', 'other', '*', 'twofold.dev/sessions=enabled'])).to.deep.equal([
      'team',
      'other',
    ]);
  });
});
