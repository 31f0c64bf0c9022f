/** The manifests as written: every YAML document of base, components and overlays, with the file it is in. No zone. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KubernetesObject } from './kubernetes-object.ts';
import { parseManifests } from './kustomize.ts';

const root = fileURLToPath(new URL('.', import.meta.url));

/** What kustomize uses a file as: an object, a part of one, or its own instructions (which it checks itself). */
type Use = 'resource' | 'patch' | 'replacement';

interface WrittenFile {
  /** Within this folder, e.g. `base/rbac.yaml`. */
  readonly file: string;
  /** By the kustomizations that name the file; empty when none does. */
  readonly uses: readonly Use[];
  readonly documents: readonly KubernetesObject[];
}

/** All YAML files under base, components and overlays, except the kustomizations. */
export function writtenFiles(): WrittenFile[] {
  const files = ['base', 'components', 'overlays'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  );
  const read = (file: string): KubernetesObject[] => parseManifests(readFileSync(join(root, file), 'utf8'));
  const yaml = files.filter((file) => file.endsWith('.yaml'));
  const uses = yaml.filter(isKustomization).flatMap((file) => read(file).flatMap((k) => usesIn(k, file)));
  return yaml
    .filter((file) => !isKustomization(file))
    .map((file) => ({
      file,
      uses: uses.filter((use) => use.file === file).map(({ use }) => use),
      documents: read(file),
    }));
}

function isKustomization(file: string): boolean {
  return file.endsWith('/kustomization.yaml');
}

interface Kustomization {
  readonly resources?: readonly string[];
  /** Without a path if the patch is in the kustomization itself. */
  readonly patches?: readonly { readonly path?: string }[];
  readonly replacements?: readonly { readonly path: string }[];
}

function usesIn(document: KubernetesObject, kustomization: string): { file: string; use: Use }[] {
  // kustomize refuses unknown fields when it renders.
  const { resources = [], patches = [], replacements = [] } = document as Kustomization;
  const each = (paths: readonly string[], use: Use): { file: string; use: Use }[] =>
    paths.map((path) => ({ file: join(dirname(kustomization), path), use }));
  const pathsOf = (list: readonly { readonly path?: string }[]): string[] =>
    list.flatMap(({ path }) => path ?? []);
  return [
    ...each(resources, 'resource'),
    ...each(pathsOf(patches), 'patch'),
    ...each(pathsOf(replacements), 'replacement'),
  ];
}
