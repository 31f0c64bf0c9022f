/** A real control plane for a program that needs one (scripts/kubernetes/control-plane). Development tool, no zone. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { KubeConfig } from '@kubernetes/client-node';

export interface ControlPlane {
  readonly url: string;
  /** PEM: the roots of the API server's certificate. */
  readonly ca: string;
  /** Where it writes kubeconfigs, certificates and logs. */
  readonly folder: string;
  /** May do everything. */
  readonly admin: KubeConfig;
  stop(): Promise<void>;
}

const program = fileURLToPath(new URL('../kubernetes/control-plane', import.meta.url));

export function readKubeconfig(file: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(file);
  return config;
}

/**
 * Resolves once its API server responds, which takes minutes where it has not been built yet; rejects with the reason when it
 * ends before. It keeps no process running, and ends with this one, however that ends.
 */
export async function startControlPlane(
  folder: string,
  apiServerFlags: readonly string[] = [],
): Promise<ControlPlane> {
  const child = spawn(program, [folder, ...apiServerFlags], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ready = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () =>
      reject(new Error(`the control plane did not start: see above, and ${folder}/log`)),
    );
    createInterface({ input: child.stdout }).once('line', () => resolve());
  });
  await ready;
  child.unref();
  // Pipes of a child process are sockets.
  for (const pipe of [child.stdin, child.stdout]) (pipe as unknown as Socket).unref();
  const admin = readKubeconfig(join(folder, 'admin.kubeconfig'));
  return {
    url: admin.getCurrentCluster()?.server ?? '',
    ca: readFileSync(join(folder, 'pki/ca.crt'), 'utf8'),
    folder,
    admin,
    stop: async () => {
      child.ref();
      child.stdin.end();
      await ended;
    },
  };
}
