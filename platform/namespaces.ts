/**
 * Which namespaces may have sessions: one rule for webhook, console and guard. No zone; docs/design.md#namespaces.
 *
 * | entry of `TWOFOLD_NAMESPACES` | enables |
 * |---|---|
 * | `sessions` | the namespace of this name |
 * | `jupyter-*` | every namespace whose name begins like this; `*` alone is all of them, for development |
 * | `twofold.dev/sessions=enabled` | every namespace with this label, which the guard lets only named identities set |
 *
 * Twofold's own namespaces are never enabled. The guard has the same rule in CEL, for what the webhook
 * writes (variable `enabled`), and one table of cases is judged by both (manifests/namespaces.test.ts).
 */
import type { Setting } from './settings.ts';

/** A namespace as far as the rule looks at it. */
interface Namespace {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

const LABEL = 'twofold.dev/sessions';
const ENABLED = 'enabled';
const BY_LABEL = `${LABEL}=${ENABLED}`;
const OWN: readonly string[] = ['twofold-console', 'twofold-webhook', 'twofold-keyservice'];
const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const PATTERN = /^([a-z0-9][-a-z0-9]{0,61})?\*$/;

function isEntry(text: string): boolean {
  return text === BY_LABEL || NAME.test(text) || PATTERN.test(text);
}

/** Undefined for anything but entries, separated by commas. */
export function parseNamespaces(text: string): readonly string[] | undefined {
  const entries = text.split(',').filter((entry) => entry !== '');
  return entries.every(isEntry) ? entries : undefined;
}

export function namespaceList(variable: string, doc: string): Setting<readonly string[]> {
  return {
    variable,
    kind: 'comma-separated list',
    doc,
    parse: (value) => {
      const entries = parseNamespaces(value);
      if (entries) return entries;
      throw new Error(
        `must be a list of names, patterns with one star at the end (jupyter-*) and ${BY_LABEL}, separated by commas`,
      );
    },
  };
}

/** What the name says: `if-labelled` where only the label can enable the namespace. */
export function enabledByName(
  entries: readonly string[],
  name: string,
): 'enabled' | 'not-enabled' | 'if-labelled' {
  if (OWN.includes(name)) return 'not-enabled';
  const matches = (entry: string): boolean =>
    entry.endsWith('*') ? name.startsWith(entry.slice(0, -1)) : entry === name;
  if (entries.some(matches)) return 'enabled';
  return entries.includes(BY_LABEL) ? 'if-labelled' : 'not-enabled';
}

export function isEnabled(entries: readonly string[], { name, labels }: Namespace): boolean {
  const byName = enabledByName(entries, name);
  return byName === 'enabled' || (byName === 'if-labelled' && labels[LABEL] === ENABLED);
}

/** Those that are named. Where there are other entries, only the cluster knows all enabled namespaces. */
export function namesIn(entries: readonly string[]): readonly string[] {
  return entries.filter((entry) => NAME.test(entry));
}
