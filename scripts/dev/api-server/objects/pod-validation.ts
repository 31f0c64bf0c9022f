/**
 * Refuses pods that the real API server would refuse: the checks that launchers and webhooks run into.
 * Development tool, no zone.
 */

import { cause, type Cause } from '../status.ts';
import { dnsLabelCause, isDnsLabel } from './object-meta.ts';
import { isJsonObject, type Container, type Pod, type PodSpec, type Volume } from './object.ts';
import { quantityOf } from './quantity.ts';

const minTokenSeconds = 600;
const maxMode = 0o777;
const environmentName = /^[ -<>-~]+$/;

function nameCause(field: string, name: string | undefined): Cause[] {
  if (name === undefined || name === '') return [cause.required(field)];
  return isDnsLabel(name) ? [] : [dnsLabelCause(field, name)];
}

function duplicates(field: (index: number) => string, values: readonly (string | undefined)[]): Cause[] {
  return values.flatMap((value, index) =>
    value !== undefined && values.indexOf(value) < index ? [cause.duplicate(field(index), value)] : [],
  );
}

function volumeCauses(volume: Volume, field: string): Cause[] {
  const causes = nameCause(`${field}.name`, volume.name);
  const { name, ...sources } = volume;
  if (Object.keys(sources).length > 1) {
    causes.push(cause.forbidden(field, `may not specify more than 1 volume type: ${name}`));
  }
  if (volume.secret !== undefined && (volume.secret.secretName ?? '') === '') {
    causes.push(cause.required(`${field}.secret.secretName`));
  }
  const size = volume.emptyDir?.sizeLimit;
  if (size !== undefined && quantityOf(size) < 0) {
    causes.push(
      cause.forbidden(`${field}.emptyDir.sizeLimit`, 'SizeLimit field must be a valid resource quantity'),
    );
  }
  for (const mode of [volume.secret?.defaultMode, volume.projected?.defaultMode]) {
    if (mode !== undefined && (mode < 0 || mode > maxMode)) {
      const help = 'must be a number between 0 and 0777 (octal), both inclusive';
      causes.push(cause.invalid(`${field}.defaultMode`, mode, help));
    }
  }
  const tokens = volume.projected?.sources ?? [];
  tokens.forEach(({ serviceAccountToken: token }, index) => {
    const at = `${field}.projected.sources[${index}].serviceAccountToken`;
    if (token === undefined) return;
    if (token.path === '') causes.push(cause.required(`${at}.path`));
    const seconds = token.expirationSeconds;
    if (seconds !== undefined && seconds < minTokenSeconds) {
      causes.push(
        cause.invalid(`${at}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes'),
      );
    }
  });
  return causes;
}

function environmentCauses(
  variable: NonNullable<Container['env']>[number],
  field: string,
  volumes: ReadonlySet<string>,
): Cause[] {
  const { name, value, valueFrom } = variable;
  const causes: Cause[] = [];
  if (name === '') causes.push(cause.required(`${field}.name`));
  else if (!environmentName.test(name)) {
    causes.push(
      cause.invalid(
        `${field}.name`,
        name,
        "a valid environment variable name must consist only of printable ASCII characters other than '='",
      ),
    );
  }
  if (valueFrom === undefined) return causes;
  if ((value ?? '') !== '') {
    causes.push(cause.invalid(`${field}.valueFrom`, '', 'may not be specified when `value` is not empty'));
  }
  const sources = Object.values(valueFrom).filter(isJsonObject);
  if (sources.length !== 1) {
    const help =
      sources.length === 0
        ? 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'
        : 'may not have more than one field specified at a time';
    causes.push(cause.invalid(`${field}.valueFrom`, '', help));
  }
  const { fileKeyRef } = valueFrom;
  if (fileKeyRef !== undefined && !volumes.has(fileKeyRef.volumeName)) {
    causes.push(cause.notFound(`${field}.valueFrom.fileKeyRef.volumeName`, fileKeyRef.volumeName));
  }
  return causes;
}

function resourceCauses(container: Container, field: string): Cause[] {
  const { requests = {}, limits = {} } = container.resources ?? {};
  return Object.entries(requests).flatMap(([name, request]) => {
    const limit = limits[name];
    if (limit === undefined || quantityOf(request) <= quantityOf(limit)) return [];
    const help = `must be less than or equal to ${name} limit of ${limit}`;
    return [cause.invalid(`${field}.resources.requests`, request, help)];
  });
}

function mountCauses(container: Container, field: string, volumes: ReadonlySet<string>): Cause[] {
  const mounts = container.volumeMounts ?? [];
  const causes = mounts.flatMap((mount, index) => {
    const at = `${field}.volumeMounts[${index}]`;
    const found: Cause[] = [];
    if (!volumes.has(mount.name)) found.push(cause.notFound(`${at}.name`, mount.name));
    if (mount.mountPath === '') found.push(cause.required(`${at}.mountPath`));
    return found;
  });
  const paths = mounts.map((mount) => mount.mountPath);
  paths.forEach((path, index) => {
    if (paths.indexOf(path) < index) {
      causes.push(cause.invalid(`${field}.volumeMounts[${index}].mountPath`, path, 'must be unique'));
    }
  });
  return causes;
}

function containerCauses(container: Container, field: string, volumes: ReadonlySet<string>): Cause[] {
  const causes = nameCause(`${field}.name`, container.name);
  if ((container.image ?? '') === '') causes.push(cause.required(`${field}.image`));
  const variables = container.env ?? [];
  variables.forEach((variable, index) => {
    causes.push(...environmentCauses(variable, `${field}.env[${index}]`, volumes));
  });
  causes.push(...mountCauses(container, field, volumes), ...resourceCauses(container, field));
  const user = container.securityContext?.runAsUser;
  if (user !== undefined && user < 0) {
    const help = 'must be between 0 and 2147483647, inclusive';
    causes.push(cause.invalid(`${field}.securityContext.runAsUser`, user, help));
  }
  return causes;
}

function restartCauses(spec: PodSpec): Cause[] {
  const policies = ['Always', 'OnFailure', 'Never'];
  const policy = spec.restartPolicy ?? '';
  return policies.includes(policy) ? [] : [cause.notSupported('spec.restartPolicy', policy, policies)];
}

/** Fields that only pods for Linux may set. */
function windowsCauses(spec: PodSpec): Cause[] {
  if (spec.os?.name !== 'windows') return [];
  const causes: Cause[] = [];
  const help = 'cannot be set for a windows pod';
  for (const member of ['runAsUser', 'fsGroup', 'seccompProfile'] as const) {
    if (spec.securityContext?.[member] !== undefined) {
      causes.push(cause.forbidden(`spec.securityContext.${member}`, help));
    }
  }
  [...(spec.initContainers ?? []), ...spec.containers].forEach((container) => {
    for (const member of ['runAsUser', 'capabilities', 'seccompProfile', 'readOnlyRootFilesystem'] as const) {
      if (container.securityContext?.[member] !== undefined) {
        causes.push(cause.forbidden(`spec.containers(${container.name}).securityContext.${member}`, help));
      }
    }
  });
  return causes;
}

export function podCauses(pod: Pod): Cause[] {
  const { spec } = pod;
  const containers = (spec.containers as Container[] | undefined) ?? []; // decoding checks types, not presence
  if (containers.length === 0) return [cause.required('spec.containers')];
  const volumes = spec.volumes ?? [];
  const names = new Set(volumes.map((volume) => volume.name));
  const inits = spec.initContainers ?? [];
  const all = [...containers, ...inits];
  return [
    ...restartCauses(spec),
    ...volumes.flatMap((volume, index) => volumeCauses(volume, `spec.volumes[${index}]`)),
    ...duplicates(
      (index) => `spec.volumes[${index}].name`,
      volumes.map((volume) => volume.name),
    ),
    ...containers.flatMap((one, index) => containerCauses(one, `spec.containers[${index}]`, names)),
    ...inits.flatMap((one, index) => containerCauses(one, `spec.initContainers[${index}]`, names)),
    ...duplicates(
      (index) =>
        index < containers.length
          ? `spec.containers[${index}].name`
          : `spec.initContainers[${index - containers.length}].name`,
      all.map((one) => one.name),
    ),
    ...windowsCauses(spec),
  ];
}
