/** `make dev`: a development cluster that runs until Ctrl-C; prints where everything is, and how to run a pod. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommandLine, UsageError } from '#platform/command-line.ts';
import { commandOf, exitCodes, type Program } from '#platform/commands.ts';
import { build } from './build.ts';
import { development } from './dev/environment.ts';
import { startStack, type Stack } from './dev/stack.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));
const folder = join(repository, '.dev');
const endpointsFile = join(folder, 'endpoints.json');

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
function writeEndpoints(stack: Stack): void {
  const fresh = `${endpointsFile}.new`;
  writeFileSync(fresh, `${JSON.stringify(endpointsOf(stack), undefined, 2)}\n`, { mode: 0o600 });
  renameSync(fresh, endpointsFile);
}

function explain(stack: Stack): void {
  // eslint-disable-next-line no-restricted-syntax -- a text for people
  console.log(`
  page        ${stack.urls.console}   (log in under any name; the certificate is the cluster's own)
  console     ${stack.urls.console}/api/v1   (people: alice, bob; bearers in .dev/endpoints.json)
  kubernetes  ${stack.kubernetes.url}   (no credentials needed: it is a development API server)
  logs        ${join(stack.dir, 'logs')}

  Try it in another terminal: any name is an account, and dist/twofold.js --help has the rest
    dist/twofold.js login --console ${stack.urls.console} --ca ${stack.caFile}
    dist/twofold.js secrets add db-password

  The same by hand, with jq and curl:
    E=.dev/endpoints.json; get() { jq -r "$1" $E; }
    api() { curl -s --cacert "$(get .ca)" -H "Authorization: Bearer $(get .bearer.alice)" -H 'content-type: application/json' "$@"; }
    api "$(get .console)/api/v1/secrets" -d '{"name": "db-password", "value": "s3cret"}'
    api "$(get .console)/api/v1/tickets" -d '{"namespace": "${development.namespace}", "secrets": ["db-password"]}' > .dev/ticket.json
    jq '{apiVersion: "v1", kind: "Pod", metadata: {name: "try", annotations: .annotations}, spec: {containers: [{name: "main", image: "busybox"}]}}' .dev/ticket.json |
      curl -s --cacert "$(get .ca)" -H 'content-type: application/json' "$(get .kubernetes)/api/v1/namespaces/${development.namespace}/pods" -d @-
    make inject POD=${development.namespace}/try      # runs its init container, as a kubelet would

  Ctrl-C ends it.`);
}

function say(line: string): void {
  console.log(`\x1b[2m==> ${line}\x1b[0m`);
}

/** Until Ctrl-C. */
async function serve(launchers: string | undefined): Promise<void> {
  const launchersFile = launchers === undefined ? undefined : resolve(launchers);
  if (launchersFile !== undefined && !existsSync(launchersFile))
    throw new UsageError(`there is no file ${launchersFile}`, 'make dev LAUNCHERS=file');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { mode: 0o700 });
  say('bundling the services');
  await build();
  const stack = await startStack({
    dir: folder,
    people: ['alice', 'bob'],
    launchersFile,
    anonymous: true,
    say,
  });
  let stopping = false;
  const end = (): void => {
    stopping = true;
    say('stopping');
    rmSync(endpointsFile, { force: true });
    void stack.stop().then(() => process.exit(0));
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  for (const [name, { exited }] of Object.entries(stack.services)) {
    void exited.then((code) => {
      if (stopping) return;
      const log = join(folder, 'logs', `${name}.log`);
      console.error(`the ${name} has ended (${code ?? 'by a signal'}); see ${log}`);
    });
  }
  writeEndpoints(stack);
  explain(stack);
}

const program: Program<undefined, unknown> = {
  name: 'make dev',
  summary: 'a development cluster that runs until Ctrl-C.',
  commands: [
    commandOf<undefined, unknown>()({
      name: '',
      summary: 'Start a development cluster that runs until Ctrl-C.',
      options: { launchers: { value: 'FILE', doc: 'Trusted launchers (docs/launchers.md).' } },
      run: (_, { options }) => serve(options.launchers),
    }),
  ],
  exitCodes,
};

process.exitCode = await runCommandLine(program, process.argv.slice(2), undefined);
