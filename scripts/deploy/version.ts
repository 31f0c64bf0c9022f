/** Whether there is a cluster, and one that Twofold runs on. No zone. */
import { DeployError } from './failure.ts';
import type { Kubectl } from './kubectl.ts';

const OLDEST_MINOR = 30;

interface Version {
  readonly major: string;
  readonly minor: string;
  readonly gitVersion: string;
}

/** The API server's. Rejects with a DeployError where none responds. */
export async function serverVersion(kubectl: Kubectl): Promise<Version> {
  const { code, stdout, stderr } = await kubectl.attempt(['version', '-o', 'json']);
  // kubectl prints its own version even where no server responds.
  const { serverVersion: version } = JSON.parse(stdout || '{}') as { serverVersion?: Version };
  if (code !== 0 || version === undefined)
    throw new DeployError(
      `no Kubernetes API server responds: ${stderr}`,
      'kubectl version must work; local: make cluster',
    );
  return version;
}

/** The API server's version. Rejects with a DeployError where there is none, or it is too old. */
export async function assertVersion(kubectl: Kubectl): Promise<string> {
  const { major, minor, gitVersion } = await serverVersion(kubectl);
  if (Number.parseInt(minor, 10) < OLDEST_MINOR && major === '1')
    throw new DeployError(
      `this is Kubernetes ${gitVersion}, without ValidatingAdmissionPolicy`,
      `upgrade to 1.${OLDEST_MINOR} or later`,
    );
  return gitVersion;
}
