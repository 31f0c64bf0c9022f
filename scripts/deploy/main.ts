/** `make deploy`, `make undeploy`, `make certs-renew`, `make keys`: arguments in, progress line by line and an exit code out. No zone. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommandLine } from '#platform/command-line.ts';
import { commandOf, exitCodes, type OptionsOf, type Program } from '#platform/commands.ts';
import { DAY_MS } from '../../certs/issue.ts';
import { renewCertificates } from './certificates.ts';
import { readChoices } from './choices.ts';
import { readPublicTicketKeys, writeConsoleKeys, type JwkSet } from './console-keys.ts';
import { deploy } from './deployment.ts';
import { DeployError } from './failure.ts';
import { createKubectl, KubectlError } from './kubectl.ts';
import { prepare, removePrerequisites } from './local/prerequisites.ts';
import { undeploy } from './removal.ts';
import type { TestLogin } from './self-test.ts';
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
  doc: 'Where the CA is, or is to be created; none: cert-manager issues.',
} as const;

const upOptions = {
  overlay: { value: 'FOLDER', doc: 'What to deploy to a cluster of your own.' },
  certs: certsOption,
  keys: { value: 'FOLDER', doc: 'The console’s keys, as written by make keys.' },
  env: { value: ['on', 'off'], doc: 'Variables from secrets; later deployments keep it.' },
  bearer: { value: 'FILE', doc: 'An access token for the self-test.' },
  'console-ca': { value: 'FILE', doc: 'Roots of the console’s public certificate, for the self-test.' },
  database: {
    value: ['sqlite', 'postgres'],
    doc: 'The local cluster’s database; later deployments keep it.',
  },
  namespaces: {
    value: 'a,b',
    doc: 'More session namespaces of the local cluster; later deployments keep them.',
  },
} as const;

const certificateOptions = {
  certs: certsOption,
  rotate: { value: 'yes', doc: 'Start to replace the root, or take the next step.' },
  'overlap-days': { value: 'N', doc: 'Days for which a root is trusted before it signs, and after.' },
} as const;

type UpOptions = OptionsOf<typeof upOptions>;

function existing(name: string, value: string): string {
  const path = resolve(value);
  if (!existsSync(path)) throw new DeployError(`${name}: there is no ${path}`, 'name one that exists');
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
    'CERTS is missing: the folder where the CA of this installation is, or is to be created',
    'CERTS=folder, readable by you only and backed up apart from everything else; CERTS=none where cert-manager issues the certificates',
  );
}

function ticketKeysIn(keys: string | undefined): JwkSet | undefined {
  return keys === undefined ? undefined : readPublicTicketKeys(existing('KEYS', keys));
}

async function deployLocally(values: UpOptions): Promise<void> {
  const kubectl = createKubectl();
  const { env, database: wanted } = values;
  const choices = await readChoices(kubectl, { env, database: wanted, namespaces: values.namespaces });
  const { database = 'sqlite', namespaces = '' } = choices;
  const prepared = await prepare(kubectl, {
    repository,
    state,
    database,
    namespaces: namespaces.split(',').filter((name) => name !== ''),
  });
  const dir = caFolder(values.certs);
  const { envEnabled } = await deploy(kubectl, {
    overlay: prepared.overlay,
    certificates: { dir },
    ticketKeys: ticketKeysIn(values.keys),
    choices: { ...choices, database },
    env: 'if-possible',
    login: { bearer: prepared.bearers['alice'] ?? '', caFile: join(dir, 'console', 'ca.crt') },
    secrets: prepared.secrets,
    say,
  });
  await prepared.writeEndpoints(envEnabled);
  say(
    `deployed, database ${database}: console ${prepared.publicUrl}; all addresses and bearers in .cluster/endpoints.json`,
  );
}

/** Read before anything is done: the self-test comes last. */
function loginOf({ bearer, 'console-ca': caFile }: UpOptions): TestLogin | undefined {
  if (bearer === undefined) return undefined;
  return {
    bearer: readFileSync(existing('BEARER', bearer), 'utf8').trim(),
    caFile: caFile === undefined ? undefined : existing('CONSOLE_CA', caFile),
  };
}

