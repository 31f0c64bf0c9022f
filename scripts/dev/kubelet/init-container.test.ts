/** The stand-in kubelet against the stand-in for an API server: layout, modes, environment, outcome. */

import { lstatSync, readFileSync, readlinkSync, statSync, existsSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';
import { decodeJwt } from 'jose';

import { listAt, objectAt, type Pod } from '../kubernetes/objects.ts';
import { type JsonObject } from '#envelope/json.ts';
import { bodyOf, speakAs, startTestStandIn, type Speaker, type TestStandIn } from '../kubernetes/testing.ts';
import { runInitContainer, type Outcome } from './init-container.ts';
import { testFolder } from '../../../test/folder.ts';

const audience = 'twofold:0123';
const pods = '/api/v1/namespaces/team/pods';

/** Shows what it was given, and writes a file as the injector would. */
const program = `
const fs = require('node:fs');
fs.writeFileSync(process.env.TWOFOLD_FILES_DIR + '/db', 'x'.repeat(Number(process.env.BYTES)));
fs.writeFileSync(process.env.TWOFOLD_TERMINATION_LOG, 'all written');
console.log(JSON.stringify(process.env));
`;

function podSpec(bytes: number): JsonObject {
  const serviceAccountToken = { audience, expirationSeconds: 600, path: 'token' };
  const token = '/var/run/secrets/kubernetes.io/serviceaccount';
  return {
    restartPolicy: 'Never',
    initContainers: [
      {
        name: 'twofold-init',
        image: 'injector:1',
        env: [
          { name: 'TWOFOLD_FILES', value: 'db=db' },
          { name: 'BYTES', value: String(bytes) },
        ],
        volumeMounts: [
          { name: 'twofold-session', mountPath: '/twofold/session', readOnly: true },
          { name: 'twofold-token', mountPath: token, readOnly: true },
          { name: 'twofold-files', mountPath: '/twofold/files' },
        ],
      },
    ],
    containers: [{ name: 'main', image: 'a' }],
    volumes: [
      { name: 'twofold-session', secret: { secretName: 'twofold-0123', defaultMode: 292 } },
      { name: 'twofold-token', projected: { defaultMode: 292, sources: [{ serviceAccountToken }] } },
      { name: 'twofold-files', emptyDir: { medium: 'Memory', sizeLimit: '8192' } },
    ],
  };
}

describe('stand-in kubelet', () => {
  let server: TestStandIn;
  let admin: Speaker;
  let token: string;
  let root: string;

  const store = async (name: string, bytes = 5): Promise<Pod> => {
    const answer = await admin('POST', pods, { metadata: { name }, spec: podSpec(bytes) });
    return bodyOf(answer) as Pod; // the server's own answer
  };

  const run = (
    pod: Pod,
    command: readonly [string, ...string[]] = [process.execPath, '-e', program],
  ): Promise<Outcome> => {
    return runInitContainer({
      kubernetes: { url: server.url, ca: server.ca, token },
      pod,
      root,
      command,
    });
  };

  before(async () => {
    server = await startTestStandIn();
    admin = speakAs(server, await server.token('admin', ['system:masters']));
    token = await server.token('system:node:development', ['system:nodes']);
    const data = { grant: Buffer.from('a grant').toString('base64') };
    await admin('POST', '/api/v1/namespaces/team/secrets', { metadata: { name: 'twofold-0123' }, data });
  });

  beforeEach(() => {
    root = testFolder('kubelet');
  });

  after(async () => {
    admin.close();
    await server.close();
  });

  it('lays out the Secret and a token bound to the pod behind links, with their modes', async () => {
    const pod = await store('layout');
    const outcome = await run(pod);
    if (!outcome.started) throw new Error(outcome.reason);
    const session = join(root, 'volumes/twofold-session');
    expect(readlinkSync(join(session, 'grant'))).equal('..data/grant');
    expect(readFileSync(join(session, 'grant'), 'utf8')).equal('a grant');
    expect(statSync(join(session, 'grant')).mode & 0o777).equal(0o444);
    expect(lstatSync(join(session, '..data')).isSymbolicLink()).equal(true);
    const claims = decodeJwt(readFileSync(join(root, 'volumes/twofold-token/token'), 'utf8'));
    expect(claims.aud).deep.equal([audience]);
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).equal(600);
    expect(claims['kubernetes.io']).deep.include({ pod: { name: 'layout', uid: pod.metadata.uid } });
    expect(outcome.files).deep.equal([join(root, 'volumes/twofold-files/db')]);
    expect([...outcome.volumes.keys()]).deep.equal(['twofold-session', 'twofold-token', 'twofold-files']);
    outcome.cleanUp();
    expect(existsSync(join(root, 'volumes'))).equal(false);
  });

  it("gives the program the container's environment and the development folders, and nothing of the kubelet’s own", async () => {
    const outcome = await run(await store('environment'));
    if (!outcome.started) throw new Error(outcome.reason);
    expect(JSON.parse(outcome.stdout)).deep.equal({
      TWOFOLD_FILES: 'db=db',
      BYTES: '5',
      TWOFOLD_SESSION_DIR: join(root, 'volumes/twofold-session'),
      TWOFOLD_TOKEN_DIR: join(root, 'volumes/twofold-token'),
      TWOFOLD_FILES_DIR: join(root, 'volumes/twofold-files'),
      TWOFOLD_TERMINATION_LOG: join(root, 'termination-log'),
    });
    outcome.cleanUp();
  });

  it('reports exit code and termination message, and writes them into the pod’s status', async () => {
    const outcome = await run(await store('succeeds'));
    if (!outcome.started) throw new Error(outcome.reason);
    expect(outcome).include({ exitCode: 0, terminationMessage: 'all written' });
    outcome.cleanUp();
    const status = objectAt(bodyOf(await admin('GET', `${pods}/succeeds`)), 'status');
    expect(status['phase']).equal('Running');
    const [init] = listAt(status, 'initContainerStatuses');
    expect(objectAt(objectAt(init ?? {}, 'state'), 'terminated')).include({
      exitCode: 0,
      message: 'all written',
    });

    const failed = await run(await store('fails'), [process.execPath, '-e', 'process.exit(7)']);
    expect(failed).include({ started: true, exitCode: 7, terminationMessage: '' });
    if (failed.started) failed.cleanUp();
    expect(objectAt(bodyOf(await admin('GET', `${pods}/fails`)), 'status')['phase']).equal('Failed');
  });

  it('keeps memory volumes within their limit where it may mount', async () => {
    const outcome = await run(await store('full', 100_000));
    if (!outcome.started) throw new Error(outcome.reason);
    const mounted = readFileSync('/proc/mounts', 'utf8').includes(`${root}/volumes/twofold-files tmpfs`);
    if (mounted) expect(outcome.stderr).contain('ENOSPC');
    else expect(outcome.exitCode).equal(0);
    outcome.cleanUp();
    expect(readFileSync('/proc/mounts', 'utf8')).not.contain(root);
  });

  it('does not start the program when the Secret is missing, and leaves nothing behind', async () => {
    const spec = JSON.parse(JSON.stringify(podSpec(5)).replace('twofold-0123"', 'twofold-none"')) as unknown;
    const pod = bodyOf(await admin('POST', pods, { metadata: { name: 'early' }, spec })) as Pod; // as above
    expect(await run(pod)).deep.equal({
      started: false,
      reason: 'MountVolume.SetUp failed for volume "twofold-session" : secret "twofold-none" not found',
    });
    expect(existsSync(join(root, 'volumes'))).equal(false);
    expect(readFileSync('/proc/mounts', 'utf8')).not.contain(root);
  });

  it('does nothing for a pod without the init container', async () => {
    const pod = await store('stripped');
    delete pod.spec.initContainers;
    expect(await run(pod)).include({ started: false });
  });

  it('kills a program that does not end', async () => {
    const pod = await store('endless');
    const command = [process.execPath, '-e', 'setInterval(() => {}, 1000)'] as const;
    const kubernetes = { url: server.url, ca: server.ca, token };
    const outcome = await runInitContainer({ kubernetes, pod, root, command, timeoutMs: 200 });
    expect(outcome).include({ started: true, exitCode: 137 });
    if (outcome.started) outcome.cleanUp();
  });
});
