/**
 * Renders the overlays with kustomize, which scripts/servers/kustomize builds once. No zone; for tests, and for
 * installing from a checkout.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from './kubernetes-object.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const build = join(folder, '../scripts/servers/kustomize/build');

/** The path of the program, built on first use. Throws without Go, naming what is needed. */
function kustomize(): string {
  try {
    return join(execFileSync(build, { encoding: 'utf8', stdio: 'pipe' }).trim(), 'kustomize');
  } catch (cause) {
    throw new Error('cannot build kustomize: Go 1.26 or later and its modules are needed', { cause });
  }
}

/** The objects of one kustomization: `overlays/sqlite`, or any folder by its path. */
export function render(kustomization: string): KubernetesObject[] {
  const options = { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 26, stdio: 'pipe' } as const;
  return parseManifests(execFileSync(kustomize(), ['build', kustomization], options));
}

/**
 * An operator's own kustomization, outside these manifests: its files by name, given the relative path of `manifests`.
 * It is written to a temporary folder, and removed again.
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

/** All documents of a YAML text. Throws if it is not YAML, or has a duplicate key. */
export function parseManifests(text: string): KubernetesObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [error] = document.errors;
    if (error) throw error;
    // YAML is untyped; the schema tests check every document against its kind.
    const object = document.toJS() as KubernetesObject | null;
    return object === null ? [] : [object];
  });
}
