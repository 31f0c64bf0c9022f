/**
 * `make deploy`, step by step: everything that could be wrong is checked before anything is changed, and
 * the last step tests what runs. Repeating it keeps keys and certificates, and renews what is due.
 * No zone; docs/design.md#operations.
 */
import type { KubernetesObject } from '../../manifests/kubernetes-object.ts';
import { render } from '../../manifests/kustomize.ts';
import {
  ensureLeaves,
  handOutBundle,
  handOutLeaves,
  leavesIn,
  type CertificateFolder,
} from './certificates.ts';
import type { JwkSet } from './console-keys.ts';
import { assertDns, noteIsolation } from './dns.ts';
import { DeployError } from './failure.ts';
import { ensureKeys } from './keys.ts';
import type { Kubectl } from './kubectl.ts';
import { assertLaunchers } from './launchers.ts';
import { assertMounts } from './mounts.ts';
import { assertNodeVariables } from './node-variables.ts';
import { exampleValues, readRendering, withEnv, type Rendering } from './rendering.ts';
import { awaitRollouts } from './rollout.ts';
import { runSelfTest, type TestLogin } from './self-test.ts';

const OLDEST_MINOR = 30;
const ROLLOUT_MS = 240_000;

interface Deployment {
  /** Folder of a kustomization. */
  readonly overlay: string;
  /** Undefined where something else, such as cert-manager, issues them and fills in `caBundle`. */
  readonly certificates: CertificateFolder | undefined;
  /** Public half of the ticket key, where the console's keys come from outside the cluster. */
  readonly ticketKeys: JwkSet | undefined;
  /** Variables from secrets; absent: as in settings.yaml. `if-possible`: only if the nodes support them. */
  readonly env: 'on' | 'off' | 'if-possible' | undefined;
  readonly login: TestLogin | undefined;
  /** The operator's other Secrets, to apply before the services. */
  readonly secrets: readonly KubernetesObject[];
  readonly say: (line: string) => void;
}

/** The API server's version. Rejects with a DeployError where there is none, or it is too old. */
async function assertVersion(kubectl: Kubectl): Promise<string> {
  const { code, stdout, stderr } = await kubectl.attempt(['version', '-o', 'json']);
  // kubectl prints its own version even where no server responds.
  const { serverVersion } = JSON.parse(stdout || '{}') as {
    serverVersion?: { major: string; minor: string; gitVersion: string };
  };
  if (code !== 0 || serverVersion === undefined)
    throw new DeployError(
      `no Kubernetes API server responds: ${stderr}`,
      'kubectl version must work; local: make cluster',
    );
  if (Number.parseInt(serverVersion.minor, 10) < OLDEST_MINOR && serverVersion.major === '1')
    throw new DeployError(
      `this is Kubernetes ${serverVersion.gitVersion}, without ValidatingAdmissionPolicy`,
      `upgrade to 1.${OLDEST_MINOR} or later`,
    );
  return serverVersion.gitVersion;
}

function renderOverlay(overlay: string): KubernetesObject[] {
  try {
    return render(overlay);
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    throw new DeployError(
      `${overlay} cannot be rendered: ${said}`,
      'correct it; manifests/README.md says how',
      error,
    );
  }
}

async function assertNamespaces(kubectl: Kubectl, { sessionNamespaces }: Rendering): Promise<void> {
  const named = sessionNamespaces.filter((name) => name !== '*');
  const found = await Promise.all(named.map((name) => kubectl.find(['namespace', name])));
  const missing = named.filter((_, index) => found[index] === undefined);
  if (missing.length > 0)
    throw new DeployError(
      `settings.yaml enables namespaces that do not exist: ${missing.join(', ')}`,
      `kubectl create namespace ${missing[0] ?? ''}`,
    );
}

function noteOf({ allKeysInCluster, consoleKeysInCluster }: Rendering): string | undefined {
  if (allKeysInCluster)
    return 'NOTE: all keys are in this cluster’s Secrets: anyone who can read its etcd or a backup of it can read everything';
  return consoleKeysInCluster
    ? 'NOTE: the ticket, cookie and record keys are in this cluster’s Secrets: anyone who can read its etcd or a backup of it can forge tickets, cookies and records'
    : undefined;
}

async function decideEnv(kubectl: Kubectl, rendering: Rendering, { env, say }: Deployment): Promise<boolean> {
  const wanted = env ?? (rendering.envEnabled ? 'on' : 'off');
  if (wanted === 'off') return false;
  const image = { name: rendering.injectorImage, pullPolicy: rendering.injectorPullPolicy };
  try {
    await assertNodeVariables(kubectl, image, say);
    return true;
  } catch (error) {
    if (wanted === 'on' || !(error instanceof DeployError)) throw error;
    say(`${error.message}\n  so they stay off`);
    return false;
  }
}

function isNamespace({ kind }: KubernetesObject): boolean {
  return kind === 'Namespace';
}

/** Resolves once everything runs and the self-test has passed, with whether variables from secrets are on. */
export async function deploy(kubectl: Kubectl, deployment: Deployment): Promise<{ envEnabled: boolean }> {
  const { overlay, certificates, say } = deployment;
  say(`Kubernetes ${await assertVersion(kubectl)}`);
  const written = readRendering(renderOverlay(overlay));
  const examples = exampleValues(written);
  if (examples.length > 0)
    throw new DeployError(
      `settings.yaml still has the example’s ${examples.join(', ')}`,
      'set your own there',
    );
  assertLaunchers(written);
  await assertNamespaces(kubectl, written);
  const envEnabled = await decideEnv(kubectl, written, deployment);
  const rendering = readRendering(withEnv(written.objects, envEnabled));
  const note = noteOf(rendering);
  if (note !== undefined) say(note);

  await kubectl.apply(rendering.objects.filter(isNamespace));
  if (certificates) {
    await ensureLeaves(kubectl, certificates, say);
    await handOutLeaves(kubectl, certificates.dir, leavesIn(rendering.secrets));
  }
  await kubectl.apply(deployment.secrets, 'operator');
  await ensureKeys(kubectl, rendering, deployment);
  await assertMounts(kubectl, rendering);

  await kubectl.apply(rendering.objects);
  if (certificates) await handOutBundle(kubectl, certificates.dir);
  say(`${rendering.objects.length} objects applied; variables from secrets are ${envEnabled ? 'on' : 'off'}`);
  try {
    await awaitRollouts(kubectl, rendering.deployments, { withinMs: ROLLOUT_MS, say });
  } finally {
    // Also where a rollout failed: without DNS services do not become ready, and that is then the reason to report.
    await assertDns(kubectl, rendering, say);
  }
  await noteIsolation(kubectl, rendering, say);
  const [namespace = 'default'] = rendering.sessionNamespaces.filter((name) => name !== '*');
  const { injectorImage, publicUrl: url } = rendering;
  await runSelfTest(kubectl, { namespace, injectorImage, url, login: deployment.login }, say);
  return { envEnabled };
}
