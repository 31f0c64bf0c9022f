/** `make deploy`, `make undeploy`, `make certs-renew`, `make keys`: arguments in, what happens line by line, an exit code out. No zone. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommandLine } from '#platform/command-line.ts';
import { commandOf, exitCodes, type OptionsOf, type Program } from '#platform/commands.ts';
import { DAY_MS } from '../../certs/issue.ts';
import { renewCertificates } from './certificates.ts';
import { readPublicTicketKeys, writeConsoleKeys, type JwkSet } from './console-keys.ts';
import { deploy } from './deployment.ts';
import { DeployError } from './failure.ts';
import { createKubectl, KubectlError } from './kubectl.ts';
import { prepare, removePrerequisites } from './local/prerequisites.ts';
import { undeploy } from './removal.ts';
import { shownLines } from '#platform/shown.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const state = join(repository, '.cluster');
const localConfig = join(state, 'admin.kubeconfig');
const started = performance.now();
function say(line: string): void {
  console.log(
    `\x1b[2m${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s\x1b[0m  ${shownLines(line)}`,
  );
}

const certsOption = {
  value: 'FOLDER',
  doc: 'Where the CA is, or shall be made; none: cert-manager issues.',
} as const;

const upOptions = {
  overlay: { value: 'FOLDER', doc: 'What is deployed to a cluster of yours.' },
  certs: certsOption,
  keys: { value: 'FOLDER', doc: 'The console’s keys that make keys has made.' },
  env: { value: ['on', 'off'], doc: 'Variables from files; as the nodes can where nothing is said.' },
  bearer: { value: 'FILE', doc: 'An access token for the self-test.' },
  'console-ca': { value: 'FILE', doc: 'Roots of the console’s public certificate, for the self-test.' },
  database: { value: ['sqlite', 'postgres'], doc: 'The local cluster’s.' },
  namespaces: { value: 'a,b', doc: 'The local cluster’s for sessions.' },
} as const;

const certificateOptions = {
  certs: certsOption,
  rotate: { value: 'yes', doc: 'Begin to replace the root, or take the next step.' },
  'overlap-days': { value: 'N', doc: 'Days that a root is trusted before it signs, and after.' },
} as const;

type UpOptions = OptionsOf<typeof upOptions>;

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

function caFolder(certs: string | undefined): string {
  if (certs !== undefined) return resolve(certs);
  if (isLocal()) return join(state, 'certificates');
  throw new DeployError(
    'CERTS is missing: the folder where the CA of this installation is, or shall be made',
    'CERTS=folder, kept by you alone and backed up apart from everything else; CERTS=none where cert-manager issues the certificates',
  );
}

function ticketKeysIn(keys: string | undefined): JwkSet | undefined {
  return keys === undefined ? undefined : readPublicTicketKeys(folder('KEYS', keys));
}

async function deployLocally(values: UpOptions): Promise<void> {
  const kubectl = createKubectl();
  const database = values.database ?? 'sqlite';
  const prepared = await prepare(kubectl, {
    repository,
    state,
    database,
    namespaces: (values.namespaces ?? '').split(',').filter((name) => name !== ''),
  });
  const dir = caFolder(values.certs);
  const { envEnabled } = await deploy(kubectl, {
    overlay: prepared.overlay,
    certificates: { dir },
    ticketKeys: ticketKeysIn(values.keys),
    env: values.env ?? 'if-possible',
    login: { bearer: prepared.bearers['alice'] ?? '', caFile: join(dir, 'console', 'ca.crt') },
    secrets: prepared.secrets,
    say,
  });
  await prepared.writeEndpoints(envEnabled);
  say(
    `deployed, database ${database}: console ${prepared.publicUrl}; all addresses and bearers in .cluster/endpoints.json`,
  );
}

async function deployOverlay(values: UpOptions, overlay: string): Promise<void> {
  const dir = values.certs === 'none' ? undefined : caFolder(values.certs);
  const bearer = values.bearer === undefined ? undefined : readFileSync(values.bearer, 'utf8').trim();
  await deploy(createKubectl(), {
    overlay: folder('OVERLAY', overlay),
    certificates: dir === undefined ? undefined : { dir },
    ticketKeys: ticketKeysIn(values.keys),
    env: values.env,
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

async function up(values: UpOptions): Promise<void> {
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

async function down(confirm: string | undefined): Promise<void> {
  if (!isLocal() && confirm !== 'yes')
    throw new DeployError(
      'this deletes Twofold’s keys and, where it is a volume of the cluster’s, the database: what is stored cannot be read any more',
      'make undeploy CONFIRM=yes',
    );
  await undeploy(createKubectl(), say);
  if (isLocal()) await removePrerequisites(state);
}

async function certificates(values: OptionsOf<typeof certificateOptions>): Promise<void> {
  const days = values['overlap-days'];
  if (days !== undefined && !/^\d{1,4}$/.test(days))
    throw new DeployError(`OVERLAP_DAYS is ${days}`, 'a number of days');
  await renewCertificates(
    createKubectl(),
    { dir: caFolder(values.certs) },
    {
      rotate: values.rotate === 'yes',
      overlapMs: days === undefined ? undefined : Number(days) * DAY_MS,
      say,
    },
  );
}

async function keys(dir: string | undefined): Promise<void> {
  if (dir === undefined)
    throw new DeployError(
      'DIR is missing: the folder in which the console’s keys shall be made',
      'DIR=folder, an empty one where only you read, best in memory; then put its four files into your vault',
    );
  say(await writeConsoleKeys(resolve(dir)));
}

const command = commandOf<undefined, unknown>();

const program: Program<undefined, unknown> = {
  name: 'deploy',
  call: 'scripts/deploy/run',
  summary:
    'what make deploy, undeploy, certs-renew and keys run; an empty option is as if it were not there.',
  commands: [
    command({
      name: 'up',
      summary: 'Twofold in the cluster.',
      options: upOptions,
      run: (_, { options }) => up(options),
    }),
    command({
      name: 'down',
      summary: 'Take it away, with keys and database.',
      options: { confirm: { value: 'yes', doc: 'For a cluster of yours.' } },
      run: (_, { options }) => down(options.confirm),
    }),
    command({
      name: 'certificates',
      summary: 'Renew certificates that are due and hand them out.',
      options: certificateOptions,
      run: (_, { options }) => certificates(options),
    }),
    command({
      name: 'keys',
      summary: 'Make the console’s keys.',
      options: { dir: { value: 'FOLDER', doc: 'An empty folder where only you read.' } },
      run: (_, { options }) => keys(options.dir),
    }),
  ],
  exitCodes,
};

/** Make passes every option, empty where it was not given. */
function withoutEmpty(args: readonly string[]): readonly string[] {
  return args.filter((arg, at) => arg !== '' && args[at + 1] !== '');
}

async function main(args: readonly string[]): Promise<number> {
  try {
    return await runCommandLine(program, withoutEmpty(args), undefined);
  } catch (error) {
    if (!(error instanceof DeployError || error instanceof KubectlError)) throw error;
    const next = error instanceof DeployError ? error.next : 'docs/troubleshooting.md goes by the message';
    console.error(`\n${shownLines(error.message)}\n\nNext: ${shownLines(next)}`);
    return exitCodes.failed.exit;
  }
}

process.exitCode = await main(process.argv.slice(2));
