/** Which namespaces a list enables: judged by platform/namespaces.ts, and by the guard at a real API server. */
export interface EnabledCase {
  /** As in `TWOFOLD_NAMESPACES`. */
  readonly list: string;
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly enabled: boolean;
}

const LABEL = 'twofold.dev/sessions';
const byLabel = `${LABEL}=enabled`;
const labelled = { [LABEL]: 'enabled' };

function cases(list: string, enabled: readonly string[], disabled: readonly string[]): EnabledCase[] {
  return [
    ...enabled.map((name) => ({ list, name, enabled: true })),
    ...disabled.map((name) => ({ list, name, enabled: false })),
  ];
}

export const enabledCases: readonly EnabledCase[] = [
  ...cases('team', ['team'], ['tea', 'team-a', 'xteam', 'jupyter-alice']),
  ...cases('team,jupyter-bob', ['team', 'jupyter-bob'], ['jupyter-alice', 'team-a']),
  ...cases(
    'jupyter-*',
    ['jupyter-alice', 'jupyter-bob', 'jupyter--x'],
    ['jupyter', 'jupyterx', 'xjupyter-a', 'team'],
  ),
  ...cases('team,jupyter-*', ['team', 'jupyter-alice'], ['tea', 'jupyter', 'kube-system']),
  ...cases('jupyter*', ['jupyter', 'jupyterx', 'jupyter-alice'], ['xjupyter-a', 'team']),
  ...cases('*', ['team', 'jupyter-alice', 'kube-system', 'default'], []),
  ...cases('', [], ['team', 'default']),
  ...cases(',,', [], ['team']),
  ...cases(byLabel, [], ['team', 'jupyter-alice']),
  { list: byLabel, name: 'labelled', labels: labelled, enabled: true },
  { list: byLabel, name: 'labelled-more', labels: { ...labelled, team: 'a' }, enabled: true },
  { list: byLabel, name: 'labelled-otherwise', labels: { [LABEL]: 'disabled' }, enabled: false },
  { list: byLabel, name: 'labelled-in-capitals', labels: { [LABEL]: 'Enabled' }, enabled: false },
  { list: byLabel, name: 'labelled-empty', labels: { [LABEL]: '' }, enabled: false },
  { list: byLabel, name: 'labelled-by-another', labels: { sessions: 'enabled' }, enabled: false },
  { list: `team,${byLabel}`, name: 'team', enabled: true },
  { list: `team,jupyter-*,${byLabel}`, name: 'labelled', labels: labelled, enabled: true },
  { list: `team,jupyter-*,${byLabel}`, name: 'jupyter-alice', enabled: true },
  { list: `team,jupyter-*,${byLabel}`, name: 'xteam', enabled: false },
  { list: 'team,jupyter-*', name: 'labelled', labels: labelled, enabled: false },
  // Twofold's own, whatever is said of them.
  ...['twofold-console', 'twofold-webhook', 'twofold-keyservice'].flatMap((name) => [
    { list: '*', name, enabled: false },
    { list: name, name, enabled: false },
    { list: byLabel, name, labels: labelled, enabled: false },
  ]),
  ...cases('twofold-*', ['twofold-sessions'], ['twofold-console', 'twofold-webhook', 'twofold-keyservice']),
];
