import { expect } from 'chai';
import { parseLaunchers } from '#platform/launchers.ts';
import { hub } from '../test/launchers.ts';
import { contradictionsOf, webhookSettings } from './config.ts';

describe('the injector’s pull secrets', () => {
  const parse = (value: string) => webhookSettings.pullSecrets.parse(value, () => Promise.resolve(''));

  it('are names of Secrets, but never of a session’s, which the guard refuses', () => {
    expect(parse('')).to.deep.equal([]);
    expect(parse('twofold-registry,registry.example.org')).to.deep.equal([
      'twofold-registry',
      'registry.example.org',
    ]);
    for (const value of [`twofold-${'0'.repeat(32)}`, 'Registry', 'a b', '-a', 'a'.repeat(254)])
      expect(() => parse(value), value).to.throw('must be a list');
  });
});

describe('the webhook’s settings, taken together', () => {
  const entry = { ...hub, namespaces: ['sessions'] };
  const launchers = parseLaunchers(JSON.stringify({ launchers: [entry] }));
  const declared = parseLaunchers(JSON.stringify({ launchers: [{ ...entry, sharedNamespace: true }] }));

  it('refuse a launcher whose account lives where sessions may be, unless its entry says so', () => {
    expect(contradictionsOf({ launchers, namespaces: ['sessions', 'hub'] }).join('\n')).to.match(
      /^TWOFOLD_LAUNCHERS_FILE and TWOFOLD_NAMESPACES: launcher 1: sessions may run in hub/,
    );
    expect(contradictionsOf({ launchers, namespaces: ['*'] }).join()).to.contain('in every namespace');
    expect(contradictionsOf({ launchers, namespaces: ['sessions', 'hu*'] }).join()).to.contain('run in hub,');
    for (const namespaces of [['sessions', 'hub'], ['hu*'], ['*']])
      expect(contradictionsOf({ launchers: declared, namespaces })).to.deep.equal([]);
  });

  it('are consistent where it lives elsewhere, and where there is no launcher', () => {
    expect(contradictionsOf({ launchers, namespaces: ['sessions'] })).to.deep.equal([]);
    expect(contradictionsOf({ launchers: undefined, namespaces: ['*'] })).to.deep.equal([]);
  });
});
