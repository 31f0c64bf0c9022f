import { expect } from 'chai';
import { Failure } from './failure.ts';
import { parseSettings } from './settings.ts';

describe('the console’s address', () => {
  for (const [written, meant] of [
    ['https://twofold.example.org', 'https://twofold.example.org'],
    ['https://twofold.example.org/', 'https://twofold.example.org'],
    ['https://Twofold.Example.ORG', 'https://twofold.example.org'],
    ['HTTPS://twofold.example.org:443', 'https://twofold.example.org'],
    ['https://twofold.example.org:0443/?', 'https://twofold.example.org'],
    ['https://twofold.example.org:8443', 'https://twofold.example.org:8443'],
    ['https://example.org/Twofold/', 'https://example.org/Twofold'],
    ['https://[0:0::1]:443', 'https://[::1]'],
  ] as const) {
    it(`is ${meant}, written as ${written}`, () => {
      expect(parseSettings({ console: written }, {}, {}).console).to.equal(meant);
    });
  }

  it('has no name, no password and nothing behind its path', () => {
    for (const written of [
      'https://a:hunter2@b',
      'https://:hunter2@b',
      'https://a/?b',
      'https://a/#b',
      'a.org',
    ])
      expect(() => parseSettings({ console: written }, {}, {}), written)
        .to.throw(Failure, '--console is not an https address')
        .with.property('message')
        .that.does.not.contain('hunter2');
  });

  it('is not the issuer’s, which stays as it is written', () => {
    expect(parseSettings({ issuer: 'https://ID.example.org:443/' }, {}, {}).issuer).to.equal(
      'https://ID.example.org:443/',
    );
  });
});
