import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { testCertificates } from '../test/certificates.ts';
import { headOf, sendRaw, type RawTarget } from '../test/raw-https.ts';

/** A service in which a request to `/throw` or `/reject` fails where nobody catches it. */
function program(dir: string): string {
  return `
  import { runService, serviceSettings } from '#platform/service.ts';
  import { createHttpsServer } from '#platform/https-server.ts';
  import { describeError } from '#platform/log.ts';
  import { watchTlsFiles } from '#platform/tls-files.ts';
  await runService({
    name: 'failing',
    settings: serviceSettings,
    start: async (config, log) => {
      const server = createHttpsServer({
        tls: watchTlsFiles(${JSON.stringify(dir)}, log).current(),
        maxBodyBytes: 10, maxBodiesBytes: 10, log,
        onError: (error) => {
          log.error('a request failed', { error: describeError(error) });
          return { status: 500, body: 'this service failed' };
        },
        refuseBody: () => ({ status: 400, body: '' }),
        answer: async ({ path }) => {
          if (path === '/throw') setImmediate(() => { throw new RangeError('of a secret'); });
          if (path === '/reject') void Promise.reject(new RangeError('of a secret'));
          if (path === '/') log.info('waiting');
          return new Promise(() => undefined);
        },
      });
      const ports = { api: await server.listen('127.0.0.1', 0) };
      return { ports, fail: () => server.fail(), stop: () => server.close() };
    },
  });`;
}

interface Line {
  readonly event: string;
  readonly error?: string;
  readonly reason?: string;
  readonly ports?: { readonly api: number };
}

describe('an error that nobody caught', function () {
  this.timeout(30_000);
  for (const how of ['throw', 'reject']) {
    it(`ends the service only when all waiting requests have been answered, including its cause (${how})`, async () => {
      const certificates = await testCertificates();
      const source = program(certificates.leafDir('webhook'));
      const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(child, 'exit');
      const lines: Line[] = [];
      const waiting: Promise<string>[] = [];
      let target: RawTarget | undefined;
      for await (const text of createInterface({ input: child.stdout })) {
        const line = JSON.parse(text) as Line; // written by createLog
        lines.push(line);
        if (line.ports)
          target = { url: `https://127.0.0.1:${line.ports.api}`, ca: certificates.leaf('webhook').ca };
        // The first waits before the second comes, and both before the one that fails.
        if (!target || (line.event !== 'listening' && line.event !== 'waiting')) continue;
        const path = waiting.length < 2 ? '/' : `/${how}`;
        waiting.push(sendRaw(target, headOf({ method: 'GET', path })).then((answer) => answer.text));
      }
      expect(await exited).to.deep.equal([1, null]);
      for (const text of await Promise.all(waiting))
        expect(text).to.match(/^HTTP\/1\.1 500 .*this service failed$/s);
      expect(waiting).to.have.length(3);
      const [escaped] = lines.filter(({ event }) => event === 'an error escaped');
      expect(escaped?.error).to.equal('RangeError');
      expect(escaped?.reason).to.be.a('string');
      expect(JSON.stringify(lines), 'a message may quote what was sent').not.to.contain('secret');
    });
  }
});
