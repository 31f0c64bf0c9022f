/**
 * Renders the overlays with kustomize, built once from its Go module (tools/go.mod) into the repository's cache.
 * No zone; for tests, and for whoever installs from a checkout.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from './kubernetes-object.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const cache = join(folder, '../.cache/bin');
const PACKAGE = 'sigs.k8s.io/kustomize/kustomize/v5';

/**
 * The path of the kustomize binary, after building it where it is not cached; scripts/deploy/run calls it first, outside
 * the cluster. Throws, naming the package, without Go.
 * @public
 */
export function buildKustomize(): string {
  const version = new RegExp(`${PACKAGE} (v[0-9.]+)`).exec(
    readFileSync(join(folder, 'tools/go.mod'), 'utf8'),
  );
  const binary = join(cache, `kustomize-${version?.[1] ?? 'unknown'}`);
  if (existsSync(binary)) return binary;
  mkdirSync(cache, { recursive: true });
  const fresh = `${binary}.${process.pid}`;
  try {
    const env = { ...process.env, CGO_ENABLED: '0' };
    execFileSync('go', ['build', '-o', fresh, PACKAGE], { cwd: join(folder, 'tools'), env, stdio: 'pipe' });
  } catch (cause) {
    throw new Error(`cannot build kustomize: Go 1.26 or later and its module ${PACKAGE} are needed`, {
      cause,
    });
  }
  renameSync(fresh, binary);
  return binary;
}

/** The objects of one kustomization: `overlays/sqlite`, or any folder by its path. */
export function render(kustomization: string): KubernetesObject[] {
  const options = { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 26, stdio: 'pipe' } as const;
  return parseManifests(execFileSync(buildKustomize(), ['build', kustomization], options));
}

/**
 * A kustomization of an operator's own, beside these manifests: its files by name, which are told the way to `manifests`.
 * It is written into a temporary folder, and taken away again.
 */
export function renderOwn(
  files: (manifests: string) => Readonly<Record<string, string>>,
): KubernetesObject[] {
  const own = mkdtempSync(join(tmpdir(), 'twofold-manifests-'));
  try {
    for (const [name, text] of Object.entries(files(relative(own, folder)))) {
      mkdirSync(dirname(join(own, name)), { recursive: true });
      writeFileSync(join(own, name), text);
    }
    return render(own);
  } finally {
    rmSync(own, { recursive: true });
  }
}

/** All documents of a YAML text. Throws for one that is not YAML, or has a key twice. */
export function parseManifests(text: string): KubernetesObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [error] = document.errors;
    if (error) throw error;
    // YAML is untyped; the schema tests hold every document to its kind.
    const object = document.toJS() as KubernetesObject | null;
    return object === null ? [] : [object];
  });
}
