import { expect } from 'chai';
import { restrictedViolations } from '../../test/pod-security.ts';
import { DeployError } from './failure.ts';
import { KubectlError, type Kubectl } from './kubectl.ts';
import { assertNodeVariables, nodeTestPod } from './node-variables.ts';

const IMAGE = { name: 'injector:1', pullPolicy: 'Never', pullSecrets: [] };

interface Node {
  readonly version: string;
  readonly ready?: boolean;
  /** The exit code of its test pod. */
  readonly exitCode?: number;
}

/** A cluster of these nodes, whose pods have ended by the time they are checked; records what was deleted. */
function cluster(nodes: Readonly<Record<string, Node>>, refuses?: string) {
  const deleted: string[] = [];
  const nodeList = Object.entries(nodes).map(([name, { version, ready = true }]) => ({
    metadata: { name },
    status: {
      nodeInfo: { kubeletVersion: version },
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  }));
  const pods = Object.entries(nodes).map(([nodeName, { exitCode = 0 }], index) => ({
    metadata: { name: `node-${index}`, namespace: 'twofold-node-test' },
    spec: { nodeName },
    status: {
      phase: exitCode === 0 ? 'Succeeded' : 'Failed',
      containerStatuses: [{ name: 'read', state: { terminated: { exitCode, reason: 'Error' } } }],
    },
  }));
  const lists: Readonly<Record<string, unknown>> = { nodes: nodeList, pods, events: [] };
  const done = { code: 0, stdout: '', stderr: '' };
  const kubectl: Kubectl = {
    run: () => Promise.resolve(''),
    attempt: (args) => {
      if (args[0] === 'delete') deleted.push(args.slice(1, 3).join(' '));
      return Promise.resolve(done);
    },
    find: () => Promise.resolve(undefined),
    // The test knows what is requested.
    list: <T>(args: readonly string[]) => Promise.resolve(lists[args[0] ?? ''] as readonly T[]),
    apply: ([object]) =>
      refuses !== undefined && object?.kind === 'Pod'
        ? Promise.reject(new KubectlError(['apply'], refuses))
        : Promise.resolve(),
  };
  return { kubectl, deleted };
}

async function failureOf(kubectl: Kubectl): Promise<DeployError> {
  try {
    await assertNodeVariables(kubectl, IMAGE, () => undefined);
  } catch (error) {
    if (error instanceof DeployError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('variables from files, on every node', () => {
  it('are reported to work where each node provided one', async () => {
    const said: string[] = [];
    const { kubectl, deleted } = cluster({ a: { version: 'v1.35.4' }, b: { version: 'v1.36.0' } });
    await assertNodeVariables(kubectl, IMAGE, (line) => said.push(line));
    expect(said).to.deep.equal(['variables from files work on a (kubelet v1.35.4), b (kubelet v1.36.0)']);
    expect(deleted).to.deep.equal(['namespace twofold-node-test']);
  });

  it('are refused for the one node whose kubelet leaves it empty, with its name and version', async () => {
    const { kubectl, deleted } = cluster({
      new: { version: 'v1.35.4' },
      old: { version: 'v1.34.1', exitCode: 7 },
    });
    const { message, next } = await failureOf(kubectl);
    expect(message).to.include('old (kubelet v1.34.1): the variable is empty').and.not.to.include('new (');
    expect(next).to.include('upgrade these nodes');
    expect(deleted).to.deep.equal(['namespace twofold-node-test']);
  });

  it('are refused where a test pod fails in another way, showing it', async () => {
    const { kubectl } = cluster({ a: { version: 'v1.35.4', exitCode: 1 } });
    expect((await failureOf(kubectl)).message).to.match(/a \(kubelet v1\.35\.4\): .*read ended with 1/s);
  });

  it('are refused while a node cannot be tested, or there is none', async () => {
    const { kubectl } = cluster({ a: { version: 'v1.35.4', ready: false } });
    expect((await failureOf(kubectl)).message).to.include('a (kubelet v1.35.4): not ready');
    expect((await failureOf(cluster({}).kubectl)).message).to.include('no Linux node');
  });

  it('are refused where the API server does not know the field', async () => {
    const { kubectl } = cluster({ a: { version: 'v1.34.1' } }, 'unknown field "fileKeyRef"');
    expect((await failureOf(kubectl)).message).to.include('unknown field "fileKeyRef"');
  });

  it('are tested by a pod that Pod Security restricted admits, on the node by name', () => {
    const pod = nodeTestPod('a', 0, IMAGE);
    const { spec } = pod;
    expect(restrictedViolations(pod)).to.deep.equal([]);
    expect(spec.nodeName).to.equal('a');
    expect(spec.automountServiceAccountToken).to.equal(false);
  });
});
