/**
 * Whether sessions may run in a namespace: by its name, or by the label that it has at the API server. Zone 1;
 * docs/design.md#namespaces.
 */
import { quote } from '#envelope/selection.ts';
import { ok } from '#envelope/result.ts';
import { sharedLauncher, type Launcher } from '#platform/launchers.ts';
import { enabledByName, isEnabled } from '#platform/namespaces.ts';
import type { Cluster } from './cluster.ts';
import { refuse, type Outcome } from './outcome.ts';

export interface Namespaces {
  /** Whether a pod that is being created in it may be a session. */
  mayHaveSessions(namespace: string): Promise<Outcome<void>>;
  /** The same for a ticket; a namespace that does not exist yet may be made with the label, so it is not refused. */
  mayHaveTickets(namespace: string): Promise<Outcome<void>>;
}

interface Ports {
  readonly cluster: Pick<Cluster, 'getNamespaceLabels'>;
  readonly clock: () => number;
  readonly onUnavailable: (reason: string) => void;
}

export interface NamespacesConfig {
  /** As in `TWOFOLD_NAMESPACES`. */
  readonly namespaces: readonly string[];
  readonly launchers: readonly Launcher[];
}

/** Only an answer that enables is remembered: a namespace may get its label a moment before its first pod. */
const ENABLED_FOR_MS = 30_000;
const MAX_REMEMBERED = 1000;

function notEnabled(namespace: string): Outcome<never> {
  return refuse(
    'namespace_not_enabled',
    `Sessions with secrets are not enabled in namespace ${quote(namespace)}; ask the cluster’s operator to enable it, or choose another.`,
  );
}

export function createNamespaces(
  { cluster, clock, onUnavailable }: Ports,
  { namespaces: entries, launchers }: NamespacesConfig,
): Namespaces {
  const enabledUntil = new Map<string, number>();

  const byLabel = async (namespace: string, isMissing: Outcome<void>): Promise<Outcome<void>> => {
    if ((enabledUntil.get(namespace) ?? 0) > clock()) return ok(undefined);
    // A label does not declare a launcher's namespace as shared; its name in the settings, with the launcher's entry, does.
    if (sharedLauncher(launchers, [namespace]) !== undefined) return notEnabled(namespace);
    const found = await cluster.getNamespaceLabels(namespace);
    if ('unavailable' in found) {
      onUnavailable(found.unavailable);
      return refuse('kubernetes_unavailable', 'The Kubernetes API did not answer the console; try again.');
    }
    if (found.answer === undefined) return isMissing;
    if (!isEnabled(entries, { name: namespace, labels: found.answer })) return notEnabled(namespace);
    if (enabledUntil.size >= MAX_REMEMBERED) enabledUntil.clear();
    enabledUntil.set(namespace, clock() + ENABLED_FOR_MS);
    return ok(undefined);
  };

  const check = async (namespace: string, isMissing: Outcome<void>): Promise<Outcome<void>> => {
    const byName = enabledByName(entries, namespace);
    if (byName === 'if-labelled') return await byLabel(namespace, isMissing);
    return byName === 'enabled' ? ok(undefined) : notEnabled(namespace);
  };

  return {
    mayHaveSessions: (namespace) => check(namespace, notEnabled(namespace)),
    mayHaveTickets: (namespace) => check(namespace, ok(undefined)),
  };
}
