/**
 * Defaults that the real API server writes into a pod, before and again after the webhooks.
 * Development tool, no zone.
 */

import type { Container, Pod, PodSpec, Volume } from './object.ts';

const fileMode = 0o644;
const tokenSeconds = 3600;

function pullPolicy(image: string): string {
  const name = image.slice(image.lastIndexOf('/') + 1);
  if (name.includes('@')) return 'IfNotPresent';
  const tag = name.includes(':') ? name.slice(name.indexOf(':') + 1) : 'latest';
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function defaultProbe(probe: Container['livenessProbe']): void {
  if (probe === undefined) return;
  probe.timeoutSeconds ??= 1;
  probe.periodSeconds ??= 10;
  probe.successThreshold ??= 1;
  probe.failureThreshold ??= 3;
  if (probe.httpGet !== undefined) {
    probe.httpGet.path ??= '/';
    probe.httpGet.scheme ??= 'HTTP';
  }
}

function defaultContainer(container: Container): void {
  container.terminationMessagePath ??= '/dev/termination-log';
  container.terminationMessagePolicy ??= 'File';
  container.imagePullPolicy ??= pullPolicy(container.image ?? '');
  container.resources ??= {};
  const { limits, requests } = container.resources;
  // A limit without a request is its own request.
  if (limits !== undefined) container.resources.requests = { ...limits, ...requests };
  for (const port of container.ports ?? []) port.protocol ??= 'TCP';
  for (const variable of container.env ?? []) {
    if (variable.valueFrom?.fieldRef !== undefined) variable.valueFrom.fieldRef.apiVersion ??= 'v1';
  }
  defaultProbe(container.livenessProbe);
  defaultProbe(container.readinessProbe);
  defaultProbe(container.startupProbe);
}

function defaultVolume(volume: Volume): void {
  if (Object.keys(volume).length === 1) volume.emptyDir = {};
  if (volume.secret !== undefined) volume.secret.defaultMode ??= fileMode;
  if (volume.configMap !== undefined) volume.configMap.defaultMode ??= fileMode;
  if (volume.downwardAPI !== undefined) volume.downwardAPI.defaultMode ??= fileMode;
  if (volume.hostPath !== undefined) volume.hostPath.type ??= '';
  if (volume.projected === undefined) return;
  volume.projected.defaultMode ??= fileMode;
  for (const one of volume.projected.sources ?? []) {
    if (one.serviceAccountToken !== undefined) one.serviceAccountToken.expirationSeconds ??= tokenSeconds;
  }
}

function defaultSpec(spec: PodSpec): void {
  spec.restartPolicy ??= 'Always';
  spec.terminationGracePeriodSeconds ??= 30;
  spec.dnsPolicy ??= 'ClusterFirst';
  spec.schedulerName ??= 'default-scheduler';
  spec.securityContext ??= {};
  spec.enableServiceLinks ??= true;
  const serviceAccount = spec.serviceAccountName ?? spec.serviceAccount;
  if (serviceAccount !== undefined) {
    spec.serviceAccountName = serviceAccount;
    spec.serviceAccount = serviceAccount;
  }
}

/** Fills in the pod in place. */
export function defaultPod(pod: Pod): void {
  const spec = pod.spec;
  defaultSpec(spec);
  // The decoder checks types, not presence: a pod may come without containers.
  const containers = (spec.containers as Container[] | undefined) ?? [];
  for (const container of [...(spec.initContainers ?? []), ...containers]) defaultContainer(container);
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
}
