/**
 * A user with the role `edit` in one namespace or several, and nothing else: may read Secrets, run pods, mint tokens.
 * And what they would do with another user's session there.
 */
import type { V1Pod, V1Secret } from '@kubernetes/client-node';
import { expect } from 'chai';
import type { Api } from '../../../scripts/dev/api.ts';
import type { Cluster } from '../cluster/connection.ts';
import { kubectl, manifest, type Ran } from '../cluster/kubectl.ts';
import { uniqueName } from '../sessions/pods.ts';

const RBAC = 'rbac.authorization.k8s.io';

export interface Attacker {
  readonly username: string;
  /** `kubectl`, in the first namespace. */
  run(...args: readonly string[]): Promise<Ran>;
  create(object: object, namespace?: string): Promise<Ran>;
  readSecret(name: string): Promise<V1Secret>;
  end(): Promise<void>;
}

export async function createAttacker(
  { remove }: Pick<Cluster, 'remove'>,
  api: Api,
  namespaces: readonly [string, ...string[]],
): Promise<Attacker> {
  const username = uniqueName('mallory');
  for (const namespace of namespaces) {
    await api.must({
      method: 'POST',
      path: `/apis/${RBAC}/v1/namespaces/${namespace}/rolebindings`,
      body: {
        metadata: { name: username },
        roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'edit' },
        subjects: [{ apiGroup: RBAC, kind: 'User', name: username }],
      },
    });
  }
  const run: Attacker['run'] = (...args) =>
    kubectl(['--namespace', namespaces[0], ...args], { as: username });
  return {
    username,
    run,
    create: (object, namespace = namespaces[0]) => {
      const args = ['create', '--namespace', namespace, '--filename', '-'];
      return kubectl(args, { as: username, input: manifest(object) });
    },
    readSecret: async (name) => {
      const { code, stdout, stderr } = await run('get', 'secret', name, '--output', 'json');
      expect(code, stderr).to.equal(0);
      return JSON.parse(stdout) as V1Secret; // the API server's
    },
    end: async () => {
      for (const namespace of namespaces) await remove('rolebinding', username, namespace);
    },
  };
}

/** The data of a Secret, as bytes. */
export function contentOf({ data = {} }: V1Secret): readonly Buffer[] {
  return Object.values(data).map((text) => Buffer.from(text, 'base64'));
}

/** A session pod as exported and created again: with everything that Twofold's webhook added. */
export function exported({ metadata, spec }: V1Pod, annotations = metadata?.annotations ?? {}) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: uniqueName('thief'), labels: metadata?.labels, annotations },
    spec: { ...spec, nodeName: undefined },
  };
}

/** Asserts that it was refused, with where it was stopped and what to do instead, and that no token or ticket is quoted. */
export function expectStopped({ code, stdout, stderr }: Ran, by: string, ...says: readonly RegExp[]): void {
  expect(code, stdout).to.equal(1);
  expect(stderr).to.contain(by);
  for (const words of says) expect(stderr).to.match(words);
  expect(stdout + stderr).not.to.contain('eyJ');
}
