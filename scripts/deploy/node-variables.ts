/**
 * Whether every node can give a container a variable from a file (`fileKeyRef`), which secrets as variables
 * need: a kubelet before 1.35 silently leaves such a variable empty. One pod on each node tests it.
 * No zone; docs/design.md#pod.
 */
import { randomBytes } from 'node:crypto';
import type { V1Node, V1Pod } from '@kubernetes/client-node';
import type { KubernetesObject } from '../../manifests/kubernetes-object.ts';
import { askUntil } from '../dev/ask-until.ts';
import { describePod, isHopeless } from './diagnosis.ts';
import { DeployError } from './failure.ts';
import { KubectlError, type Kubectl } from './kubectl.ts';

/** Where it is done. */
export const NODE_TEST_NAMESPACE = 'twofold-node-test';
const END = { withinMs: 90_000, everyMs: 1000 };
/** Where Node is in every image. */
export const NODE_PROGRAM = '/nodejs/bin/node';
const EMPTY = 7;

const namespace = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: {
    name: NODE_TEST_NAMESPACE,
    labels: {
      'app.kubernetes.io/part-of': 'twofold',
      'pod-security.kubernetes.io/enforce': 'restricted',
    },
  },
};

interface Image {
  readonly name: string;
  readonly pullPolicy: string;
  /** Secrets to pull it with, as they are in this test's namespace. */
  readonly pullSecrets: readonly KubernetesObject[];
}

/** What the init container writes reaches the other one as a variable, or that one exits with a code of its own. */
export function nodeTestPod(node: string, index: number, image: Image) {
  const token = randomBytes(8).toString('hex');
  const volumeName = 'variables';
  const container = (name: string, script: string) => ({
    name,
    image: image.name,
    imagePullPolicy: image.pullPolicy,
    command: [NODE_PROGRAM, '-e', script],
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
  });
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `node-${index}`, namespace: NODE_TEST_NAMESPACE },
    spec: {
      // By name, past the scheduler: a cordoned node may be opened again.
      nodeName: node,
      tolerations: [{ operator: 'Exists' }],
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      imagePullSecrets: image.pullSecrets.map(({ metadata }) => ({ name: metadata?.name ?? '' })),
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
      initContainers: [
        {
          ...container('write', `fs.writeFileSync('/variables/env', "TOKEN='${token}'\\n")`),
          volumeMounts: [{ name: volumeName, mountPath: '/variables' }],
        },
      ],
      containers: [
        {
          ...container('read', `process.exit(process.env.TOKEN === '${token}' ? 0 : ${EMPTY})`),
          env: [{ name: 'TOKEN', valueFrom: { fileKeyRef: { volumeName, path: 'env', key: 'TOKEN' } } }],
        },
      ],
      volumes: [{ name: volumeName, emptyDir: { medium: 'Memory', sizeLimit: '64Ki' } }],
    },
  };
}

function isReady({ status }: V1Node): boolean {
  return status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') ?? false;
}

function describeNode({ metadata, status }: V1Node): string {
  return `${metadata?.name ?? ''} (kubelet ${status?.nodeInfo?.kubeletVersion ?? 'unknown'})`;
}

async function outcomeOf(kubectl: Kubectl, node: V1Node, pod: V1Pod): Promise<string | undefined> {
  if (pod.status?.phase === 'Succeeded') return undefined;
  const [read] = pod.status?.containerStatuses ?? [];
  if (read?.state?.terminated?.exitCode === EMPTY)
    return `${describeNode(node)}: the variable is empty; its kubelet does not know fileKeyRef`;
  return `${describeNode(node)}: the test pod failed: ${await describePod(kubectl, pod)}`;
}

function isOver(pod: V1Pod): boolean {
  return ['Succeeded', 'Failed'].includes(pod.status?.phase ?? '') || isHopeless(pod);
}

async function tryNodes(kubectl: Kubectl, nodes: readonly V1Node[], image: Image): Promise<string[]> {
  if (nodes.length === 0) return ['there is no Linux node'];
  const notReady = nodes.filter((node) => !isReady(node));
  if (notReady.length > 0)
    return notReady.map((node) => `${describeNode(node)}: not ready, so it cannot be tested`);
  await kubectl.run(['delete', 'namespace', NODE_TEST_NAMESPACE, '--ignore-not-found']);
  await kubectl.apply([namespace]);
  await kubectl.run([
    'wait',
    '-n',
    NODE_TEST_NAMESPACE,
    '--for=create',
    'serviceaccount/default',
    '--timeout=30s',
  ]);
  try {
    await kubectl.apply(image.pullSecrets);
    await kubectl.apply(nodes.map((node, index) => nodeTestPod(node.metadata?.name ?? '', index, image)));
    const pods = await askUntil(
      () => kubectl.list<V1Pod>(['pods', '-n', NODE_TEST_NAMESPACE]),
      (found) => found.every(isOver),
      END,
    );
    const outcomes = await Promise.all(
      nodes.map(async (node) => {
        const pod = pods.find(({ spec }) => spec?.nodeName === node.metadata?.name);
        return pod ? await outcomeOf(kubectl, node, pod) : `${describeNode(node)}: its test pod is gone`;
      }),
    );
    return outcomes.flatMap((outcome) => outcome ?? []);
  } catch (error) {
    if (error instanceof KubectlError) return [`the API server refused the test pod: ${error.said}`];
    throw error;
  } finally {
    await kubectl.attempt(['delete', 'namespace', NODE_TEST_NAMESPACE, '--ignore-not-found', '--wait=false']);
  }
}

/** Rejects with a DeployError that names each node that cannot, with its kubelet's version. */
export async function assertNodeVariables(
  kubectl: Kubectl,
  image: Image,
  say: (line: string) => void,
): Promise<void> {
  const nodes = await kubectl.list<V1Node>(['nodes', '-l', 'kubernetes.io/os=linux']);
  const problems = await tryNodes(kubectl, nodes, image);
  if (problems.length > 0) {
    throw new DeployError(
      `variables from secrets cannot be switched on:\n  ${problems.join('\n  ')}`,
      'upgrade these nodes to Kubernetes 1.35, or deploy with variables off (ENV=off, or envEnabled in settings.yaml)',
    );
  }
  say(`variables from files work on ${nodes.map(describeNode).join(', ')}`);
}
