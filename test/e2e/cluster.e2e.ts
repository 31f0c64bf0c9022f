/** The local cluster itself: what the other scenarios rely on exists, and what must not exist does not. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { kubectl, kubectlOutput, manifest } from './cluster/kubectl.ts';
import { container, pod, uniqueName } from './sessions/pods.ts';

const NODE_ADDRESS = '192.0.2.10';
const repository = fileURLToPath(new URL('../..', import.meta.url));
const ours = process.env['KUBECONFIG'] === `${repository}.cluster/admin.kubeconfig`;

(ours ? describe : describe.skip)('the local cluster', () => {
  const name = uniqueName('probe');
  const serve =
    'echo a line of the log; echo written >/data/file; id -g >>/data/file; exec httpd -f -p 8080 -h /data';
  const volumeMounts = [{ name: 'data', mountPath: '/data' }];
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: name } }];
  const exec = (...command: string[]): Promise<string> => kubectlOutput(['exec', name, '--', ...command]);

  before(async () => {
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
    };
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { selector: { probe: name }, ports: [{ port: 80, targetPort: 8080 }] },
    };
    const containers = [container({ name: 'main', command: ['sh', '-c', serve], volumeMounts })];
    const probe = pod({ name, containers, labels: { probe: name }, spec: { volumes } });
    await kubectlOutput(['create', '-f', '-'], { input: manifest(claim, service, probe) });
    await kubectlOutput(['wait', '--for=condition=Ready', `pod/${name}`, '--timeout=60s']);
  });
  after(() => kubectlOutput(['delete', 'pod,service,pvc', name, '--wait=false']));

  it('is Kubernetes 1.35 with the kubelet of the same version', async () => {
    const { serverVersion } = JSON.parse(await kubectlOutput(['version', '-o', 'json'])) as {
      serverVersion: { gitVersion: string };
    };
    expect(serverVersion.gitVersion).to.match(/^v1\.35\./);
    const path = 'jsonpath={.items[*].status.nodeInfo.kubeletVersion}';
    expect(await kubectlOutput(['get', 'nodes', '-o', path])).to.equal(serverVersion.gitVersion);
  });

  it('gives a claim a volume that the pod, without root, can write', async () => {
    expect(await exec('cat', '/data/file')).to.equal('written\n1000\n');
  });

  it('resolves services for pods and for the tests, and routes to them', async () => {
    expect(await exec('wget', '-qO-', `http://${name}.default.svc.cluster.local/file`)).to.contain('written');
    const { address } = await lookup(`${name}.default.svc`);
    expect(address).to.match(/^10\.96\./);
    expect(await (await fetch(`http://${name}.default.svc/file`)).text()).to.contain('written');
  });

  it('shows logs', async () => {
    expect(await kubectlOutput(['logs', name])).to.equal('a line of the log\n');
  });

  it('lets pods reach a server of the tests', async () => {
    const said = uniqueName('said');
    const server = createServer((_request, response) => response.end(said));
    await new Promise<void>((resolve) => server.listen(0, NODE_ADDRESS, resolve));
    try {
      const bound = server.address();
      if (bound === null || typeof bound === 'string') throw new Error('no port');
      expect(await exec('wget', '-qO-', `http://${NODE_ADDRESS}:${bound.port}/`)).to.equal(said);
    } finally {
      server.close();
    }
  });

  it('writes complete requests and responses to the audit log, those for Secrets too', async () => {
    const [asked, secret] = [uniqueName('value'), uniqueName('audited')];
    await kubectlOutput(['create', 'secret', 'generic', secret, `--from-literal=key=${asked}`]);
    await kubectlOutput(['delete', 'secret', secret]);
    const log = readFileSync(`${repository}.cluster/audit/audit.log`, 'utf8');
    const line = log
      .split('\n')
      .find((each) => each.includes(`"name":"${secret}"`) && each.includes('"verb":"create"'));
    const event = JSON.parse(line ?? '{}') as Record<string, { data?: object }>;
    const data = { key: Buffer.from(asked).toString('base64') };
    expect(event['requestObject']?.data).to.deep.equal(data);
    expect(event['responseObject']?.data).to.deep.equal(data);
  });

  it('has no route to the outside, nor to the machine’s network', async () => {
    expect(
      Object.keys(networkInterfaces()).filter((each) => !/^(lo|node0|veth.*)$/.test(each)),
    ).to.deep.equal([]);
    expect(readFileSync('/proc/net/route', 'utf8')).to.not.match(/^\S+\t00000000\t/m);
    const { code } = await kubectl(['exec', name, '--', 'wget', '-qO-', 'http://198.51.100.1/']);
    expect(code).to.not.equal(0);
  });
});
