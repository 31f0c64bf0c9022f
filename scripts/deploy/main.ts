/** `make deploy`, `make undeploy`, `make certs-renew`, `make keys`: arguments in, what happens line by line, an exit code out. No zone. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DAY_MS } from '../../certs/issue.ts';
import { renewCertificates } from './certificates.ts';
import { readPublicTicketKeys, writeConsoleKeys, type JwkSet } from './console-keys.ts';
import { deploy } from './deployment.ts';
import { DeployError } from './failure.ts';
import { createKubectl, KubectlError } from './kubectl.ts';
import { prepare, removePrerequisites } from './local/prerequisites.ts';
import { undeploy } from './removal.ts';
import { shownLines } from '#platform/shown.ts';

const USAGE = `usage: main.ts up | down | certificates | keys [options]; empty options are as if they were not there
  up             --overlay FOLDER  --certs FOLDER  --keys FOLDER  --env on|off  --bearer FILE  --console-ca FILE
                 local cluster only: --database sqlite|postgres  --namespaces a,b
  down           --confirm yes
  certificates   --certs FOLDER  --rotate yes  --overlap-days N
  keys           --dir FOLDER`;

const repository = fileURLToPath(new URL('../..', import.meta.url));
const state = join(repository, '.cluster');
const localConfig = join(state, 'admin.kubeconfig');
const started = performance.now();
function say(line: string): void {
  console.log(
    `\x1b[2m${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s\x1b[0m  ${shownLines(line)}`,
  );
}

const options = {
  overlay: { type: 'string' },
  certs: { type: 'string' },
  keys: { type: 'string' },
  dir: { type: 'string' },
  env: { type: 'string' },
  bearer: { type: 'string' },
  'console-ca': { type: 'string' },
  database: { type: 'string' },
  namespaces: { type: 'string' },
  confirm: { type: 'string' },
  rotate: { type: 'string' },
  'overlap-days': { type: 'string' },
} as const;

type Values = Partial<Record<keyof typeof options, string>>;

function oneOf<T extends string>(
  name: string,
  value: string | undefined,
  allowed: readonly T[],
): T | undefined {
  if (value === undefined) return undefined;
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw new DeployError(`${name} is ${value}`, `one of ${allowed.join(', ')}`);
  return found;
}

function folder(name: string, value: string): string {
  const path = resolve(value);
  if (!existsSync(path))
    throw new DeployError(`${name}: there is no folder ${path}`, 'name one that is there');
  return path;
}

/** Whether this is the cluster of `make cluster`. */
function isLocal(): boolean {
  return process.env['KUBECONFIG'] === localConfig;
}

function caFolder({ certs }: Values): string {
  if (certs !== undefined) return resolve(certs);
  if (isLocal()) return join(state, 'certificates');
  throw new DeployError(
    'CERTS is missing: the folder where the CA of this installation is, or shall be made',
    'CERTS=folder, kept by you alone and backed up apart from everything else; CERTS=none where cert-manager issues the certificates',
  );
}

function ticketKeysIn({ keys }: Values): JwkSet | undefined {
  return keys === undefined ? undefined : readPublicTicketKeys(folder('KEYS', keys));
}

async function deployLocally(values: Values): Promise<void> {
  const kubectl = createKubectl();
  const database = oneOf('DATABASE', values.database, ['sqlite', 'postgres']) ?? 'sqlite';
  const prepared = await prepare(kubectl, {
    repository,
    state,
    database,
    namespaces: (values.namespaces ?? '').split(',').filter((name) => name !== ''),
  });
  const dir = caFolder(values);
  const { envEnabled } = await deploy(kubectl, {
    overlay: prepared.overlay,
    certificates: { dir },
    ticketKeys: ticketKeysIn(values),
    env: oneOf('ENV', values.env, ['on', 'off']) ?? 'if-possible',
    login: { bearer: prepared.bearers['alice'] ?? '', caFile: join(dir, 'console', 'ca.crt') },
    secrets: prepared.secrets,
    say,
  });
  await prepared.writeEndpoints(envEnabled);
  say(
    `deployed, database ${database}: console ${prepared.publicUrl}; all addresses and bearers in .cluster/endpoints.json`,
  );
}

async function deployOverlay(values: Values, overlay: string): Promise<void> {
  const dir = values.certs === 'none' ? undefined : caFolder(values);
  const bearer = values.bearer === undefined ? undefined : readFileSync(values.bearer, 'utf8').trim();
  await deploy(createKubectl(), {
    overlay: folder('OVERLAY', overlay),
    certificates: dir === undefined ? undefined : { dir },
    ticketKeys: ticketKeysIn(values),
    env: oneOf('ENV', values.env, ['on', 'off']),
    login: bearer === undefined ? undefined : { bearer, caFile: values['console-ca'] },
    secrets: [],
    say,
  });
  say(
    dir === undefined
      ? 'deployed, with certificates of yours'
      : `deployed. The CA is in ${dir}: keep it, and run make certs-renew daily`,
  );
}

async function up(values: Values): Promise<void> {
  if (values.overlay !== undefined) {
    await deployOverlay(values, values.overlay);
  } else if (isLocal()) {
    await deployLocally(values);
  } else {
    throw new DeployError(
      `KUBECONFIG names a cluster of yours, and OVERLAY is missing (${process.env['KUBECONFIG'] ?? ''})`,
      'copy manifests/overlays/sqlite or postgres, set settings.yaml and addresses.yaml in it and images that this cluster can pull, then: make deploy OVERLAY=folder CERTS=folder (docs/install.md)',
    );
  }
}

async function down({ confirm }: Values): Promise<void> {
  if (!isLocal() && confirm !== 'yes')
    throw new DeployError(
      'this deletes Twofold’s keys and, where it is a volume of the cluster’s, the database: what is stored cannot be read any more',
      'make undeploy CONFIRM=yes',
    );
  await undeploy(createKubectl(), say);
  if (isLocal()) await removePrerequisites(state);
}

async function certificates(values: Values): Promise<void> {
  const days = values['overlap-days'];
  if (days !== undefined && !/^\d{1,4}$/.test(days))
    throw new DeployError(`OVERLAP_DAYS is ${days}`, 'a number of days');
  await renewCertificates(
    createKubectl(),
    { dir: caFolder(values) },
    {
      rotate: values.rotate === 'yes',
      overlapMs: days === undefined ? undefined : Number(days) * DAY_MS,
      say,
    },
  );
}

async function keys({ dir }: Values): Promise<void> {
  if (dir === undefined)
    throw new DeployError(
      'DIR is missing: the folder in which the console’s keys shall be made',
      'DIR=folder, an empty one where only you read, best in memory; then put its four files into your vault',
    );
  say(await writeConsoleKeys(resolve(dir)));
}

const commands: Readonly<Record<string, (values: Values) => Promise<void>>> = {
  up,
  down,
  certificates,
  keys,
};

/** Make passes every option, empty where it was not given. */
function givenOf(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const command = positionals.length === 1 ? commands[positionals[0] ?? ''] : undefined;
    if (command === undefined) {
      console.error(USAGE);
      return 2;
    }
    await command(givenOf(values));
    return 0;
  } catch (error) {
    if (!(error instanceof DeployError || error instanceof KubectlError)) throw error;
    const next = error instanceof DeployError ? error.next : 'docs/troubleshooting.md goes by the message';
    console.error(`\n${shownLines(error.message)}\n\nNext: ${shownLines(next)}`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
