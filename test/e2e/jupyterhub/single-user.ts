/** Images with Python for scenarios, such as that of the single-user server. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pythonVenv } from '../kubespawner/spawner.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const archives = fileURLToPath(new URL('../../../.cache/e2e', import.meta.url));

export interface SingleUser {
  readonly image: string;
  readonly command: readonly string[];
}

/**
 * The name of an image with the Python environment of these requirements, and with programs and folders of this machine
 * (test/e2e/jupyterhub/image.py says how): built where it is missing, and loaded onto the node.
 */
export function ensurePythonImage(
  base: string,
  requirements: string,
  more: (venv: string) => readonly string[] = () => [],
): { readonly image: string; readonly python: string } {
  const venv = pythonVenv(requirements);
  const python = join(venv, 'bin/python');
  const recipe = join(folder, 'image.py');
  const added = more(venv);
  // The environment's name identifies its content, and its path is the same in the image.
  const version = createHash('sha256')
    .update([venv, ...added].join('\n'))
    .update(readFileSync(recipe))
    .digest('hex')
    .slice(0, 16);
  const image = `localhost/twofold-${base}:${version}`;
  const archive = join(archives, `${base}-${version}.tar`);
  mkdirSync(archives, { recursive: true });
  if (!existsSync(archive)) execFileSync(python, [recipe, image, archive, ...added]);
  // Inside the cluster's namespaces, where the scenarios run, containerd's client is on the path.
  execFileSync('ctr', ['images', 'import', archive], { stdio: 'ignore' });
  return { image, python };
}

export function ensureSingleUser(): SingleUser {
  const { image, python } = ensurePythonImage('singleuser', 'test/e2e/jupyterhub/requirements.txt');
  return { image, command: [python, '-m', 'jupyterhub.singleuser'] };
}
