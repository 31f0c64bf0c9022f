/** Changes to pods that exist: by users, controllers, debuggers, the scheduler. No zone. */
import type { KubernetesObject } from '../kubernetes-object.ts';
import {
  changed,
  container,
  init,
  OTHER,
  podCreation,
  type AdmissionRequest,
  type Change,
  type GuardCase,
} from './case.ts';
import { plainPod, sessionPod, SID, type Container, type Pod } from '../session-pod.ts';

function updated(pod: Pod, change: Change, subResource?: string, username = 'alice'): AdmissionRequest {
  const object = structuredClone(pod);
  change(object);
  const request = { ...podCreation(object, { username }), operation: 'UPDATE', oldObject: pod };
  return subResource ? { ...request, subResource } : request;
}

export function update(
  title: string,
  pod: Pod,
  change: Change,
  denied?: string,
  says?: RegExp,
  subResource?: string,
): GuardCase {
  return {
    title,
    request: updated(pod, change, subResource),
    ...(denied && { denied }),
    ...(says && { says }),
  };
}

function debugged(
  title: string,
  change: (container: Container) => void,
  denied?: 'twofold-ephemeral',
): GuardCase {
  const debug: Container = { name: 'debug', image: 'busybox:1' };
  change(debug);
  const request = updated(
    sessionPod(),
    (pod) => (pod.spec.ephemeralContainers = [debug]),
    'ephemeralcontainers',
  );
  return denied ? { title, denied, says: /ephemeral container/, request } : { title, request };
}

function bound(title: string, metadata: Record<string, unknown>, denied?: 'twofold-update'): GuardCase {
  const object: KubernetesObject = {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name: 'jupyter-alice', namespace: 'sessions', ...metadata },
  };
  const request = {
    ...podCreation({ ...object, target: { kind: 'Node', name: 'node1' } } as KubernetesObject, {
      username: 'alice',
    }),
    subResource: 'binding',
  };
  return { title, request, ...(denied && { denied }) };
}

/** Waits until a queue lets it be scheduled. */
function gatedPod(): Pod {
  return changed(sessionPod(), (pod) => {
    pod.spec['schedulingGates'] = [{ name: 'kueue.x-k8s.io/admission' }];
  });
}

export const updateCases: readonly GuardCase[] = [
  update('a queue opens its scheduling gate, and chooses nodes', gatedPod(), (pod) => {
    delete pod.spec['schedulingGates'];
    pod.spec['nodeSelector'] = { 'example.org/pool': 'gpu' };
  }),
  update('a finalizer is added', sessionPod(), (pod) => (pod.metadata.finalizers = ['example.org/wait'])),
  update(
    'a finalizer of a pod that would not pass today is removed',
    changed(sessionPod(), (pod) => {
      init(pod).env?.pop();
      pod.metadata.finalizers = ['example.org/wait'];
    }),
    (pod) => delete pod.metadata.finalizers,
  ),
  update('another label and annotation are changed', sessionPod(), (pod) => {
    pod.metadata.labels['app'] = 'other';
    pod.metadata.annotations['example.org/colour'] = 'red';
  }),
  update('a plain pod is changed', plainPod(), (pod) => (pod.metadata.labels['app'] = 'other')),
  update(
    'the kubelet writes the status',
    sessionPod(),
    (pod) => Object.assign(pod, { status: { phase: 'Running' } }),
    undefined,
    undefined,
    'status',
  ),
  update(
    'a twofold.dev annotation is changed',
    sessionPod(),
    (pod) => (pod.metadata.annotations['twofold.dev/secrets'] = 'other'),
    'twofold-update',
    /create a new pod/,
  ),
  update(
    'a twofold.dev annotation is added',
    sessionPod(),
    (pod) => (pod.metadata.annotations['twofold.dev/env'] = 'A=b'),
    'twofold-update',
  ),
  update(
    'a twofold.dev annotation is removed',
    sessionPod(),
    (pod) => delete pod.metadata.annotations['twofold.dev/ticket'],
    'twofold-update',
  ),
  update(
    'all annotations are removed',
    sessionPod(),
    (pod) => (pod.metadata.annotations = {}),
    'twofold-update',
  ),
  update(
    'a twofold.dev annotation is added to a plain pod',
    plainPod(),
    (pod) => (pod.metadata.annotations['twofold.dev/secrets'] = 'a'),
    'twofold-update',
  ),
  update(
    'a twofold.dev annotation is changed through the status',
    sessionPod(),
    (pod) => (pod.metadata.annotations['twofold.dev/secrets'] = 'other'),
    'twofold-update',
    /create a new pod/,
    'status',
  ),
  update(
    'the label is changed',
    sessionPod(),
    (pod) => (pod.metadata.labels['twofold.dev/session'] = OTHER),
    'twofold-update',
    /label/,
  ),
  update(
    'the label is removed',
    sessionPod(),
    (pod) => delete pod.metadata.labels['twofold.dev/session'],
    'twofold-update',
    /label/,
  ),
  update(
    'the label is added to a plain pod',
    plainPod(),
    (pod) => (pod.metadata.labels['twofold.dev/session'] = SID),
    'twofold-update',
    /label/,
  ),
  update(
    'an empty label is added to a plain pod',
    plainPod(),
    (pod) => (pod.metadata.labels['twofold.dev/session'] = ''),
    'twofold-update',
    /label/,
  ),
  update(
    'the init image is changed',
    sessionPod(),
    (pod) => (init(pod).image = 'evil:1'),
    'twofold-update',
    /image of twofold-init/,
  ),
  update(
    'the image of another container is changed',
    sessionPod(),
    (pod) => (container(pod, 'notebook').image = 'notebook:2'),
  ),
  bound('the scheduler binds a pod', {}),
  bound('a binding writes our annotation', { annotations: { 'twofold.dev/secrets': 'a' } }, 'twofold-update'),
  bound('a binding writes our label', { labels: { 'twofold.dev/session': SID } }, 'twofold-update'),
  {
    title: 'a session pod is deleted',
    request: { ...podCreation(sessionPod()), operation: 'DELETE', object: null, oldObject: sessionPod() },
  },
];

export const ephemeralCases: readonly GuardCase[] = [
  debugged('without mounts', () => undefined),
  debugged("with the user's own volume", (c) => (c.volumeMounts = [{ name: 'home', mountPath: '/home' }])),
  ...['twofold-session', 'twofold-token', 'twofold-files', 'twofold-env'].map((name) =>
    debugged(
      `with ${name}`,
      (c) => (c.volumeMounts = [{ name, mountPath: '/a', readOnly: true }]),
      'twofold-ephemeral',
    ),
  ),
  debugged(
    'with a variable from the files',
    (c) => {
      c.env = [
        { name: 'A', valueFrom: { fileKeyRef: { volumeName: 'twofold-env', path: 'env', key: 'A' } } },
      ];
    },
    'twofold-ephemeral',
  ),
  debugged(
    'in the processes of twofold-init',
    (c) => (c['targetContainerName'] = 'twofold-init'),
    'twofold-ephemeral',
  ),
  debugged("in the processes of the user's container", (c) => (c['targetContainerName'] = 'notebook')),
];
