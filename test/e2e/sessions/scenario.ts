/**
 * What most scenarios start with: a person with marked secrets and a ticket for them, and session pods that request
 * them. All pods of a scenario carry its label, and are deleted by it.
 */
import { createHash } from 'node:crypto';
import { expect } from 'chai';
import type { Person } from '../../../scripts/dev/person.ts';
import { eventually } from '../../eventually.ts';
import type { Cluster } from '../cluster/connection.ts';
import { GATE, pod, type PodOptions, uniqueName } from './pods.ts';
import { markedBytes, marker } from './marker.ts';

const BYTES = 20_000;
function sha256(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A pod that has a name before it is created. */
type Session = ReturnType<typeof pod> & { readonly metadata: { readonly name: string } };

export interface Scenario {
  readonly name: string;
  readonly alice: Person;
  readonly annotations: Readonly<Record<string, string>>;
  /** A pod that requests both secrets. */
  session(options?: PodOptions): Session;
  /** Creates a pod, asserts that it was admitted, and returns its name. */
  admitted(options?: PodOptions): Promise<string>;
  /** The same, but not scheduled before its gate is opened. */
  gated(options?: PodOptions): Promise<string>;
  /** Asserts that a container sees exactly its files, byte for byte. A failure does not show their content. */
  hasFiles(name: string): Promise<void>;
  /** A whole session from admission to its files. The first attempts may still meet the previous state. */
  works(): Promise<void>;
  /** Removes every pod of the scenario. */
  end(): Promise<void>;
}

/** A text and some bytes of `who`, both with markers. */
export async function startScenario(cluster: Cluster, base: string, who = 'alice'): Promise<Scenario> {
  const name = uniqueName(base);
  const alice = cluster.person(who);
  const values = { [`${name}-bytes`]: markedBytes(BYTES), [`${name}-text`]: `${name}\n${marker()}` };
  for (const [secret, value] of Object.entries(values)) await alice.store(secret, value);
  const { annotations } = await alice.ticket({ namespace: cluster.sessions, secrets: Object.keys(values) });
  const expected = Object.entries(values).map(([secret, value]) => `${sha256(value)}  ${secret}`);
  const labels = { scenario: name };

  const session: Scenario['session'] = (options = {}) => {
    const object = pod({ ...options, annotations, labels });
    return { ...object, metadata: { ...object.metadata, name: options.name ?? uniqueName(base) } };
  };
  const admitted: Scenario['admitted'] = async (options) => {
    const object = session(options);
    await cluster.create(object);
    return object.metadata.name;
  };
  const hasFiles: Scenario['hasFiles'] = async (pod) => {
    const seen = await cluster.exec(pod, ['sh', '-c', 'cd /secrets && ls -A && sha256sum *']);
    expect(seen.trim().split('\n')).to.deep.equal([...Object.keys(values), ...expected]);
  };
  const mine = { namespace: cluster.sessions, labelSelector: `scenario=${name}` };
  return {
    name,
    alice,
    annotations,
    session,
    admitted,
    hasFiles,
    gated: (options = {}) => admitted({ ...options, spec: { ...GATE, ...options.spec } }),
    works: async () => {
      const object = session();
      await eventually('a session is admitted', async () => (await cluster.tryCreate(object)).code === 0);
      await cluster.ready(object.metadata.name);
      await hasFiles(object.metadata.name);
      await cluster.remove('pod', object.metadata.name);
    },
    end: async () => {
      await cluster.core.deleteCollectionNamespacedPod(mine);
      await eventually(
        `no pod of ${name} is left`,
        async () => (await cluster.core.listNamespacedPod(mine)).items.length === 0,
        { timeoutMs: 120_000 },
      );
      alice.close();
    },
  };
}
