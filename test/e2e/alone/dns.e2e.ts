/** What the deployment's self-test says where network policies close DNS. Alone, since nothing works meanwhile. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { singleuserPolicy } from '../../../manifests/singleuser-policy.ts';
import { DNS_PORT } from '../../../scripts/deploy/local/overlay.ts';
import { connect } from '../cluster/connection.ts';
import { deployment } from '../cluster/deployment.ts';
import { kubectlOutput, manifest } from '../cluster/kubectl.ts';

describe('make deploy where DNS is closed', function () {
  this.timeout(300_000);
  const { endpoints } = connect();
  const other = join(dirname(endpoints.overlay), 'overlay-without-dns');
  after(() => rmSync(other, { recursive: true, force: true }));

  it('says in a sentence that DNS is closed, and what to write where', async () => {
    cpSync(endpoints.overlay, other, { recursive: true });
    const file = join(other, 'settings/dns.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(`port: ${DNS_PORT}`, 'port: 53'));
    const { code, printed } = await deployment('up', '--overlay', other, '--env', 'on');
    expect(code, printed).to.equal(1);
    expect(printed).to.include(
      `DNS does not answer the console’s pods at 10.96.0.10: the pods of the Service kube-system/kube-dns listen on TCP ${DNS_PORT} and UDP ${DNS_PORT}, and console-to-dns does not allow them`,
    );
    expect(printed).to.match(/Next: .*dns\.yaml \(namespace kube-system, labels k8s-app=kube-dns\)/);
  });

  it('with the right ports works again, and notes policies of others that isolate sessions', async () => {
    const policy = singleuserPolicy('e2e-network');
    await kubectlOutput(['apply', '--filename', '-'], { input: manifest(policy) });
    try {
      const { code, printed } = await deployment('up', '--overlay', endpoints.overlay, '--env', 'on');
      expect(code, printed).to.equal(0);
      for (const caller of ['console', 'webhook'])
        expect(printed).to.include(`the ${caller} reaches DNS at 10.96.0.10`);
      expect(printed).to.include('NOTE: ').and.to.include('singleuser in e2e-network');
    } finally {
      await kubectlOutput(['delete', 'networkpolicy', 'singleuser', '--namespace', 'e2e-network']);
    }
  });
});
