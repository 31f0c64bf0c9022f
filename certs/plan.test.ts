import { expect } from 'chai';
import { keyserviceSettings } from '../keyservice/config.ts';
import { webhookSettings } from '../webhook/config.ts';
import { isExtraName, leafNames, leafPlans } from './plan.ts';

describe('the plan of leaves', () => {
  it('has a server leaf for each service and a client leaf for each arrow', () => {
    expect(
      leafPlans.map(({ folder, usage, commonName, zone }) => [folder, usage, commonName, zone]),
    ).to.deep.equal([
      ['console', 'server', 'console.twofold-console.svc', 'console'],
      ['webhook', 'server', 'webhook.twofold-webhook.svc', 'webhook'],
      ['keyservice', 'server', 'keyservice.twofold-keyservice.svc', 'keyservice'],
      ['webhook-resolve', 'client', 'webhook-resolve', 'webhook'],
      ['webhook-unwrap', 'client', 'webhook-unwrap', 'webhook'],
      ['console-rewrap', 'client', 'console-rewrap', 'console'],
      ['apiserver-webhook', 'client', 'apiserver-webhook', 'cluster'],
    ]);
  });

  it('names each client by the name that its one port allows', () => {
    const names = leafPlans.filter(({ usage }) => usage === 'client').map(({ commonName }) => commonName);
    expect(new Set(names).size, 'no two clients of one name').to.equal(names.length);
    const { unwrapClients, rewrapClients } = keyserviceSettings;
    const allowed = [unwrapClients, rewrapClients, webhookSettings.apiserverName];
    expect(['webhook-resolve', ...allowed.map(({ fallback }) => fallback)]).to.have.members(names);
  });

  it('names servers by their service, and clients by their common name alone', () => {
    const plan = leafPlans[0]!;
    expect(leafNames(plan, [])).to.deep.equal({
      dnsNames: [
        'console.twofold-console.svc',
        'console.twofold-console.svc.cluster.local',
        'console.twofold-console',
      ],
      ipAddresses: [],
    });
    for (const { usage, dnsNames } of leafPlans) expect(dnsNames.length > 0).to.equal(usage === 'server');
  });

  it('adds a caller’s names to servers only, each once', () => {
    const extra = [
      '127.0.0.1',
      'localhost',
      '::1',
      'localhost',
      '0:0:0:0:0:0:0:1',
      'console.twofold-console',
    ];
    const names = leafNames(leafPlans[0]!, extra);
    expect(names.dnsNames).to.have.length(4).and.include('localhost');
    expect(names.ipAddresses).to.deep.equal(['127.0.0.1', '::1']);
    expect(leafNames(leafPlans[3]!, extra)).to.deep.equal({ dnsNames: [], ipAddresses: [] });
  });

  it('accepts host names and addresses as extra names', () => {
    for (const name of ['localhost', '127.0.0.1', '::1', 'host.example'])
      expect(isExtraName(name), name).to.be.true;
    for (const name of ['', '[::1]', 'fe80::1%eth0', 'Localhost', '*.example', 'a b', '127.0.0.1:8443'])
      expect(isExtraName(name), name).to.be.false;
  });
});
