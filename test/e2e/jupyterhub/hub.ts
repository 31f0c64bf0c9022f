/** A real JupyterHub with its proxy, as processes inside the cluster's namespaces, where browser and pods reach it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { setTimeout as wait } from 'node:timers/promises';
import type { Cluster } from '../cluster/connection.ts';
import { hubKubeconfig, SERVERS_NAMESPACE, pythonVenv } from '../kubespawner/spawner.ts';
import { restrictedContainer } from '../sessions/pods.ts';
import type { SingleUser } from './single-user.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const ADDRESS = '192.0.2.10';
const HUB_API = `http://${ADDRESS}:8778`;
const PROXY_API = 'http://127.0.0.1:8779';
const STARTS_WITHIN_MS = 60_000;

export interface RunningHub {
  readonly url: string;
  /** The status of a call of its API, by something that may start servers. */
  call(method: string, path: string, body?: string): Promise<number>;
  /** All output of hub and proxy. */
  log(): string;
  close(): Promise<void>;
}

interface ChartValues {
  readonly hub: {
    readonly config: Readonly<Record<string, object>>;
    readonly extraConfig: Readonly<Record<string, string>>;
  };
}

/** What docs/zero-to-jupyterhub.md has an administrator set, with this console's address and roots. */
function chartSettings({ console, ca }: Cluster['endpoints']) {
  const page = readFileSync(join(repository, 'docs/zero-to-jupyterhub.md'), 'utf8');
  const [, values = ''] = /^```yaml\n([^]*?)^```/m.exec(page) ?? [];
  const { hub } = parse(values) as ChartValues; // test/zero-to-jupyterhub.test.ts checks it
  const extraConfig = Object.keys(hub.extraConfig)
    .sort()
    .map((key) =>
      (hub.extraConfig[key] ?? '')
        .replace('"https://secrets.example.org"', JSON.stringify(console))
        .replace('"/etc/twofold/ca.crt"', JSON.stringify(ca)),
    );
  return { config: hub.config, extraConfig };
}

function settingsOf(cluster: Cluster, { image, command }: SingleUser, dir: string) {
  const { issuer, issuerCa } = cluster.endpoints;
  const clientFile = join(dirname(issuerCa), 'hub-client.json');
  const client = JSON.parse(readFileSync(clientFile, 'utf8')) as { redirect_uris: readonly [string] }; // our own file
  const settings = {
    dir,
    chart: chartSettings(cluster.endpoints),
    portalToken: randomBytes(32).toString('hex'),
    issuer,
    issuerCa,
    client,
    image,
    singleuser: command,
    url: new URL(client.redirect_uris[0]).origin,
    hubUrl: HUB_API,
    proxyApi: PROXY_API,
    namespace: SERVERS_NAMESPACE,
    securityContext: restrictedContainer,
    package: join(repository, 'launchers/jupyterhub/src'),
    proxy: [process.execPath, join(repository, 'node_modules/.bin/configurable-http-proxy')],
  };
  return settings;
}

async function listens(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/hub/health`).catch(() => undefined);
  return answer?.ok === true;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

export async function startJupyterHub(cluster: Cluster, singleUser: SingleUser): Promise<RunningHub> {
  const dir = mkdtempSync(join(tmpdir(), 'twofold-jupyterhub-'));
  const settings = settingsOf(cluster, singleUser, dir);
  const bin = join(pythonVenv(), 'bin');
  const logFile = join(dir, 'log');
  const fd = openSync(logFile, 'a', 0o600);
  if (await listens(settings.url)) throw new Error(`another process already listens on ${settings.url}`);
  const child = spawn(
    'setpriv',
    [
      // It ends with this process, however that ends, and its proxy with it.
      '--pdeathsig=TERM',
      '--',
      join(bin, 'python'),
      join(bin, 'jupyterhub'),
      '--config',
      join(repository, 'test/e2e/jupyterhub/jupyterhub_config.py'),
    ],
    {
      cwd: dir,
      env: {
        PATH: `${bin}:${process.env['PATH'] ?? ''}`,
        SCENARIO: JSON.stringify(settings),
        HOME: dir,
        KUBECONFIG: await hubKubeconfig(dir, cluster, 'hub'),
        JUPYTERHUB_CRYPT_KEY: randomBytes(32).toString('hex'),
      },
      stdio: ['ignore', fd, fd],
    },
  );
  closeSync(fd);
  const log = (): string => readFileSync(logFile, 'utf8');
  const end = Date.now() + STARTS_WITHIN_MS;
  while (!(await listens(settings.url))) {
    if (child.exitCode !== null || Date.now() > end) {
      await stop(child);
      throw new Error(`JupyterHub does not listen:\n${log().split('\n').slice(-30).join('\n')}`);
    }
    await wait(250);
  }
  return {
    url: settings.url,
    call: async (method, path, body = '') => {
      const headers = { authorization: `token ${settings.portalToken}` };
      const answer = await fetch(`${settings.url}/hub/api${path}`, {
        method,
        headers,
        ...(body === '' ? {} : { body }),
      });
      return answer.status;
    },
    log,
    close: async () => {
      await stop(child);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
