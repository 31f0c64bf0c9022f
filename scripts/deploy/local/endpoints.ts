/**
 * `.cluster/endpoints.json`: where to find everything in the local deployment, for tests and people. Written when the
 * deployment works, mode 0600: it holds bearers. Development tool, no zone.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { V1PersistentVolume, V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { DeployError } from '../failure.ts';
import type { Kubectl } from '../kubectl.ts';

interface Endpoints {
  /** The console's public URL, for pods and for what runs inside the cluster's namespaces. */
  readonly console: string;
  /** File: roots of the console's certificate. */
  readonly ca: string;
  /** The identity provider, and a file with the roots of its certificate. */
  readonly issuer: string;
  readonly issuerCa: string;
  /** `aud` of access tokens for the console. */
  readonly audience: string;
  /** The cluster's name: `aud` of tickets. */
  readonly cluster: string;
  /** By person: an access token for the console, valid for a day. */
  readonly bearers: Readonly<Record<string, string>>;
  readonly namespaces: {
    /** All that are enabled. */
    readonly sessions: readonly string[];
    readonly console: string;
    readonly webhook: string;
    readonly keyservice: string;
  };
  /** Who starts pods for others there, which annotation names them, and which login claim it holds. */
  readonly launcher: {
    readonly username: string;
    readonly namespace: string;
    readonly annotation: string;
    readonly claim: string;
    /** Its service account. */
    readonly account: { readonly namespace: string; readonly name: string };
  };
  readonly images: Readonly<Record<'console' | 'webhook' | 'keyservice' | 'injector', string>>;
  /** Whether variables from secrets are on. */
  readonly env: boolean;
  readonly database: Sqlite | { readonly kind: 'postgres'; readonly url: string };
  /** Folders: the CA's, and the overlay that was applied. */
  readonly certificates: string;
  readonly overlay: string;
}

interface Sqlite {
  readonly kind: 'sqlite';
  readonly file: string;
}

/** Complete or absent: programs wait for it. */
export function writeEndpoints(file: string, endpoints: Endpoints): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(endpoints, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Where the sqlite database's volume is on the node. */
export async function sqliteOnNode(kubectl: Kubectl): Promise<Sqlite> {
  const claim = await kubectl.find<V1PersistentVolumeClaim>([
    'persistentvolumeclaim',
    'console-database',
    '-n',
    'twofold-console',
  ]);
  const volume = await kubectl.find<V1PersistentVolume>([
    'persistentvolume',
    claim?.spec?.volumeName ?? 'none',
  ]);
  const path = volume?.spec?.local?.path ?? volume?.spec?.hostPath?.path;
  if (path === undefined)
    throw new DeployError('the console’s volume is not a folder of the node', 'make cluster');
  return { kind: 'sqlite', file: join(path, 'database', 'console.db') };
}
