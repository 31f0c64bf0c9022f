/** What the services mount and only the operator can provide: Secrets, and the vault's classes. No zone. */
import { DeployError } from './failure.ts';
import { existingSecrets } from './keys.ts';
import type { Kubectl } from './kubectl.ts';
import type { ProviderClass, Rendering } from './rendering.ts';

async function assertSecrets(kubectl: Kubectl, { secrets }: Rendering): Promise<void> {
  const existing = await existingSecrets(kubectl, secrets);
  const missing = secrets.filter(
    ({ namespace, name }) => !existing.some((one) => one.namespace === namespace && one.name === name),
  );
  if (missing.length > 0)
    throw new DeployError(
      `Secrets are missing: ${missing.map(({ namespace, name }) => `${namespace}/${name}`).join(', ')}`,
      'create them as the table in manifests/README.md says; then deploy again',
    );
}

/** A class of secrets-store.csi.x-k8s.io, the part that is checked: the rest is the vault's. */
interface ClassObject {
  readonly spec?: { readonly secretObjects?: readonly unknown[] };
}

/** The driver writes `secretObjects` as Secrets, so what the mount keeps out of etcd would end up there after all. */
async function assertClass(kubectl: Kubectl, { namespace, name, objects }: ProviderClass): Promise<void> {
  const asked = ['get', 'secretproviderclass', name, '-n', namespace, '-o', 'json'];
  const { code, stdout, stderr } = await kubectl.attempt(asked);
  if (code !== 0)
    throw new DeployError(
      `the SecretProviderClass ${name} in ${namespace} cannot be found: ${stderr}`,
      `install the Secrets Store CSI driver and create your vault’s class with the objects ${objects.join(', ')} (manifests/README.md); or, for a demonstration only, add components/keys-in-cluster`,
    );
  const { spec } = JSON.parse(stdout) as ClassObject;
  if ((spec?.secretObjects ?? []).length > 0)
    throw new DeployError(
      `the SecretProviderClass ${name} in ${namespace} has secretObjects: it copies keys into Secrets, and thus into etcd`,
      'remove secretObjects from it, and the Secrets it created; then deploy again',
    );
}

/** Rejects with a DeployError for anything missing, and for a class that would put keys into etcd. */
export async function assertMounts(kubectl: Kubectl, rendering: Rendering): Promise<void> {
  await assertSecrets(kubectl, rendering);
  for (const each of rendering.providerClasses) await assertClass(kubectl, each);
}
