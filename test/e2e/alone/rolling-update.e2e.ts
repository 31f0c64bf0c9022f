import { expect } from 'chai';
import { connect } from '../cluster/connection.ts';
import { startLoad, underLoad } from '../sessions/load.ts';
import { startScenario, type Scenario } from '../sessions/scenario.ts';
import { createServices, SERVICES, type Service } from '../cluster/services.ts';

const PER_SECOND = 10;

describe('rolling updates, with 10 sessions created per second', () => {
  const cluster = connect();
  const services = createServices(cluster);
  let scenario: Scenario;

  before(async () => {
    scenario = await startScenario(cluster, 'rolling');
  });
  after(async () => {
    await services.restore();
    await scenario.end();
  });

  const update = async (service: Service) => {
    const before = new Set((await services.pods(service)).map(({ metadata }) => metadata?.uid));
    const load = await underLoad(
      () => startLoad(cluster, scenario, PER_SECOND),
      () => services.restart(service),
    );
    const kept = (await services.pods(service)).filter(
      ({ metadata }) => before.has(metadata?.uid) && metadata?.deletionTimestamp === undefined,
    );
    expect(kept, 'every pod is a new one').to.deep.equal([]);
    return load;
  };

  // The one console on SQLite, too: two cannot write the same file, so webhooks wait for the new one.
  for (const service of SERVICES) {
    it(`of the ${service}: no admission fails`, async () => {
      const { admitted, failures } = await update(service);
      expect(failures).to.deep.equal([]);
      expect(admitted).to.be.greaterThan(2 * PER_SECOND);
    });
  }

  it('leave sessions that can start: the last one admitted gets its files', () => scenario.works());
});
