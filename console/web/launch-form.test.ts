import { expect } from 'chai';
import { parsePodPattern } from '#envelope/pod.ts';
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
  } as SecretSummary;
} // all that the form looks at

function shown(envEnabled: boolean, containers?: readonly string[], pod?: string): string {
  return documentText(
    launchForm({
      launch: {
        namespace: 'hub',
        serviceAccount: 'default',
        pod: parsePodPattern(pod),
        containers,
        mode: 'message',
        returnTo: new URL('https://hub.example.org'),
      },
      action: '/launch?x',
      secrets: [secretOf('safe', true), secretOf('unsafe', false)],
      picks: { ...nothingPicked, picked: new Set(['safe']), kinds: new Map([['safe', 'variable']]) },
      visitor: { csrf: 'c', shownName: 'Ada' } as LaunchForm['visitor'],
      envEnabled,
      lifeSeconds: 86_400,
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

  it('says who is logged in, which launcher asks, and for what, in words', () => {
    const facts = (pod?: string): string[] => {
      const page = shown(true, ['*'], pod);
      const found = [...page.matchAll(/<dt>([^<]*)<\/dt>\s*<dd>([^]*?)<\/dd>/g)];
      return found.map(([, label, value]) => `${label}: ${(value ?? '').replaceAll(/<[^>]+>/g, '')}`);
    };
    expect(facts()).to.deep.equal([
      'You: logged in as Ada',
      'Launcher: https://hub.example.org',
      'Namespace: hub',
      'Service account: default',
      'Pod: any pod of that account there',
      'Containers: every regular container of the pod',
      'How long: Sessions may start with these secrets for 24 hours. To end that earlier, revoke the ticket on the page “Tickets”.',
    ]);
    expect(facts('nb-*')).to.include('Pod: any whose name begins with nb-');
    expect(facts('nb-0')).to.include('Pod: only nb-0');
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
