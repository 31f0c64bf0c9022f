import { expect } from 'chai';
import { parseLaunchers } from '#platform/launchers.ts';
import { hub } from '../../test/launchers.ts';
import type { ClusterAnswer } from './cluster.ts';
import { createNamespaces, type Namespaces } from './namespaces.ts';

const LABELLED = { 'twofold.dev/sessions': 'enabled' };
const entries = ['team', 'jupyter-*', 'twofold.dev/sessions=enabled'];

type Labels = ClusterAnswer<Readonly<Record<string, string>> | undefined>;

/** What the API server says of a namespace, and when. */
function stage(namespaces = entries, launchers: object[] = []) {
  const state = { now: 0, answer: { answer: {} } as Labels, asked: [] as string[], reasons: [] as string[] };
  const cluster = {
    getNamespaceLabels: (name: string) => {
      state.asked.push(name);
      return Promise.resolve(state.answer);
    },
  };
  const ports = {
    cluster,
    clock: () => state.now,
    onUnavailable: (reason: string) => state.reasons.push(reason),
  };
  const config = { namespaces, launchers: parseLaunchers(JSON.stringify({ launchers })) };
  return { state, namespaces: createNamespaces(ports, config) };
}

async function codes(namespaces: Namespaces, name: string): Promise<string[]> {
  const outcomes = [await namespaces.mayHaveSessions(name), await namespaces.mayHaveTickets(name)];
  return outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.refusal.code));
}

describe('a namespace’s sessions and tickets', () => {
  it('are allowed or refused by name alone where that decides, without asking', async () => {
    const { state, namespaces } = stage();
    expect(await codes(namespaces, 'team')).to.deep.equal(['ok', 'ok']);
    expect(await codes(namespaces, 'jupyter-alice')).to.deep.equal(['ok', 'ok']);
    expect(await codes(namespaces, 'twofold-console')).to.deep.equal([
      'namespace_not_enabled',
      'namespace_not_enabled',
    ]);
    const byName = stage(['team']);
    expect(await codes(byName.namespaces, 'other')).to.have.members([
      'namespace_not_enabled',
      'namespace_not_enabled',
    ]);
    expect([...state.asked, ...byName.state.asked]).to.deep.equal([]);
  });

  it('follow its label, which is remembered for 30 s only where it enables', async () => {
    const { state, namespaces } = stage();
    const refused = ['namespace_not_enabled', 'namespace_not_enabled'];
    expect(await codes(namespaces, 'other')).to.deep.equal(refused);
    state.answer = { answer: LABELLED };
    expect(await codes(namespaces, 'other')).to.deep.equal(['ok', 'ok']);
    expect(state.asked).to.have.length(3);
    state.answer = { answer: {} };
    state.now = 29_999;
    expect(await codes(namespaces, 'other')).to.deep.equal(['ok', 'ok']);
    expect(state.asked).to.have.length(3);
    state.now = 30_000;
    expect(await codes(namespaces, 'other')).to.deep.equal(refused);
  });

  it('differ where there is no such namespace yet: it may be made with the label', async () => {
    const { state, namespaces } = stage();
    state.answer = { answer: undefined };
    expect(await codes(namespaces, 'other')).to.deep.equal(['namespace_not_enabled', 'ok']);
    state.answer = { answer: LABELLED };
    expect(await codes(namespaces, 'other'), 'and that is seen at once').to.deep.equal(['ok', 'ok']);
  });

  it('wait where the API server does not answer, and the log has its reason', async () => {
    const { state, namespaces } = stage();
    state.answer = { unavailable: '403 Forbidden' };
    expect(await codes(namespaces, 'other')).to.deep.equal([
      'kubernetes_unavailable',
      'kubernetes_unavailable',
    ]);
    expect(state.reasons).to.deep.equal(['403 Forbidden', '403 Forbidden']);
  });

  it('are refused where a launcher’s account lives, whatever its label, unless its entry declares that', async () => {
    const home = hub.username.split(':')[2] ?? '';
    const apart = stage(entries, [hub]);
    apart.state.answer = { answer: LABELLED };
    expect(await codes(apart.namespaces, home)).to.deep.equal([
      'namespace_not_enabled',
      'namespace_not_enabled',
    ]);
    const declared = stage(entries, [{ ...hub, sharedNamespace: true }]);
    declared.state.answer = { answer: LABELLED };
    expect(await codes(declared.namespaces, home)).to.deep.equal(['ok', 'ok']);
  });

  it('are remembered for a bounded number of namespaces', async () => {
    const { state, namespaces } = stage();
    state.answer = { answer: LABELLED };
    for (let index = 0; index < 1001; index += 1) await namespaces.mayHaveSessions(`other-${index}`);
    await namespaces.mayHaveSessions('other-1000');
    expect(state.asked).to.have.length(1001);
    await namespaces.mayHaveSessions('other-0');
    expect(state.asked).to.have.length(1002);
  });
});
