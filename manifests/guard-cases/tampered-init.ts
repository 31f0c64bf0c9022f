/** Rendered pods in which someone changed twofold-init: all refused. No zone. */
import { init, tampered, type GuardCase } from './case.ts';

export const tamperedInit: readonly GuardCase[] = [
  // The init container.
  tampered('another image', /runs the image evil:1/, (pod) => (init(pod).image = 'evil:1')),
  tampered('a tag added to the image', /runs the image/, (pod) => (init(pod).image += '-1')),
  tampered('a tag and a digest that no setting names', /injectorDigests in settings.yaml/, (pod) => {
    init(pod).image += `@sha256:${'0'.repeat(64)}`;
  }),
  tampered('a command', /never sets: command \(a webhook that wraps commands/, (pod) => {
    init(pod)['command'] = ['/vault/vault-env', 'node'];
  }),
  tampered('arguments', /never sets: args/, (pod) => (init(pod)['args'] = ['-x'])),
  tampered('a working directory', /workingDir/, (pod) => (init(pod)['workingDir'] = '/tmp')),
  tampered(
    'a restart policy, which makes it a sidecar',
    /restartPolicy/,
    (pod) => (init(pod)['restartPolicy'] = 'Always'),
  ),
  tampered('a postStart hook', /lifecycle/, (pod) => {
    init(pod)['restartPolicy'] = 'Always';
    init(pod)['lifecycle'] = { postStart: { exec: { command: ['sh'] } } };
  }),
  tampered('a port', /ports/, (pod) => (init(pod)['ports'] = [{ containerPort: 80, protocol: 'TCP' }])),
  tampered('a terminal', /tty/, (pod) => (init(pod)['tty'] = true)),
  tampered(
    'variables from a ConfigMap',
    /envFrom/,
    (pod) => (init(pod).envFrom = [{ configMapRef: { name: 'x' } }]),
  ),
  tampered('no init container', /no init container/, (pod) => pod.spec.initContainers.shift()),
  tampered('twofold-init among the ordinary containers', /no init container/, (pod) => {
    pod.spec.containers.push(...pod.spec.initContainers.splice(0, 1));
  }),
  // Its environment.
  tampered('an extra variable', /environment of twofold-init/, (pod) =>
    init(pod).env?.push({ name: 'NODE_OPTIONS', value: '--inspect' }),
  ),
  tampered(
    'a variable whose data: URL runs code before ours',
    /added NODE_OPTIONS \(another webhook/,
    (pod) =>
      init(pod).env?.push({ name: 'NODE_OPTIONS', value: '--import=data:text/javascript,globalThis.x=1' }),
  ),
  tampered(
    'the variables of Azure workload identity',
    /AZURE_CLIENT_ID, AZURE_TENANT_ID .*azure\.workload\.identity\/skip/,
    (pod) =>
      init(pod).env?.push({ name: 'AZURE_CLIENT_ID', value: 'a' }, { name: 'AZURE_TENANT_ID', value: 'b' }),
  ),
  tampered(
    'the variables of EKS pod identity',
    /AWS_ROLE_ARN .*eks\.amazonaws\.com\/skip-containers/,
    (pod) => init(pod).env?.push({ name: 'AWS_ROLE_ARN', value: 'arn:aws:iam::111122223333:role/r' }),
  ),
  tampered('the variables of Datadog', /DD_AGENT_HOST .*admission\.datadoghq\.com\/enabled/, (pod) =>
    init(pod).env?.push({ name: 'DD_AGENT_HOST', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } }),
  ),
  tampered(
    'the variables of OpenTelemetry',
    /OTEL_SERVICE_NAME .*instrumentation\.opentelemetry\.io/,
    (pod) =>
      init(pod).env?.push(
        { name: 'NODE_OPTIONS', value: '--require /otel' },
        { name: 'OTEL_SERVICE_NAME', value: 'n' },
      ),
  ),
  tampered('the variables of a proxy', /https_proxy, NO_PROXY \(a policy that sets a proxy/, (pod) =>
    init(pod).env?.push({ name: 'https_proxy', value: 'http://x' }, { name: 'NO_PROXY', value: '' }),
  ),
  tampered('more variables than a message holds', /added more than 100 variables/, (pod) =>
    init(pod).env?.push(
      ...Array.from({ length: 1000 }, (_, at) => ({ name: `A_LONG_NAME_${at}`, value: 'x' })),
    ),
  ),
  tampered('a variable missing', /environment of twofold-init/, (pod) => init(pod).env?.pop()),
  tampered('a variable renamed', /environment of twofold-init/, (pod) => {
    const last = init(pod).env?.at(-1);
    if (last) last.name = 'TWOFOLD_MODE';
  }),
  tampered('variables in another order', /environment of twofold-init/, (pod) => init(pod).env?.reverse()),
  tampered('a variable from elsewhere', /environment of twofold-init/, (pod) => {
    init(pod).env?.splice(3, 1, {
      name: 'TWOFOLD_FILES',
      valueFrom: { configMapKeyRef: { name: 'x', key: 'y' } },
    });
  }),
  tampered('another claim address', /address other than/, (pod) => {
    init(pod).env?.splice(0, 1, { name: 'TWOFOLD_CLAIM_URL', value: 'https://evil.example.org:8445' });
  }),
  tampered('the hash of the grant missing', /no valid value/, (pod) => {
    init(pod).env?.splice(1, 1, { name: 'TWOFOLD_GRANT_SHA256' });
  }),
  tampered('a file mode with write bits', /no valid value/, (pod) => {
    init(pod).env?.splice(5, 1, { name: 'TWOFOLD_FILE_MODE', value: '0666' });
  }),
  // Its security context.
  tampered('no security context', /security context/, (pod) => delete init(pod).securityContext),
  tampered('root', /security context/, (pod) =>
    Object.assign(init(pod).securityContext ?? {}, { runAsUser: 0, runAsNonRoot: false }),
  ),
  tampered('the group root', /security context of twofold-init .* in runAsGroup/, (pod) =>
    Object.assign(init(pod).securityContext ?? {}, { runAsGroup: 0 }),
  ),
  tampered('fewer dropped capabilities', /security context of twofold-init .* in capabilities\.drop/, (pod) =>
    Object.assign(init(pod).securityContext ?? {}, { capabilities: { drop: ['NET_RAW'] } }),
  ),
  tampered('no seccomp profile of its own', /in seccompProfile .*injectorSeccompProfile/, (pod) => {
    delete init(pod).securityContext?.['seccompProfile'];
  }),
  tampered(
    'privileges',
    /security context of twofold-init .* in allowPrivilegeEscalation, privileged/,
    (pod) => {
      Object.assign(init(pod).securityContext ?? {}, { privileged: true, allowPrivilegeEscalation: true });
    },
  ),
  tampered('a capability', /security context/, (pod) => {
    Object.assign(init(pod).securityContext ?? {}, { capabilities: { drop: ['ALL'], add: ['SYS_PTRACE'] } });
  }),
  tampered('a writable root file system', /security context/, (pod) => {
    Object.assign(init(pod).securityContext ?? {}, { readOnlyRootFilesystem: false });
  }),
  tampered('an unconfined seccomp profile', /security context/, (pod) => {
    Object.assign(init(pod).securityContext ?? {}, { seccompProfile: { type: 'Unconfined' } });
  }),
  // Its mounts.
  tampered('an extra mount', /mounts of twofold-init/, (pod) =>
    init(pod).volumeMounts?.push({ name: 'home', mountPath: '/home' }),
  ),
  tampered(
    'the token of Azure workload identity',
    /added the volumes azure-identity-token .*skip-containers/,
    (pod) => {
      pod.spec.volumes.push({ name: 'azure-identity-token', emptyDir: {} });
      init(pod).volumeMounts?.push({
        name: 'azure-identity-token',
        mountPath: '/var/run/secrets/azure/tokens',
      });
    },
  ),
  tampered('a mount missing', /mounts of twofold-init/, (pod) => init(pod).volumeMounts?.pop()),
  tampered('a mount elsewhere', /mounts of twofold-init/, (pod) => {
    init(pod).volumeMounts?.splice(2, 1, { name: 'twofold-files', mountPath: '/usr/lib' });
  }),
  tampered('a mount of a subpath', /mounts of twofold-init/, (pod) => {
    init(pod).volumeMounts?.splice(2, 1, {
      name: 'twofold-files',
      mountPath: '/twofold/files',
      subPath: 'a',
    });
  }),
  tampered(
    "the token mounted elsewhere, so that the pod's own is mounted",
    /mounts of twofold-init/,
    (pod) => {
      init(pod).volumeMounts?.splice(1, 1, { name: 'twofold-token', mountPath: '/token', readOnly: true });
    },
  ),
  tampered(
    'the Secret mounted read-write',
    /mounts of twofold-init/,
    (pod) => delete init(pod).volumeMounts?.[0]?.readOnly,
  ),
];
