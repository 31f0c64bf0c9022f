import { expect } from 'chai';
import type { V1Container, V1Pod } from '@kubernetes/client-node';
import type { Person } from '../../scripts/dev/person.ts';
import { eventually } from '../eventually.ts';
import { connect } from './cluster/connection.ts';
import { launcherShape, shapes } from './sessions/launcher-shapes.ts';
import { marker } from './sessions/marker.ts';
import { uniqueName } from './sessions/pods.ts';

/** The namespace without Pod Security. */
const namespace = 'launchers';

describe('session pods in the shape of other launchers, created by the real controllers', () => {
  const cluster = connect();
  let carol: Person;
  const values = new Map<string, string>();

  before(async () => {
    carol = cluster.person('carol');
    for (const name of new Set(shapes.flatMap(({ file }) => launcherShape(file).secrets))) {
      const value = `${name} ${marker()}`;
      values.set(name, value);
      await cluster.keep(carol, name, value);
    }
  });
  after(() => carol.close());

  const firstPod = (label: string): Promise<V1Pod> =>
    eventually(`a pod with ${label}`, async () => {
      const { items } = await cluster.core.listNamespacedPod({ namespace, labelSelector: label });
      return items[0];
    });

  const mounts = ({ volumeMounts = [] }: V1Container): readonly string[] =>
    volumeMounts.filter(({ name }) => name === 'twofold-files').map(({ mountPath }) => mountPath);

  /** Every file, from `secret=path` or `name` in the init container's variable. */
  const filesOf = ({ spec }: V1Pod): readonly (readonly [secret: string, path: string])[] => {
    const [init] = spec?.initContainers ?? [];
    const told = init?.env?.find(({ name }) => name === 'TWOFOLD_FILES')?.value ?? '';
    return told.split(',').map((item) => {
      const [secret = '', path = secret] = item.split('=');
      return [secret, path] as const;
    });
  };

  for (const { file, kind } of shapes) {
    it(`serves ${file} as a ${kind}`, async () => {
      const name = uniqueName('shape');
      const shape = launcherShape(file);
      const ticket = await carol.ticket({ namespace, secrets: shape.secrets });
      await cluster.create(shape.object(kind, name, ticket.annotations), namespace);
      try {
        const made = await firstPod(`shape=${name}`);
        const admitted = await cluster.ready(made.metadata?.name ?? '', { namespace, timeoutMs: 120_000 });
        const containers = admitted.spec?.containers ?? [];
        expect(admitted.spec?.initContainers?.[0]?.name).to.equal('twofold-init');
        expect(containers.flatMap(mounts), 'chosen containers').to.not.equal([]);
        for (const container of containers) {
          for (const path of mounts(container)) {
            for (const [secret, below] of filesOf(admitted)) {
              const seen = await cluster.exec(made.metadata?.name ?? '', ['cat', `${path}/${below}`], {
                namespace,
                container: container.name,
              });
              expect(seen, `${secret} in ${container.name}`).to.equal(values.get(secret));
            }
          }
        }
      } finally {
        await cluster.remove(kind, name, namespace);
      }
    });
  }
});
