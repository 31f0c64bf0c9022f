import { expect } from 'chai';
import type { SecretSummary } from '../core/stores.ts';
import { documentText } from './html.ts';
import { launchForm, nothingPicked, type LaunchForm } from './launch-form.ts';
import { text } from './shared/text.ts';

function secretOf(name: string, envSafe: boolean): SecretSummary {
  return {
    name,
    envSafe,
    size: 8,
    version: 1,
    createdAt: 0,
    modifiedAt: 0,
    expiresAt: undefined,
    lastUsedAt: undefined,
    note: undefined,
  } as SecretSummary;
} // all that the form looks at

function shown(envEnabled: boolean, containers?: readonly string[]): string {
  return documentText(
    launchForm({
      launch: {
        namespace: 'hub',
        serviceAccount: 'default',
        pod: undefined,
        containers,
        mode: 'message',
        returnTo: new URL('https://hub.example.org'),
      },
      action: '/launch?x',
      secrets: [secretOf('safe', true), secretOf('unsafe', false)],
      picks: { ...nothingPicked, picked: new Set(['safe']), kinds: new Map([['safe', 'variable']]) },
      visitor: { csrf: 'c' } as LaunchForm['visitor'],
      envEnabled,
      now: 1, // all that it looks at
    }),
  );
}

describe('the form of /launch', () => {
  it('offers a variable where the operator turned them on and the value can be one', () => {
    const page = shown(true);
    expect(page.match(/<select [^>]*>/g)).to.have.length(1);
    expect(page).to.match(/name="as:safe"[^]*value="variable" selected/);
    expect(page).to.contain(text.launch.fileName('unsafe')).and.contain(text.launch.variableHint);
  });

  it('shows the containers that the launcher named', () => {
    expect(shown(true, ['notebook', 'git']))
      .to.contain('notebook, git')
      .and.contain(text.launch.containers);
    expect(shown(true)).to.not.contain(text.launch.containers);
  });

  it('does not mention variables where they are off, not even to a person who asked for one', () => {
    const page = shown(false);
    expect(page).to.not.match(/variable|<select/i);
    expect(page).to.contain(text.launch.fileName('safe'));
  });
});
