import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { expect } from 'chai';
import { createRateLimits } from './rate-limit.ts';
import { createApp } from './server.ts';

describe('a limit of requests a minute', () => {
  const realNow = Date.now;
  let server: Server;
  let elapsed = 0;
  let url = '';

  before(async () => {
    const app = createApp();
    const limits = createRateLimits(2, () => elapsed);
    app.get(
      '/:who',
      limits.limit((request) => String(request.params['who'])),
      (_request, response) => void response.end(),
    );
    server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // a TCP server that listens
  });
  after(() => server.close());
  afterEach(() => {
    Date.now = realNow;
  });

  const ask = async (who: string): Promise<[number, number]> => {
    const { status, headers } = await fetch(`${url}/${who}`);
    return [status, Number(headers.get('retry-after'))];
  };
  const statuses = async (who: string): Promise<number[]> => [
    (await ask(who))[0],
    (await ask(who))[0],
    (await ask(who))[0],
  ];

  it('counts for each by itself, until the minute is over', async () => {
    expect(await statuses('a')).to.deep.equal([200, 200, 429]);
    expect(await statuses('b')).to.deep.equal([200, 200, 429]);
    elapsed += 60_000;
    expect(await statuses('a')).to.deep.equal([200, 200, 429]);
  });

  for (const hours of [1, -1]) {
    it(`lasts no longer when the clock is set by ${hours} h, and says how long`, async () => {
      elapsed += 60_000;
      expect(await statuses('c')).to.deep.equal([200, 200, 429]);
      Date.now = () => realNow() + hours * 3_600_000;
      elapsed += 30_000;
      expect(await ask('c')).to.deep.equal([429, 30]);
      elapsed += 30_000;
      expect(await statuses('c')).to.deep.equal([200, 200, 429]);
    });
  }
});
