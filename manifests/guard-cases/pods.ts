/** Pods that pass, pods that pass with a warning, and pods with parts of Twofold's that the webhook never rendered. No zone. */
import { changed, container, init, podCreation, tokenSource, type Change, type GuardCase } from './case.ts';
import { plainPod, sessionPod, SID, type Pod } from '../session-pod.ts';

export const validPods: readonly GuardCase[] = [
  { title: 'a pod with nothing of Twofold’s', request: podCreation(plainPod()) },
  { title: 'a rendered pod with files and variables', request: podCreation(sessionPod()) },
  { title: 'a rendered pod with files only', request: podCreation(sessionPod({ env: false })) },
  { title: 'a rendered pod with variables only', request: podCreation(sessionPod({ files: false })) },
  {
    title: 'a dry run, whose session id and hashes are zeros',
    request: { ...podCreation(sessionPod({ sid: '0'.repeat(32) })), dryRun: true },
  },
  {
    title: 'a rendered pod whose empty variable is written out',
    request: podCreation(
      changed(sessionPod({ env: false }), (pod) => {
        const variable = init(pod).env?.find((v) => v.name === 'TWOFOLD_ENV');
        if (variable) variable.value = '';
      }),
    ),
  },
  {
    title:
      'a rendered pod to which plugins gave resources and another pull policy, and the API server defaults',
    request: podCreation(
      changed(sessionPod(), (pod) => {
        init(pod)['imagePullPolicy'] = 'Always';
        init(pod)['resources'] = { limits: { memory: '128Mi' }, requests: { memory: '128Mi' } };
        init(pod)['resizePolicy'] = [{ resourceName: 'memory', restartPolicy: 'NotRequired' }];
      }),
    ),
  },
  {
    title:
      'a rendered pod in which a neighbour drops more of twofold-init’s capabilities, or sets what is the default',
    request: podCreation(
      changed(sessionPod(), (pod) => {
        const capabilities = { drop: ['ALL', 'KILL', 'MKNOD', 'SETGID', 'SETUID'] };
        Object.assign(init(pod).securityContext ?? {}, { capabilities, privileged: false });
      }),
    ),
  },
  {
    title: 'a rendered pod whose init container has the group that a service mesh lets through',
    request: podCreation(
      changed(sessionPod(), (pod) => Object.assign(init(pod).securityContext ?? {}, { runAsGroup: 1337 })),
    ),
  },
  {
    title: 'a rendered pod whose files a named init container mounts too',
    request: podCreation(
      changed(sessionPod(), (pod) => {
        container(pod, 'clone').volumeMounts = [
          { name: 'twofold-files', mountPath: '/secrets', readOnly: true },
        ];
      }),
    ),
  },
  {
    title: 'a pod with a Secret of another name, and a token for another audience',
    request: podCreation(
      changed(plainPod(), (pod) => {
        pod.spec.volumes.push({ name: 'mine', secret: { secretName: 'twofold-notes' } });
        pod.spec.volumes.push({ name: 'token', projected: { sources: [tokenSource('vault')] } });
      }),
    ),
  },
];

export const warningCases: readonly GuardCase[] = [
  {
    title: 'an init container before twofold-init',
    warned: true,
    says: /clone runs before it/,
    request: podCreation(changed(sessionPod(), (pod) => pod.spec.initContainers.reverse())),
  },
];

/** A pod that the webhook never rendered, with one part of Twofold's in it. */
function forged(title: string, change: Change): GuardCase {
  const says = /reserved for Twofold/;
  return { title, denied: 'twofold-shape', says, request: podCreation(changed(plainPod(), change)) };
}

/** As `kubectl debug --copy-to --profile=general` makes it: without annotations and labels. */
function copyOf(pod: Pod): Pod {
  pod.metadata = { ...pod.metadata, name: 'copy', annotations: {}, labels: {} };
  pod.spec['shareProcessNamespace'] = true;
  pod.spec.containers.push({ name: 'debugger', image: 'busybox:1' });
  return pod;
}

export const forgedPods: readonly GuardCase[] = [
  {
    title: 'a copy of a session’s pod, with what works instead',
    denied: 'twofold-shape',
    says: /kubectl debug --copy-to\) cannot start, .*kubectl debug POD --target=CONTAINER/,
    request: podCreation(copyOf(sessionPod())),
  },
  forged('our label', (pod) => (pod.metadata.labels['twofold.dev/session'] = SID)),
  forged('our label, empty', (pod) => (pod.metadata.labels['twofold.dev/session'] = '')),
  forged('an init container of our name', (pod) =>
    pod.spec.initContainers.push({ name: 'twofold-init', image: 'x:1' }),
  ),
  forged('a container of our name', (pod) =>
    pod.spec.containers.push({ name: 'twofold-init', image: 'x:1' }),
  ),
  ...['twofold-session', 'twofold-token', 'twofold-files', 'twofold-env'].map((name) =>
    forged(`a volume named ${name}`, (pod) => pod.spec.volumes.push({ name, emptyDir: {} })),
  ),
  forged('a token for our audience', (pod) =>
    pod.spec.volumes.push({ name: 'a', projected: { sources: [tokenSource(`twofold:${SID}`)] } }),
  ),
  forged('a token for any audience that starts with twofold', (pod) => {
    pod.spec.volumes.push({
      name: 'a',
      projected: { sources: [{ downwardAPI: {} }, tokenSource('twofold')] },
    });
  }),
];
