/** `make dev`: a development cluster that runs until Ctrl-C; prints where everything is, and how to run a pod. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommandLine, UsageError } from '#platform/command-line.ts';
import { commandOf, exitCodes, type Program } from '#platform/commands.ts';
import { LAUNCHER_ORIGIN } from '../console/web/launch-request.ts';
import { build } from './build.ts';
import { choosePorts, development, portsFrom, type ListenerPorts } from './dev/environment.ts';
import { isFree } from './dev/free-port.ts';
import { startStack, type Stack } from './dev/stack.ts';
import { writePrivateFile } from './servers/private-file.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));

/** What outlives a run: certificates, keys, database, ports. What does not: processes, pods, tokens, logs. */
interface Folder {
  readonly dir: string;
  readonly endpoints: string;
  readonly environment: string;
  readonly ports: string;
}

function folderAt(dir: string): Folder {
  return {
    dir,
    endpoints: join(dir, 'endpoints.json'),
    environment: join(dir, 'env'),
    ports: join(dir, 'ports.json'),
  };
}

function leafFiles(dir: string): { cert: string; key: string } {
  return {
    cert: join(dir, 'tls.crt'),
    key: join(dir, 'tls.key'),
  };
}

function endpointsOf(stack: Stack): object {
  return {
    ...stack.urls,
    issuer: stack.issuer,
    kubernetes: stack.kubernetes.url,
    ca: stack.caFile,
    bearer: stack.bearers,
    namespaces: { sessions: development.namespace },
    clientCertificates: {
      apiServer: leafFiles(stack.clientDirs.apiServer),
      webhook: leafFiles(stack.clientDirs.webhook),
      console: leafFiles(stack.clientDirs.console),
    },
    database: stack.databaseFile,
    pids: Object.fromEntries(Object.entries(stack.services).map(([name, { pid }]) => [name, pid])),
    kubelet: { tokenFile: stack.tokens.kubelet, injector: join(repository, 'dist', 'injector.js') },
    admin: { tokenFile: stack.tokens.admin },
    logs: join(stack.dir, 'logs'),
  };
}

/** Complete or absent: programs wait for this file. */
function writeEndpoints({ endpoints }: Folder, stack: Stack): void {
  const fresh = `${endpoints}.new`;
  writeFileSync(fresh, `${JSON.stringify(endpointsOf(stack), undefined, 2)}\n`, { mode: 0o600 });
  renameSync(fresh, endpoints);
}

