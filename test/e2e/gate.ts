/** Pods that are admitted and wait to be scheduled: between admission and start a scenario may do what it likes. */
import { kubectlOutput } from './kubectl.ts';

/** For a pod's spec. */
export const GATE = { schedulingGates: [{ name: 'scenarios/wait' }] } as const;

export async function openGate(namespace: string, name: string): Promise<void> {
  const patch = [{ op: 'remove', path: '/spec/schedulingGates' }];
  await kubectlOutput([
    'patch',
    'pod',
    name,
    `--namespace=${namespace}`,
    '--type=json',
    `--patch=${JSON.stringify(patch)}`,
  ]);
}
