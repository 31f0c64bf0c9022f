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
  secretOf,
  type CertificateFolder,
} from './certificates.ts';
import { choicesObject, type Choices } from './choices.ts';
import type { JwkSet } from './console-keys.ts';
import { assertDns, noteIsolation } from './dns.ts';
import { DeployError } from './failure.ts';
import { assertGuardValues } from './guard-values.ts';
import { checkKeys, makeKeys } from './keys.ts';
import type { Kubectl } from './kubectl.ts';
import { assertLaunchers } from './launchers.ts';
import { assertMounts } from './mounts.ts';
import { assertNamespaces, testNamespace } from './namespaces.ts';
import { assertNodeVariables, NODE_TEST_NAMESPACE } from './node-variables.ts';
import { copiedPullSecrets, pullSecretNotes } from './pull-secrets.ts';
import { exampleValues, readRendering, withEnv, type Reference, type Rendering } from './rendering.ts';
import { awaitRollouts } from './rollout.ts';
import { runSelfTest, type TestLogin } from './self-test.ts';
import { checkSettings } from './settings-check.ts';
import { assertVersion } from './version.ts';

const ROLLOUT_MS = 240_000;

interface Deployment {
  /** Folder of a kustomization. */
  readonly overlay: string;
  /** Undefined where something else, such as cert-manager, issues them and fills in `caBundle`. */
  readonly certificates: CertificateFolder | undefined;
  /** Public half of the ticket key, where the console's keys come from outside the cluster. */
  readonly ticketKeys: JwkSet | undefined;
  /** Kept for later deployments. */
  readonly choices: Choices;
  /** Variables from secrets, where they were never chosen; absent: as in settings.yaml. */
  readonly env?: 'if-possible';
  readonly login: TestLogin | undefined;
  /** The operator's other Secrets, to apply before the services. */
  readonly secrets: readonly KubernetesObject[];
  readonly say: (line: string) => void;
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

function noteOf({ allKeysInCluster, consoleKeysInCluster }: Rendering): string | undefined {
  if (allKeysInCluster)
    return 'NOTE: all keys are in this cluster’s Secrets: anyone who can read its etcd or a backup of it can read everything';
  return consoleKeysInCluster
    ? 'NOTE: the ticket, cookie and record keys are in this cluster’s Secrets: anyone who can read its etcd or a backup of it can forge tickets, cookies and records'
    : undefined;
}

async function decideEnv(kubectl: Kubectl, rendering: Rendering, deployment: Deployment): Promise<boolean> {
  const { choices, env, say } = deployment;
  const wanted = choices.env ?? env ?? (rendering.envEnabled ? 'on' : 'off');
  if (wanted === 'off') return false;
  const image = {
    name: rendering.injectorImage,
    pullPolicy: rendering.injectorPullPolicy,
    pullSecrets: await copiedPullSecrets(kubectl, rendering, NODE_TEST_NAMESPACE),
  };
  try {
    await assertNodeVariables(kubectl, image, say);
    return true;
  } catch (error) {
    if (wanted === 'on' || !(error instanceof DeployError)) throw error;
    say(`${error.message}\n  so they stay off`);
    return false;
  }
}

/** In words, where settings.yaml alone does not say it. */
function envInWords(enabled: boolean, { choices: { env } }: Deployment): string {
  const why = env === undefined ? '' : `, as chosen with ENV=${env}`;
  return `variables from secrets are ${enabled ? 'on' : 'off'}${why}`;
}

function isNamespace({ kind }: KubernetesObject): boolean {
  return kind === 'Namespace';
}

/** Everything that could be wrong, and the Secrets of keys to make. Changes nothing that is stored or runs. */
async function check(
  kubectl: Kubectl,
  written: Rendering,
  deployment: Deployment,
): Promise<readonly Reference[]> {
  const examples = exampleValues(written);
  if (examples.length > 0)
    throw new DeployError(
      `settings.yaml still has the example’s ${examples.join(', ')}`,
      'set your own there',
    );
  assertGuardValues(written);
  assertLaunchers(written);
  await assertNamespaces(kubectl, written);
  const keys = await checkKeys(kubectl, written, deployment);
  const leaves = deployment.certificates ? leavesIn(written.secrets).map(secretOf) : [];
  const given = deployment.secrets.map(({ metadata }) => ({
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
  }));
  await assertMounts(kubectl, written, [...keys, ...leaves, ...given]);
  return keys;
}

async function test(kubectl: Kubectl, rendering: Rendering, { login, say }: Deployment): Promise<void> {
  const namespace = await testNamespace(kubectl, rendering.sessionNamespaces);
  if (namespace === undefined) {
    say('NOTE: no enabled namespace exists yet, so nothing was tested: deploy again when one does');
    return;
  }
  const { injectorImage, injectorPullSecrets: pullSecrets, publicUrl: url } = rendering;
  try {
    await runSelfTest(kubectl, { namespace, injectorImage, pullSecrets, url, login }, say);
  } catch (error) {
    const { message } = error instanceof Error ? error : { message: String(error) };
    throw new DeployError(
      `Twofold is deployed and runs, but its self-test failed: ${message}`,
      error instanceof DeployError ? error.next : 'correct this, and deploy again to repeat the test',
      error,
    );
  }
}

/** Resolves once everything runs and the self-test has passed, with whether variables from secrets are on. */
export async function deploy(kubectl: Kubectl, deployment: Deployment): Promise<{ envEnabled: boolean }> {
  const { overlay, certificates, say } = deployment;
  say(`Kubernetes ${await assertVersion(kubectl)}`);
  const written = readRendering(renderOverlay(overlay));
  const missingKeys = await check(kubectl, written, deployment);
  const envEnabled = await decideEnv(kubectl, written, deployment);
  const rendering = readRendering(withEnv(written.objects, envEnabled));
  const note = noteOf(rendering);
  if (note !== undefined) say(note);

  if (certificates) await ensureLeaves(kubectl, certificates, say);
  await kubectl.apply(rendering.objects.filter(isNamespace));
  if (certificates) await handOutLeaves(kubectl, certificates.dir, leavesIn(rendering.secrets));
  await kubectl.apply(deployment.secrets, 'operator');
  await makeKeys(kubectl, missingKeys, deployment);
  await checkSettings(kubectl, rendering.objects, say);

  await kubectl.apply([...rendering.objects, choicesObject(deployment.choices)]);
  if (certificates) await handOutBundle(kubectl, certificates.dir);
  say(`${rendering.objects.length} objects applied; ${envInWords(envEnabled, deployment)}`);
  try {
    await awaitRollouts(kubectl, rendering.deployments, { withinMs: ROLLOUT_MS, say });
  } finally {
    // Also where a rollout failed: without DNS services do not become ready, and that is then the reason to report.
    await assertDns(kubectl, rendering, say);
  }
  await noteIsolation(kubectl, rendering, say);
  await test(kubectl, rendering, deployment);
  for (const missing of await pullSecretNotes(kubectl, rendering)) say(missing);
  return { envEnabled };
}
