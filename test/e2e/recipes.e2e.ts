import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { postgresPrograms } from '../../scripts/servers/postgres.ts';
import { recipeCode, recipes, type RecipeId } from '../../console/web/shared/recipes.ts';
import type { Person } from '../../scripts/dev/person.ts';
import { connect } from './cluster/connection.ts';
import { kubectl, kubectlOutput } from './cluster/kubectl.ts';
import { ensurePythonImage } from './jupyterhub/single-user.ts';
import { startServers, type Servers } from './recipes/servers.ts';
import { marker } from './sessions/marker.ts';
import { container, pod, uniqueName } from './sessions/pods.ts';

const PROGRAMS = ['sh', 'cat', 'mktemp', 'mkdir', 'sed', 'uname', 'expr', 'grep', 'rm', 'stat', 'sleep'];
const CLIENTS = ['ssh', 'ssh-keyscan', 'curl', 'git', 'kubectl', 'Rscript', 'R'];
const FOLDERS = ['/usr/lib/git-core', '/usr/lib/R', '/etc/R', '/usr/share/R'];
/** Most of AWS's command line, but for the services that it does not start without. */
const LEFT_OUT = [
  '-/awscli/examples/',
  '-/botocore/data/(?!(sts|s3|sdb|codedeploy|config|sagemaker-runtime|sms-voice)/)[^/]+/',
];

/** What is in the session's image besides Python, at the same paths as here. */
function programs(venv: string): readonly string[] {
  const found = [...PROGRAMS, ...CLIENTS].map((name) =>
    execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim(),
  );
  const psql = join(postgresPrograms() ?? '', 'psql');
  const own = ['aws', 'python3'].map((name) => join(venv, 'bin', name));
  return ['/bin/sh', '/bin/bash', ...found, psql, ...own, ...FOLDERS, ...LEFT_OUT];
}

/** A pair as `ssh-keygen` makes it. */
function sshKey(): { secret: string; publicKey: string } {
  const dir = mkdtempSync(join(tmpdir(), 'twofold-key-'));
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', marker(), '-f', join(dir, 'key')]);
  const [secret, publicKey] = ['key', 'key.pub'].map((file) => readFileSync(join(dir, file), 'utf8'));
  rmSync(dir, { recursive: true });
  return { secret: secret ?? '', publicKey: publicKey ?? '' };
}

function googleKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return JSON.stringify({
    type: 'service_account',
    project_id: 'analytics-1234',
    private_key_id: marker(),
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: 'alice@analytics-1234.iam.gserviceaccount.com',
    token_uri: 'https://oauth2.googleapis.com/token',
  });
}

interface Trial {
  readonly container?: string;
  /** Runs the recipe's code, with what follows it. */
  readonly run: readonly string[];
  readonly then?: string;
  /** A text in what it prints; undefined: it prints exactly the secret's value. */
  readonly prints?: string;
}

const inShell = ['sh', '-c'];
const trials: Readonly<Record<RecipeId, Trial>> = {
  python: { run: ['python3', '-c'], then: '\nprint(password, end="")' },
  r: { run: ['Rscript', '-e'], then: '\ncat(password)' },
  node: {
    container: 'node',
    run: ['/nodejs/bin/node', '--input-type=module', '-e'],
    then: '\nprocess.stdout.write(password)',
  },
  shell: { run: inShell, then: '\nprintf %s "$password"' },
  psql: {
    run: inShell,
    then: ` -Atc "select current_user || ' at ' || current_database()"`,
    prints: 'alice at analytics',
  },
  ssh: { run: inShell, prints: 'welcome alice' },
  kubectl: { run: inShell, prints: 'Running' },
  google: { run: inShell, prints: 'analytics-1234' },
  aws: { run: inShell, prints: '"Account": "123456789012"' },
  netrc: { run: inShell, prints: 'some data' },
  git: { run: inShell, then: ' /tmp/project && cat /tmp/project/README', prints: 'a project' },
};

/** Whose files only its user may read, and where a group may. */
const accounts = {
  'one-account': { runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 },
  'image-account': { fsGroup: 1000 },
} as const;

