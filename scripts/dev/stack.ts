/**
 * A whole development cluster: identity provider, API server, console, keyservice and webhook, with freshly issued
 * certificates and keys. `make demo`, `make dev`, the drills in test/ and the benches all start it here, and it reads
 * as the shortest summary of what has to be configured where. Development tool, no zone.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startIdentityProvider, type Bearers, type Identity } from './identity-provider.ts';
import type { Kubernetes } from './kubelet/node-api.ts';
import {
  NODE,
  register,
  startStandInCluster,
  writeToken,
  type Cluster,
  type StartCluster,
} from './cluster.ts';
import { prepare, type EnvironmentOptions } from './environment.ts';
import { startServices, type Services, type Urls } from './services.ts';

export interface StackOptions extends EnvironmentOptions {
  /** Kubernetes; a stand-in where there is none. */
  readonly cluster?: StartCluster;
}

export interface Stack {
  readonly dir: string;
  readonly kubernetes: Cluster;
  readonly issuer: string;
  readonly services: Services['programs'];
  readonly urls: Urls;
  /** PEM file of the roots that verify every server here. */
  readonly caFile: string;
  readonly databaseFile: string;
  readonly bearers: Bearers;
  /** Files with bearers for the API server. */
  readonly tokens: Readonly<Record<'admin' | 'kubelet', string>>;
  /** Folders with `tls.crt` and `tls.key`. */
  readonly clientDirs: Readonly<Record<'apiServer' | 'webhook' | 'console', string>>;
  /** Starts a service again on the ports it had, after a drill has stopped it. */
  readonly restart: Services['restart'];
  readonly rotateProvider: Identity['rotate'];
  stop(): Promise<void>;
}

/** What a kubelet of this cluster needs to run a pod's init container. */
export function kubeletOf({ kubernetes, tokens }: Stack): Kubernetes {
  return {
    url: kubernetes.url,
    ca: kubernetes.ca,
    token: readFileSync(tokens.kubelet, 'utf8'),
  };
}

/** Resolves once everything responds; on failure stops what was started. `dist/` must have been built. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(stops.splice(0).map((each) => each()));
  };
  try {
    return await assemble(options, stops, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function assemble(
  options: StackOptions,
  stops: (() => Promise<void>)[],
  stop: () => Promise<void>,
): Promise<Stack> {
  const environment = await prepare(options);
  options.say('starting the identity provider and the API server');
  const identity = await startIdentityProvider(environment);
  stops.push(() => identity.stop());
  const kubernetes = await (options.cluster ?? startStandInCluster)(environment, identity.issuer);
  stops.push(() => kubernetes.close());
  const { programs, urls, restart } = await startServices(environment, kubernetes, {
    issuer: identity.issuer,
    stops,
  });
  await register(environment, kubernetes);
  const client = (name: string): string => join(environment.certificates, name);
  return {
    dir: environment.dir,
    caFile: environment.caFile,
    databaseFile: join(environment.dir, 'twofold.db'),
    kubernetes,
    services: programs,
    urls,
    restart,
    stop,
    issuer: identity.issuer,
    bearers: identity.bearers,
    rotateProvider: identity.rotate,
    tokens: {
      admin: await writeToken(environment, kubernetes, 'admin', 'admin'),
      kubelet: await writeToken(environment, kubernetes, 'kubelet', `system:node:${NODE}`),
    },
    clientDirs: {
      apiServer: client('apiserver-webhook'),
      webhook: client('webhook-unwrap'),
      console: client('console-rewrap'),
    },
  };
}
