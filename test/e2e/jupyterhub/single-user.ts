/** The image of the scenario's single-user server, built once for its packages and loaded onto the node. */
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

export function ensureSingleUser(): SingleUser {
  const venv = pythonVenv('test/e2e/jupyterhub/requirements.txt');
  const python = join(venv, 'bin/python');
  const recipe = join(folder, 'image.py');
  // The environment's name identifies its content, and its path is the same in the image.
  const version = createHash('sha256').update(venv).update(readFileSync(recipe)).digest('hex').slice(0, 16);
  const image = `localhost/twofold-singleuser:${version}`;
  const archive = join(archives, `singleuser-${version}.tar`);
  mkdirSync(archives, { recursive: true });
  if (!existsSync(archive)) execFileSync(python, [recipe, image, archive]);
  // Inside the cluster's namespaces, where the scenarios run, containerd's client is on the path.
  execFileSync('ctr', ['images', 'import', archive], { stdio: 'ignore' });
  return { image, command: [python, '-m', 'jupyterhub.singleuser'] };
}