describe('every recipe of the docs, with the real program, in a session', function () {
  this.timeout(300_000);
  const cluster = connect();
  const base = uniqueName('recipes');
  const nameOf = (name: string): string => `${base}-${name}`;
  const values: Record<string, string> = {};
  let alice: Person;
  let servers: Servers;
  const undo: (() => unknown)[] = [];

  /** What a kubeconfig would hold: the token of an account that may look at pods. */
  const kubeconfig = async (): Promise<string> => {
    const of = ['--namespace', cluster.sessions];
    await kubectlOutput(['create', 'serviceaccount', base, ...of]);
    undo.push(() => cluster.remove('serviceaccount', base));
    const rights = ['--clusterrole=view', `--serviceaccount=${cluster.sessions}:${base}`];
    await kubectlOutput(['create', 'rolebinding', base, ...rights, ...of]);
    undo.push(() => cluster.remove('rolebinding', base));
    const token = (await kubectlOutput(['create', 'token', base, ...of])).trim();
    const { server, caData, caFile } = cluster.config.getCurrentCluster() ?? {};
    const ca = caData ?? readFileSync(caFile ?? '').toString('base64');
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u', namespace: cluster.sessions } }],
      clusters: [{ name: 'c', cluster: { server, 'certificate-authority-data': ca } }],
      users: [{ name: 'u', user: { token } }],
    });
  };

  before(async () => {
    const { image, python } = ensurePythonImage('recipes', 'test/e2e/recipes/requirements.txt', programs);
    const key = sshKey();
    const passwords = { database: marker(), data: marker(), git: marker() };
    const accessKey = { id: `AKIA${randomBytes(8).toString('hex').toUpperCase()}`, secret: marker() };
    servers = await startServers(python, { passwords, publicKey: key.publicKey, accessKey });
    undo.push(() => servers.close());
    Object.assign(values, {
      'db-password': `a password of two lines\nand ${marker()}`,
      pgpass: `db.example.org:5432:analytics:alice:${passwords.database}`,
      id_ed25519: key.secret,
      kubeconfig: await kubeconfig(),
      'gcp.json': googleKey(),
      'aws-credentials': `[default]\naws_access_key_id = ${accessKey.id}\naws_secret_access_key = ${accessKey.secret}\n`,
      netrc: `machine data.example.org login alice password ${passwords.data}\n`,
      'git-token': passwords.git,
      'ca.pem': servers.certificate,
    });
    alice = cluster.person('alice');
    undo.push(() => alice.close());
    for (const [name, value] of Object.entries(values)) await alice.store(nameOf(name), value);
    const secrets = Object.keys(values).map(nameOf);
    const { annotations } = await alice.ticket({ namespace: cluster.sessions, secrets });
    const ca = `/secrets/${nameOf('ca.pem')}`;
    const variables = {
      CURL_CA_BUNDLE: ca,
      GIT_SSL_CAINFO: ca,
      AWS_CA_BUNDLE: ca,
      AWS_ENDPOINT_URL_STS: 'https://sts.example.org',
      AWS_DEFAULT_REGION: 'us-east-1',
    };
    const env = Object.entries(variables).map(([name, value]) => ({ name, value }));
    const containers = [
      container({ name: 'main', image, env, command: ['sleep', '1000'] }),
      container({
        name: 'node',
        image: cluster.endpoints.images.injector,
        command: ['/nodejs/bin/node', '-e', 'setInterval(() => 0, 1e6)'],
      }),
    ];
    for (const [name, securityContext] of Object.entries(accounts)) {
      const asked = { 'twofold.dev/containers': 'main,node' };
      await cluster.create(
        pod({
          name: nameOf(name),
          annotations: { ...annotations, ...asked },
          containers,
          spec: { securityContext, hostAliases: [servers.aliases] },
        }),
      );
      undo.push(() => cluster.remove('pod', nameOf(name)));
    }
    for (const name of Object.keys(accounts)) {
      await cluster.ready(nameOf(name));
      const known = 'mkdir -p ~/.ssh && ssh-keyscan host.example.org >~/.ssh/known_hosts';
      await cluster.exec(nameOf(name), ['sh', '-c', known], { container: 'main' });
    }
  });
  after(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });

  const tries = (id: RecipeId, account: keyof typeof accounts): void => {
    const { run, then = '', prints, container = 'main' } = trials[id];
    it(`${id}, ${account}`, async () => {
      const recipe = recipes[id];
      const code = recipeCode(recipe, nameOf(recipe.name)) + then;
      const seen = await cluster.exec(nameOf(account), [...run, code], { container });
      if (prints === undefined) expect(seen === values[recipe.name], 'it is the value').to.equal(true);
      else expect(seen).to.contain(prints);
    });
  };
  for (const id of Object.keys(trials)) tries(id as RecipeId, 'one-account'); // keys of a Record
  // These look at the file's mode.
  for (const id of ['psql', 'ssh'] as const) tries(id, 'image-account');

  it('psql ignores the file itself where a group may read it, so the recipe makes a copy', async () => {
    const direct = `PGPASSFILE=/secrets/${nameOf('pgpass')} psql -w -h db.example.org -U alice analytics`;
    const args = ['exec', nameOf('image-account'), '--namespace', cluster.sessions, '--container', 'main'];
    const { code, stderr } = await kubectl([...args, '--', 'sh', '-c', direct]);
    expect(code).to.not.equal(0);
    expect(stderr).to.contain('permissions should be u=rw (0600) or less');
  });
});
