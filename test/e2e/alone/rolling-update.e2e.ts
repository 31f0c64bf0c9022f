import { expect } from 'chai';
import { connect } from '../cluster.ts';
import { startLoad, underLoad } from '../load.ts';
import { startScenario, type Scenario } from '../scenario.ts';
import { createServices, type Service } from '../services.ts';

const PER_SECOND = 10;
/** Two consoles cannot write one SQLite file, so the old one ends before the new one starts. */
const LONGEST_RESTART_SECONDS = 20;

describe('rolling updates, with 10 sessions created in each second', () => {
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

  for (const service of ['keyservice', 'webhook'] as const) {
    it(`of the ${service}: no admission fails`, async () => {
      const { admitted, failures } = await update(service);
      expect(failures).to.deep.equal([]);
      expect(admitted).to.be.greaterThan(2 * PER_SECOND);
    });
  }

  if (cluster.endpoints.database.kind === 'postgres') {
    it('of two consoles on PostgreSQL: no admission fails', async () => {
      expect((await update('console')).failures).to.deep.equal([]);
    });
  } else {
    it('of the one console on SQLite: what is refused meanwhile is told so, and nothing else fails', async () => {
      const { failures } = await update('console');
      for (const failure of failures)
        expect(failure).to.match(/console did not answer .+; try again; .+ \(console_unavailable\)/);
      expect(failures.length, 'seconds without a console').to.be.lessThan(
        LONGEST_RESTART_SECONDS * PER_SECOND,
      );
    });
  }

  it('leave sessions that can start: the last one admitted gets its files', () => scenario.works());
});