async function deployOverlay(values: UpOptions, overlay: string): Promise<void> {
  const dir = values.certs === 'none' ? undefined : caFolder(values.certs);
  const kubectl = createKubectl();
  await deploy(kubectl, {
    overlay: existing('OVERLAY', overlay),
    certificates: dir === undefined ? undefined : { dir },
    ticketKeys: ticketKeysIn(values.keys),
    choices: await readChoices(kubectl, { env: values.env }),
    login: loginOf(values),
    secrets: [],
    say,
  });
  say(
    dir === undefined
      ? 'deployed, with your own certificates'
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
      `KUBECONFIG names a cluster of your own, and OVERLAY is missing (${process.env['KUBECONFIG'] ?? ''})`,
      'copy manifests/overlays/sqlite or postgres, set its settings.yaml, addresses.yaml and images that this cluster can pull, then: make deploy OVERLAY=folder CERTS=folder (docs/install.md)',
    );
  }
}

async function down(confirm: string | undefined): Promise<void> {
  if (!isLocal() && confirm !== 'yes')
    throw new DeployError(
      'this deletes Twofold’s keys and, where it is a volume of the cluster, the database: what is stored can no longer be read',
      'make undeploy CONFIRM=yes',
    );
  await undeploy(createKubectl(), say);
  if (isLocal()) await removePrerequisites(state);
}

async function certificates(values: OptionsOf<typeof certificateOptions>): Promise<void> {
  const days = values['overlap-days'];
  if (days !== undefined && !/^\d{1,4}$/.test(days))
    throw new DeployError(`OVERLAP_DAYS is ${days}`, 'give a number of days');
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
      'DIR is missing: the folder in which to create the console’s keys',
      'DIR=folder, an empty one that only you can read, preferably in memory; then put its four files into your vault',
    );
  say(await writeConsoleKeys(resolve(dir)));
}

const command = commandOf<undefined, unknown>();

const program: Program<undefined, unknown> = {
  name: 'deploy',
  call: 'scripts/deploy/run',
  summary: 'what make deploy, undeploy, certs-renew and keys run; an empty option counts as absent.',
  commands: [
    command({
      name: 'up',
      summary: 'Deploy Twofold to the cluster.',
      options: upOptions,
      run: (_, { options }) => up(options),
    }),
    command({
      name: 'down',
      summary: 'Remove it, with its keys and database.',
      options: { confirm: { value: 'yes', doc: 'For a cluster of your own.' } },
      run: (_, { options }) => down(options.confirm),
    }),
    command({
      name: 'certificates',
      summary: 'Renew certificates that are due and install them.',
      options: certificateOptions,
      run: (_, { options }) => certificates(options),
    }),
    command({
      name: 'keys',
      summary: 'Make the console’s keys.',
      options: { dir: { value: 'FOLDER', doc: 'An empty folder that only you can read.' } },
      run: (_, { options }) => keys(options.dir),
    }),
  ],
  exitCodes,
};

/** Make passes every option, empty where none was given. */
function withoutEmpty(args: readonly string[]): readonly string[] {
  return args.filter((arg, at) => arg !== '' && args[at + 1] !== '');
}

async function main(args: readonly string[]): Promise<number> {
  try {
    return await runCommandLine(program, withoutEmpty(args), undefined);
  } catch (error) {
    if (!(error instanceof DeployError || error instanceof KubectlError)) throw error;
    const next = error instanceof DeployError ? error.next : 'look the message up in docs/troubleshooting.md';
    console.error(`\n${shownLines(error.message)}\n\nNext: ${shownLines(next)}`);
    return exitCodes.failed.exit;
  }
}

process.exitCode = await main(process.argv.slice(2));
