/** Rendered pods in which someone changed anything except twofold-init: all refused. No zone. */
import {
  changed,
  container,
  OTHER,
  podCreation,
  tampered,
  tokenSource,
  volume,
  type GuardCase,
} from './case.ts';
import { plainPod, SID } from '../session-pod.ts';

export const tamperedPods: readonly GuardCase[] = [
  // The label and the annotations.
  tampered('no label', /has not seen it/, (pod) => delete pod.metadata.labels['twofold.dev/session']),
  tampered(
    'a label that is not a session id',
    /has not seen it/,
    (pod) => (pod.metadata.labels['twofold.dev/session'] = 'mine'),
  ),
  tampered(
    'another session in the label',
    /not the Secret of the session/,
    (pod) => (pod.metadata.labels['twofold.dev/session'] = OTHER),
  ),
  tampered('no annotation', /does not ask for secrets/, (pod) => (pod.metadata.annotations = {})),
  {
    title: 'an annotation that the webhook never saw',
    denied: 'twofold-shape',
    says: /has not seen it/,
    request: podCreation(
      changed(plainPod(), (pod) => (pod.metadata.annotations['twofold.dev/secrets'] = 'a')),
    ),
  },
  // The volumes.
  tampered(
    "another session's Secret",
    /twofold-session/,
    (pod) => (volume(pod, 'twofold-session').secret = { secretName: `twofold-${OTHER}`, defaultMode: 292 }),
  ),
  tampered(
    "the attacker's Secret",
    /twofold-session/,
    (pod) => (volume(pod, 'twofold-session').secret = { secretName: 'mine', defaultMode: 292 }),
  ),
  tampered('an optional Secret', /twofold-session/, (pod) =>
    Object.assign(volume(pod, 'twofold-session').secret ?? {}, { optional: true }),
  ),
  tampered("some of the Secret's keys", /twofold-session/, (pod) => {
    Object.assign(volume(pod, 'twofold-session').secret ?? {}, { items: [{ key: 'grant', path: 'grant' }] });
  }),
  tampered(
    'a token for another session',
    /twofold-token/,
    (pod) =>
      (volume(pod, 'twofold-token').projected = {
        defaultMode: 292,
        sources: [tokenSource(`twofold:${OTHER}`)],
      }),
  ),
  tampered('a token that lives longer', /twofold-token/, (pod) => {
    const token = { audience: `twofold:${SID}`, expirationSeconds: 86400, path: 'token' };
    volume(pod, 'twofold-token').projected = { defaultMode: 292, sources: [{ serviceAccountToken: token }] };
  }),
  tampered('a second source besides the token', /twofold-token/, (pod) =>
    volume(pod, 'twofold-token').projected?.sources.push({ secret: { name: 'mine' } }),
  ),
  tampered('the token volume as an empty one', /twofold-token/, (pod) => {
    delete volume(pod, 'twofold-token').projected;
    volume(pod, 'twofold-token').emptyDir = {};
  }),
  tampered(
    'files on disk',
    /in memory/,
    (pod) => (volume(pod, 'twofold-files').emptyDir = { sizeLimit: '8192' }),
  ),
  tampered(
    'files without a size limit',
    /in memory/,
    (pod) => (volume(pod, 'twofold-files').emptyDir = { medium: 'Memory' }),
  ),
  tampered('files on the host', /in memory/, (pod) => {
    delete volume(pod, 'twofold-files').emptyDir;
    volume(pod, 'twofold-files')['hostPath'] = { path: '/srv', type: '' };
  }),
  tampered("a second volume with the session's token", /another volume/, (pod) =>
    pod.spec.volumes.push({ name: 'mine', projected: { sources: [tokenSource(`twofold:${SID}`)] } }),
  ),
  // The other containers.
  tampered("the Secret mounted by the user's container", /notebook mounts/, (pod) => {
    container(pod, 'notebook').volumeMounts?.push({
      name: 'twofold-session',
      mountPath: '/a',
      readOnly: true,
    });
  }),
  tampered('the token mounted by the proxy', /proxy mounts/, (pod) => {
    container(pod, 'proxy').volumeMounts = [{ name: 'twofold-token', mountPath: '/a', readOnly: true }];
  }),
  tampered('the variables mounted by a container', /notebook mounts/, (pod) => {
    container(pod, 'notebook').volumeMounts?.push({ name: 'twofold-env', mountPath: '/a', readOnly: true });
  }),
  tampered(
    'the files mounted read-write',
    /notebook mounts/,
    (pod) => delete container(pod, 'notebook').volumeMounts?.[0]?.readOnly,
  ),
  tampered('the files mounted read-write by another init container', /clone mounts/, (pod) => {
    container(pod, 'clone').volumeMounts = [{ name: 'twofold-files', mountPath: '/a' }];
  }),
  tampered('a variable of another key', /that the webhook does not write/, (pod) => {
    const fileKeyRef = { volumeName: 'twofold-env', path: 'env', key: 'OTHER' };
    container(pod, 'notebook').env?.push({ name: 'LD_PRELOAD', valueFrom: { fileKeyRef } });
  }),
  tampered('a variable that may be missing', /that the webhook does not write/, (pod) => {
    const fileKeyRef = { volumeName: 'twofold-env', path: 'env', key: 'PGUSER', optional: true };
    container(pod, 'notebook').env?.push({ name: 'PGUSER', valueFrom: { fileKeyRef } });
  }),
  tampered('a variable from the files', /that the webhook does not write/, (pod) => {
    const fileKeyRef = { volumeName: 'twofold-files', path: 'db-password', key: 'A' };
    container(pod, 'notebook').env?.push({ name: 'A', valueFrom: { fileKeyRef } });
  }),
];
