/** A pod as it will be: what it was, and the additions. The patch of every captured review must lead exactly here. */
import { SESSION_LABEL } from '#envelope/annotations.ts';
import { isJsonObject } from '#envelope/json.ts';
import type { Additions, ContainerAddition, Json } from '../additions.ts';

function objectOf(value: unknown): Json {
  return isJsonObject(value) ? { ...value } : {};
}
function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function renderContainer(container: unknown, { mounts, env }: ContainerAddition): Json {
  const before = objectOf(container);
  return {
    ...before,
    ...(mounts.length > 0 ? { volumeMounts: [...listOf(before['volumeMounts']), ...mounts] } : {}),
    ...(env.length > 0 ? { env: [...listOf(before['env']), ...env] } : {}),
  };
}

function renderContainers(containers: unknown, additions: readonly ContainerAddition[]): readonly unknown[] {
  const byIndex = new Map(additions.map((addition) => [addition.at, addition]));
  return listOf(containers).map((container, index) => {
    const addition = byIndex.get(index);
    return addition ? renderContainer(container, addition) : container;
  });
}

function renderPullSecrets(secrets: unknown, added: readonly string[]): Json {
  const before = listOf(secrets);
  const missing = added.filter((name) => !before.some((secret) => objectOf(secret)['name'] === name));
  return missing.length === 0 ? {} : { imagePullSecrets: [...before, ...missing.map((name) => ({ name }))] };
}

/** `pod` is a v1 Pod as JSON, as `parsePod` has accepted it. */
export function renderPod(pod: unknown, additions: Additions): Json {
  const { metadata, spec, ...rest } = objectOf(pod);
  const before = { metadata: objectOf(metadata), spec: objectOf(spec) };
  return {
    ...rest,
    metadata: {
      ...before.metadata,
      annotations: { ...objectOf(before.metadata['annotations']), ...additions.annotations },
      labels: { ...objectOf(before.metadata['labels']), [SESSION_LABEL]: additions.sid },
    },
    spec: {
      ...before.spec,
      volumes: [...listOf(before.spec['volumes']), ...additions.volumes],
      ...renderPullSecrets(before.spec['imagePullSecrets'], additions.pullSecrets),
      initContainers: [
        additions.initContainer,
        ...renderContainers(before.spec['initContainers'], additions.initContainers),
      ],
      containers: renderContainers(before.spec['containers'], additions.containers),
    },
  };
}
