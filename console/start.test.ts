import { request } from 'node:http';
import { expect } from 'chai';
import { callJson, type Reply } from './testing/api-client.ts';
import { startTestConsole, type TestConsole } from './testing/console.ts';

/** Plain HTTP, like the kubelet. */
function ask(port: number | undefined, path: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: port ?? 0, path };
    request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
    })
      .once('error', reject)
      .end();
  });
}

describe('a running console', () => {
  let running: TestConsole;
  before(async () => {
    running = await startTestConsole('SQLite', { TWOFOLD_STARTS_PER_MINUTE: '2' });
  });
  after(() => running.stop());

  it('reports its health to the kubelet and its metrics to Prometheus', async () => {
    await running.withBearer(undefined).call('get', '/secrets');
    const { health } = running.ports;
    expect((await ask(health, '/healthz')).status).to.equal(200);
    expect((await ask(health, '/readyz')).status).to.equal(200);
    const { text } = await ask(health, '/metrics');
    expect(text).to.contain('twofold_console_requests_total{operation="other",status="401"} 1');
    expect(text).to.contain('twofold_console_refusals_total{operation="other",code="bearer_rejected"} 1');
  });

  it('limits how often one address may claim, and says when to retry', async () => {
    const url = `${running.urlOf('claim')}/internal/v1/claim`;
    const post = (): Promise<Reply> =>
      callJson(
        running.client,
        { method: 'POST', url },
        { headers: { authorization: 'Bearer x' }, body: { grant: 'x' } },
      );
    const replies: Reply[] = [];
    for (let n = 0; n < 21; n += 1) replies.push(await post());
    expect(replies[19]?.json.code).to.equal('grant_malformed');
    expect([replies[20]?.status, replies[20]?.json.code]).to.deep.equal([429, 'rate_limited']);
    expect(Number(replies[20]?.headers['retry-after'])).to.be.within(1, 60);
  });

  it('logs one line for each request: the operation, its result, and nothing of its content', async () => {
    await (await running.as('alice')).call('post', '/secrets', { body: { name: 'a', value: 'v' } });
    // The line is written after the answer.
    const line = await new Promise<string>((resolve) => {
      const look = (): void => {
        const found = running.logs.find((candidate) => candidate.includes('createSecret'));
        if (found === undefined) setImmediate(look);
        else resolve(found);
      };
      look();
    });
    const {
      level,
      time: _time,
      durationMs: _durationMs,
      ...rest
    } = JSON.parse(line) as Record<string, unknown>;
    expect(level).to.equal('debug');
    expect(rest).to.deep.equal({
      service: 'console',
      operation: 'createSecret',
      status: 201,
      event: 'request',
    });
  });
});
