import { expect } from 'chai';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createHealthServer } from './health-server.ts';
import { createMetrics } from './metrics.ts';

describe('the health port', () => {
  it('reports whether the service works and takes traffic, and its metrics; checks at most every 5 s', async () => {
    let asked = 0;
    let ready = false;
    const metrics = createMetrics();
    metrics.counter('twofold_things_total', 'Things.', ['kind'])({ kind: 'a' });
    const check = (): Promise<void> => {
      asked += 1;
      return Promise.resolve();
    };
    const server = createHealthServer({ check, ready: () => ready }, metrics);
    const url = `http://127.0.0.1:${await server.listen('127.0.0.1', 0)}`;
    const status = async (path: string): Promise<number> => (await fetch(url + path)).status;
    expect([await status('/healthz'), await status('/readyz'), await status('/')]).to.deep.equal([
      200, 503, 404,
    ]);
    ready = true;
    expect(await status('/readyz')).to.equal(200);
    expect(await (await fetch(`${url}/metrics`)).text()).to.contain('twofold_things_total{kind="a"} 1');
    expect(asked).to.equal(1);
    await server.close();
  });

  it('is not healthy while the check fails, and reports only that', async () => {
    const failing = { check: () => Promise.reject(new Error('key 123')), ready: () => true };
    const server = createHealthServer(failing, createMetrics());
    const url = `http://127.0.0.1:${await server.listen('127.0.0.1', 0)}`;
    const answer = await fetch(`${url}/healthz`);
    expect([answer.status, await answer.text()]).to.deep.equal([503, 'not working; see the log\n']);
    expect((await fetch(`${url}/readyz`)).status).to.equal(503);
    await server.close();
  });

  it('answers newcomers while connections are held open', async () => {
    const server = createHealthServer({ check: () => Promise.resolve(), ready: () => true }, createMetrics());
    const port = await server.listen('127.0.0.1', 0);
    const held: Socket[] = [];
    for (let count = 0; count < 64; count += 1) {
      const socket = connect(port, '127.0.0.1');
      held.push(socket.on('error', () => undefined));
      await once(socket, 'connect');
    }
    const status = await fetch(`http://127.0.0.1:${port}/healthz`).then(
      (answer) => answer.status,
      () => 'closed',
    );
    for (const socket of held) socket.destroy();
    await server.close();
    expect(status).to.equal(200);
  });
});
