/**
 * The built-in admission plugins that touch pods: service account, priority, tolerations. They run before the
 * webhooks and again after, so that an injected container gets the same treatment. Development tool, no zone.
 */

import { randomSuffix } from '../objects/object-meta.ts';
import {
  listAt,
  nameOf,
  stringAt,
  type Container,
  type Pod,
  type Toleration,
  type Volume,
} from '../objects/object.ts';
import { pods } from '../objects/resource.ts';
import type { Implicit } from '../objects/service-account.ts';
import { forbidden } from '../status.ts';

const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const tokenVolumePrefix = 'kube-api-access-';
/** An hour, and the seconds that let the kubelet recognise the default. */
const tokenSeconds = 3607;
const mirrorAnnotation = 'kubernetes.io/config.mirror';
const enforceMountable = 'kubernetes.io/enforce-mountable-secrets';
const evictionSeconds = 300;

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: tokenSeconds, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
      defaultMode: 0o644,
    },
  };
}

function mountToken(pod: Pod): void {
  const { spec } = pod;
  const existing = spec.volumes?.find((volume) => volume.name.startsWith(tokenVolumePrefix));
  const name = existing?.name ?? tokenVolumePrefix + randomSuffix();
  // Decoding checks types, not presence.
  const containers = (spec.containers as Container[] | undefined) ?? [];
  // Whatever is mounted at the path keeps the token out.
  const without = [...(spec.initContainers ?? []), ...containers].filter(
    (container) => !(container.volumeMounts ?? []).some((mount) => mount.mountPath === tokenPath),
  );
  for (const container of without) {
    container.volumeMounts = [
      ...(container.volumeMounts ?? []),
      { name, readOnly: true, mountPath: tokenPath },
    ];
  }
  if (existing === undefined && without.length > 0)
    spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

function tolerate(tolerations: Toleration[], key: string): void {
  const covered = tolerations.some(
    (one) =>
      ((one.key ?? '') === key || (one.key ?? '') === '') &&
      ['NoExecute', '', undefined].includes(one.effect),
  );
  if (covered) return;
  tolerations.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: evictionSeconds });
}

/** In place. */
export function admitPod(pod: Pod, implicit: Implicit): void {
  const { spec, metadata } = pod;
  spec.priority ??= 0;
  spec.preemptionPolicy ??= 'PreemptLowerPriority';
  spec.tolerations ??= [];
  tolerate(spec.tolerations, 'node.kubernetes.io/not-ready');
  tolerate(spec.tolerations, 'node.kubernetes.io/unreachable');
  if (metadata.annotations?.[mirrorAnnotation] !== undefined) return;
  if ((spec.serviceAccountName ?? '') === '') spec.serviceAccountName = 'default';
  spec.serviceAccount = spec.serviceAccountName ?? 'default';
  const account = implicit.serviceAccount(metadata.namespace ?? '', spec.serviceAccount);
  if (spec.automountServiceAccountToken ?? account['automountServiceAccountToken'] !== false) mountToken(pod);
  const pullSecrets = listAt(account, 'imagePullSecrets').map((one) => ({
    name: stringAt(one, 'name') ?? '',
  }));
  if (pullSecrets.length > 0 && (spec.imagePullSecrets ?? []).length === 0)
    spec.imagePullSecrets = pullSecrets;
}

/** Throws 403 for a Secret volume that an account with enforced mountable secrets does not list. */
export function checkMountableSecrets(pod: Pod, implicit: Implicit): void {
  const name = pod.spec.serviceAccountName ?? 'default';
  const account = implicit.serviceAccount(pod.metadata.namespace ?? '', name);
  if (account.metadata.annotations?.[enforceMountable] !== 'true') return;
  const listed = listAt(account, 'secrets').map((one) => stringAt(one, 'name'));
  for (const { secret } of pod.spec.volumes ?? []) {
    if (secret === undefined || listed.includes(secret.secretName)) continue;
    throw forbidden(
      pods,
      nameOf(pod),
      `volume with secret.secretName="${secret.secretName ?? ''}" is not allowed because service account ${name} does not reference that secret`,
    );
  }
}
