/**
 * The Pod Security Standard `restricted`, as data over a pod (kubernetes.io/docs/concepts/security/pod-security-
 * standards): returns what violates it. Only what pods of the captured reviews can set is checked.
 */
type Json = Readonly<Record<string, unknown>>;
function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}
function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}

const volumeKinds = new Set([
  'name',
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

function containerViolations(pod: Json, container: Json): readonly string[] {
  const own = objectOf(container['securityContext']);
  const capabilities = objectOf(own['capabilities']);
  const inherited = (key: string): unknown => own[key] ?? pod[key];
  const dropped = capabilities['drop'];
  const added = capabilities['add'];
  const checks: Record<string, boolean> = {
    privileged: own['privileged'] !== true,
    allowPrivilegeEscalation: own['allowPrivilegeEscalation'] === false,
    'capabilities.drop': Array.isArray(dropped) && dropped.includes('ALL'),
    'capabilities.add': !Array.isArray(added) || added.every((name) => name === 'NET_BIND_SERVICE'),
    runAsNonRoot: inherited('runAsNonRoot') === true,
    runAsUser: inherited('runAsUser') !== 0,
    seccompProfile: ['RuntimeDefault', 'Localhost'].includes(
      String(objectOf(inherited('seccompProfile'))['type']),
    ),
    procMount: own['procMount'] === undefined || own['procMount'] === 'Default',
  };
  return Object.keys(checks)
    .filter((check) => !checks[check])
    .map((check) => `${String(container['name'])}: ${check}`);
}

export function restrictedViolations(pod: unknown): readonly string[] {
  const spec = objectOf(objectOf(pod)['spec']);
  const security = objectOf(spec['securityContext']);
  const hosts = ['hostNetwork', 'hostPID', 'hostIPC'].filter((key) => spec[key] === true);
  const volumes = listOf(spec['volumes']).flatMap((volume) =>
    Object.keys(volume)
      .filter((kind) => !volumeKinds.has(kind))
      .map((kind) => `volume ${String(volume['name'])}: ${kind}`),
  );
  const containers = [...listOf(spec['initContainers']), ...listOf(spec['containers'])];
  return [
    ...hosts,
    ...volumes,
    ...containers.flatMap((container) => containerViolations(security, container)),
  ];
}
