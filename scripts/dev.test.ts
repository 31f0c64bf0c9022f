import { expect } from 'chai';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createHttpsClient, type HttpsAnswer, type HttpsClient } from '#platform/https-client.ts';
import { testFolder } from '../test/folder.ts';
import { freePort } from './dev/free-port.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(join(repository, 'docs/launchers.md'), 'utf8');
const run = promisify(execFile);

/** In a folder that looks like the repository to what the documentation has people type. */
const root = testFolder('dev');
const folder = join(root, '.dev');
for (const name of ['docs', 'scripts', 'dist', 'package.json'])
  symlinkSync(join(repository, name), join(root, name));

/** `make inject`, without its check of what is installed. */
const inject = `make() { node scripts/dev/kubelet/main.ts $(tr / ' ' <<<"\${2#POD=}"); }`;

function type(commands: string): Promise<{ stdout: string; stderr: string }> {
  const program = `set -eu\n${inject}\n${commands}`;
  // Python reads no folder of ours without it.
  return run('bash', ['-c', program], { cwd: root, env: { PATH: process.env['PATH'], HOME: root } });
}

interface Started {
  readonly child: ChildProcess;
  readonly printed: string;
}

async function start(...args: readonly string[]): Promise<Started> {
  const child = spawn(process.execPath, [join(repository, 'scripts/dev.ts'), '--dir', folder, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  child.stderr.on('data', (data: Buffer) => (printed += data.toString()));
  for await (const line of createInterface({ input: child.stdout })) {
    printed += `${line}\n`;
    if (line.includes('Ctrl-C ends it')) return { child, printed };
  }
  throw new Error(`make dev has ended:\n${printed}`);
}

async function stop({ child }: Started): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

describe('make dev, as docs/launchers.md has a launcher’s author use it', function () {
  this.timeout(120_000);
  let port = 0;
  let running: Started;
  let client: HttpsClient;
  const call = (
    path: string,
    {
      method = 'GET',
      headers = {},
      at = port,
    }: { method?: string; headers?: Record<string, string>; at?: number } = {},
  ): Promise<HttpsAnswer> =>
    client.call({
      method,
      url: `https://127.0.0.1:${at}${path}`,
      headers,
      timeoutMs: 10_000,
      maxResponseBytes: 1 << 20,
    });
  const commands = /```sh\n(\. \.dev\/env[^]*?)```/.exec(page)?.[1] ?? '';

  before(async () => {
    mkdirSync(folder);
    port = await freePort();
    // Those after the first are its own as well.
    for (let more = 1; more < 7; more += 1) expect(await freePort()).to.equal(port + more);
    // From an earlier run, that `--new` is to forget: no console starts with this database.
    writeFileSync(join(folder, 'ports.json'), JSON.stringify({ console: port + 64 }));
    writeFileSync(join(folder, 'twofold.db'), 'of another version');
    running = await start('--new', '--port', String(port), '--origins', 'http://localhost:3000');
    client = createHttpsClient({ ca: readFileSync(join(folder, 'certificates/console/ca.crt'), 'utf8') });
  });
  after(async () => {
    client.close();
    await stop(running);
  });

  it('starts pods with both samples, typed as documented', async () => {
    const { stdout } = await type(commands);
    expect(stdout).to.contain('from-node is admitted, with db-password in /secrets');
    expect(stdout).to.contain('from-python is admitted, with db-password in /secrets');
    expect(stdout).to.match(/twofold-init ended with exit code 0\n0444 +6 B {2}db-password/);
  });

  it('has samples of 30 lines at most, which show a refusal and its code', async () => {
    for (const [program, sample] of [
      ['node', 'docs/samples/launcher.mjs'],
      ['python3', 'docs/samples/launcher.py'],
    ] as const) {
      expect(readFileSync(join(repository, sample), 'utf8').split('\n').length - 1, sample).to.be.at.most(30);
      const refused = async (args: string): Promise<string> => {
        const { stderr } = await type(`. .dev/env; ! ${program} ${sample} ${args}`);
        return stderr.trim();
      };
      expect(await refused('fx-dev again db-pasword')).to.match(
        /^There is no secret db-pasword.+ \(secret_unknown\)$/,
      );
      expect(await refused('fx-dev from-node db-password'), 'Kubernetes’ own').to.contain('already exists');
    }
  });

  it('answers with the problem document and the message that the page shows', async () => {
    const shown = /```json\n(\{\n {2}"type"[^]*?)```/.exec(page)?.[1] ?? '';
    const ticket = (pod: string, secret: string): string =>
      `curl -s "$CONSOLE/api/v1/tickets" -H "Authorization: Bearer $TOKEN" -H 'content-type: application/json' ` +
      `-d '{"namespace": "fx-dev", "pod": "${pod}", "secrets": ["${secret}"]}'`;
    const problem = await type(`. .dev/env; ${ticket('any', 'db-pasword')}`);
    expect(JSON.parse(problem.stdout)).to.deep.equal(JSON.parse(shown));
    const { stdout } = await type(`. .dev/env; ${ticket('from-node', 'db-password')}`);
    const { annotations } = JSON.parse(stdout) as { annotations: Record<string, string> }; // an IssuedTicket
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'other', annotations },
      spec: { containers: [{ name: 'main', image: 'busybox' }] },
    };
    const answer = await client.call({
      method: 'POST',
      url: `https://127.0.0.1:${port + 2}/api/v1/namespaces/fx-dev/pods`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(pod),
      timeoutMs: 10_000,
      maxResponseBytes: 1 << 20,
    });
    const { message } = JSON.parse(answer.body.toString()) as { message: string }; // a Status
    const [before = '', after = ''] = (/^ {4}(admission webhook .*)$/m.exec(page)?.[1] ?? '').split('…');
    expect(message.startsWith(before), message).to.equal(true);
    expect(message.endsWith(after), message).to.equal(true);
  });

  it('sends no CORS headers, and opens /launch for the given origin alone', async () => {
    const origin = 'http://localhost:3000';
    const preflight = await call('/api/v1/secrets', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'GET' },
    });
    const names = Object.keys(preflight.headers).filter((name) => name.startsWith('access-control-'));
    expect(names).to.deep.equal([]);
    const launch = async (returnTo: string): Promise<number> => {
      const query = new URLSearchParams({ namespace: 'fx-dev', return_to: returnTo }).toString();
      return (await call(`/launch?${query}`)).status;
    };
    expect(await launch(origin)).to.be.below(400);
    expect(await launch('http://localhost:3001')).to.equal(400);
    const login = new URLSearchParams({ client_id: 'portal', response_type: 'code', scope: 'openid' });
    login.set('redirect_uri', `${origin}/callback`);
    login.set('code_challenge', 'x'.repeat(43));
    login.set('code_challenge_method', 'S256');
    const { status, headers } = await call(`/auth?${login.toString()}`, { at: port + 1 });
    expect(`${status},${String(headers['location'])}`, 'the portal’s login').to.match(/^303,\/interaction\//);
  });

  it('refuses what would start nothing, before it touches anything', async () => {
    const cases = [
      [['--port', 'x'], 'is not a port'],
      [['--port', String(port + 64)], `make dev DEV_PORT=${port}`],
      [['--origins', 'http://portal.example.org'], 'is not an origin'],
      [['--new'], `port ${port} is taken`],
    ] as const;
    const refused = await Promise.all(cases.map(([args]) => start(...args).catch(String)));
    for (const [at, [, says]] of cases.entries()) expect(refused[at], says).to.contain(says);
    expect((await call('/api/v1/login')).status, 'what runs is left alone').to.equal(200);
  });

  it('is at the same addresses after a restart, with what was stored', async () => {
    client.close();
    await stop(running);
    expect(existsSync(join(folder, 'env')), 'what is no longer valid is gone').to.equal(false);
    running = await start();
    expect(running.printed).to.contain(`https://127.0.0.1:${port}/api/v1`);
    const list = `curl -s "$CONSOLE/api/v1/secrets" -H "Authorization: Bearer $TOKEN"`;
    const { items } = JSON.parse((await type(`. .dev/env; ${list}`)).stdout) as { items: { name: string }[] };
    expect(items.map(({ name }) => name)).to.deep.equal(['db-password']);
  });
});
