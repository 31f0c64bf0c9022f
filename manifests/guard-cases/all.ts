/** Every case of the guard, by subject: for its tests, and for a real API server. No zone. */
import type { GuardCase } from './case.ts';
import { forgedPods, validPods, warningCases } from './pods.ts';
import { launcherAccountCases, launcherCases } from './launchers.ts';
import { referenceCases } from './references.ts';
import { secretCases, tokenCases } from './requests.ts';
import { tamperedInit } from './tampered-init.ts';
import { tamperedPods } from './tampered-pod.ts';
import { ephemeralCases, updateCases } from './updates.ts';

export const guardCases: Readonly<Record<string, readonly GuardCase[]>> = {
  'pods as the webhook leaves them, and plain ones': [...validPods, ...warningCases],
  'rendered pods with twofold-init changed': tamperedInit,
  'rendered pods with anything else changed': tamperedPods,
  'pods that the webhook never saw': forgedPods,
  'pods that name a session’s Secret': referenceCases,
  'the launcher’s annotation': launcherCases,
  'the launcher’s account': launcherAccountCases,
  'changes to pods': updateCases,
  'ephemeral containers': ephemeralCases,
  tokens: tokenCases,
  Secrets: secretCases,
};