/** For a shell: what curl, Node and Python need to act as alice. */
function writeEnvironment({ environment }: Folder, { urls, kubernetes, caFile, bearers }: Stack): void {
  const variables = {
    CONSOLE: urls.console,
    KUBERNETES: kubernetes.url,
    TOKEN: bearers['alice'] ?? '',
    CURL_CA_BUNDLE: caFile,
    NODE_EXTRA_CA_CERTS: caFile,
    SSL_CERT_FILE: caFile,
  };
  const lines = Object.entries(variables).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`,
  );
  writePrivateFile(environment, lines.join(''));
}

function explain(stack: Stack, { origins }: DevOptions): void {
  const launcher =
    origins === undefined
      ? ''
      : `
  origins     ${origins}   (may open or embed /launch; the provider has the public client ${development.portalClient}, redirect URI ORIGIN/callback)`;
  // eslint-disable-next-line no-restricted-syntax -- a text for people
  console.log(`
  page        ${stack.urls.console}   (log in under any name; the certificate is the cluster's own)
  console     ${stack.urls.console}/api/v1   (people: alice, bob; bearers in .dev/endpoints.json)
  provider    ${stack.issuer}
  kubernetes  ${stack.kubernetes.url}   (no credentials needed: it is a development API server)
  logs        ${join(stack.dir, 'logs')}${launcher}

  Try it in another terminal: any name is an account, and dist/twofold.js --help has the rest
    dist/twofold.js login --console ${stack.urls.console} --ca ${stack.caFile}
    dist/twofold.js secrets add db-password

  As a launcher, for alice (docs/launchers.md):
    . .dev/env
    curl -s $CONSOLE/api/v1/secrets -H "Authorization: Bearer $TOKEN" -H 'content-type: application/json' \\
      -d '{"name": "db-password", "value": "s3cret"}'
    node docs/samples/launcher.mjs ${development.namespace} try db-password
    make inject POD=${development.namespace}/try      # runs its init container, as a kubelet would

  Ctrl-C ends it. What was stored is there again next time, pods are not; make dev NEW=yes starts from nothing.`);
}

function say(line: string): void {
  console.log(`\x1b[2m==> ${line}\x1b[0m`);
}

interface DevOptions {
  readonly launchers: string | undefined;
  readonly origins: string | undefined;
  readonly port: string | undefined;
  readonly new: boolean;
}

function firstPort(port: string): number {
  const first = Number(port);
  // The last of seven is a port too.
  if (!/^[1-9][0-9]*$/.test(port) || first < 1024 || first > 65_529)
    throw new UsageError(`"${port}" is not a port from 1024 to 65529`, 'make dev DEV_PORT=8440');
  return first;
}

/** Those of the last run: logins, tickets and launchers know these addresses. */
async function choosePortsIn({ dir, ports: file }: Folder, options: DevOptions): Promise<ListenerPorts> {
  const wanted = options.port === undefined ? undefined : portsFrom(firstPort(options.port));
  const known = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as ListenerPorts) // as it is written below
    : undefined;
  if (!options.new && known && wanted && known.console !== wanted.console)
    throw new UsageError(
      `what ${dir} holds belongs to port ${known.console}`,
      `make dev DEV_PORT=${known.console}, or, from nothing, make dev DEV_PORT=${wanted.console} NEW=yes`,
    );
  const ports = wanted ?? known ?? (await choosePorts());
  // Of what is removed, too: it may be running.
  for (const port of new Set([...Object.values(known ?? {}), ...Object.values(ports)]))
    if (!(await isFree(port)))
      throw new UsageError(
        `port ${port} is taken`,
        'end what listens there (another make dev?), or choose others: make dev DEV_PORT=8440 NEW=yes',
      );
  return ports;
}

function checkOrigins(origins: string | undefined): void {
  const wrong = origins?.split(',').find((origin) => !LAUNCHER_ORIGIN.test(origin));
  if (wrong !== undefined)
    throw new UsageError(
      `"${wrong}" is not an origin that may open /launch`,
      'make dev ORIGINS=http://localhost:3000',
    );
}

async function prepareFolder(folder: Folder, options: DevOptions): Promise<ListenerPorts> {
  const ports = await choosePortsIn(folder, options);
  const stale = options.new ? [folder.dir] : [folder.endpoints, folder.environment, join(folder.dir, 'logs')];
  for (const path of stale) rmSync(path, { recursive: true, force: true });
  mkdirSync(folder.dir, { recursive: true, mode: 0o700 });
  writeFileSync(folder.ports, JSON.stringify(ports));
  return ports;
}

/** Until Ctrl-C. */
async function serve(options: DevOptions, folder: Folder): Promise<void> {
  const launchersFile = options.launchers === undefined ? undefined : resolve(options.launchers);
  if (launchersFile !== undefined && !existsSync(launchersFile))
    throw new UsageError(`there is no file ${launchersFile}`, 'make dev LAUNCHERS=file');
  checkOrigins(options.origins);
  const ports = await prepareFolder(folder, options);
  say('bundling the services');
  await build();
  const stack = await startStack({
    dir: folder.dir,
    people: ['alice', 'bob'],
    ports,
    launchersFile,
    origins: options.origins,
    anonymous: true,
    say,
  }).catch((error: unknown) => {
    if (!options.new) console.error('If it is what an earlier version stored: make dev NEW=yes');
    throw error;
  });
  let stopping = false;
  const end = (): void => {
    stopping = true;
    say('stopping');
    for (const file of [folder.endpoints, folder.environment]) rmSync(file, { force: true });
    void stack.stop().then(() => process.exit(0));
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  for (const [name, { exited }] of Object.entries(stack.services)) {
    void exited.then((code) => {
      if (stopping) return;
      const log = join(folder.dir, 'logs', `${name}.log`);
      console.error(`the ${name} has ended (${code ?? 'by a signal'}); see ${log}`);
    });
  }
  writeEnvironment(folder, stack);
  writeEndpoints(folder, stack);
  explain(stack, options);
}

const program: Program<undefined, unknown> = {
  name: 'make dev',
  summary: 'a development cluster that runs until Ctrl-C.',
  commands: [
    commandOf<undefined, unknown>()({
      name: '',
      summary: 'Start a development cluster that runs until Ctrl-C.',
      options: {
        port: {
          value: 'PORT',
          doc: 'The first of seven ports; by default those of the last run, else free ones.',
        },
        origins: { value: 'ORIGINS', doc: 'Origins that may open or embed /launch, joined by commas.' },
        launchers: { value: 'FILE', doc: 'Trusted launchers (docs/launchers.md).' },
        new: { doc: 'Start from nothing: forget what earlier runs stored.' },
        dir: { value: 'FOLDER', doc: 'Where everything is stored; .dev by default.' },
      },
      run: (_, { options: { dir = join(repository, '.dev'), ...options } }) =>
        serve(options, folderAt(resolve(dir))),
    }),
  ],
  exitCodes,
};

process.exitCode = await runCommandLine(program, process.argv.slice(2), undefined);
