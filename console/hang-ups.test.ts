import { expect } from 'chai';
import { once } from 'node:events';
import {
  answerOf,
  cutRequests,
  headOf,
  openRaw,
  sendRaw,
  wholeAnswerOf,
  type RawAnswer,
  type RawRequest,
  type RawTarget,
} from '../test/raw-https.ts';
import {
  databaseKinds,
  later,
  newUser,
  PUBLIC_URL,
  startTestConsole,
  type TestConsole,
} from './testing/console.ts';
import { CLIENT_ID } from './testing/login-provider.ts';
import { multipart, pagePerson, type PagePerson } from './testing/page-person.ts';
import { resolveBody } from './testing/session.ts';

type Port = 'public' | 'resolve' | 'claim';

for (const kind of databaseKinds) {
  describe(`requests that break off (${kind})`, function () {
    this.timeout(120_000);
    let running: TestConsole;
    let person: PagePerson;
    let bearer: string;
    const targetOf = (port: Port): RawTarget => {
      const { ca, cert, key } = running.certificates.leaf('webhook-resolve');
      return { url: running.urlOf(port), ca, ...(port === 'resolve' && { cert, key }) };
    };
    before(async () => {
      running = await startTestConsole(kind, { TWOFOLD_OIDC_CLIENT_ID: CLIENT_ID });
      person = await pagePerson(running, PUBLIC_URL);
      bearer = await running.provider.token(newUser());
    });
    after(() => running.stop());
    /** Log lines that should not exist: a client's mistakes are not errors of the console. */
    const failures = (): string[] => running.logs.filter((line) => /"level":"error"|unavailable/.test(line));
    const servesOn = async (): Promise<void> => {
      const { status } = await (await running.as(newUser())).call('get', '/secrets');
      expect(status).to.equal(200);
      expect(failures()).to.deep.equal([]);
    };
    /** Cuts at every byte, each on a new connection. The complete body is answered with `whole`. */
    const cutEverywhere = async (
      port: Port,
      request: RawRequest,
      { body, whole, every = 1 }: { body: Buffer; whole: number; every?: number },
    ): Promise<void> => {
      const target = targetOf(port);
      for (let length = 0; length < body.length; length += every) {
        const cuts = cutRequests(request, body, length);
        const statuses = await Promise.all(cuts.map(({ bytes, then }) => sendRaw(target, bytes, then)));
        cuts.forEach(({ how, then }, at) => {
          const expected = then === 'wait' ? [400] : [400, undefined];
          expect(expected, `${how} at ${length}`).to.include(statuses[at]?.status);
        });
      }
      const headers = { ...request.headers, 'content-length': String(body.length) };
      const { status } = await sendRaw(
        target,
        Buffer.concat([Buffer.from(headOf({ ...request, headers })), body]),
      );
      expect(status).to.equal(whole);
      await servesOn();
    };

    it('end with 400 or a closed connection, wherever a multipart form is cut', async () => {
      const { type, body } = multipart({ csrf: person.csrf }, 'A=1\n');
      const headers = { ...person.headers, 'content-type': type };
      // Without the line break after its last boundary, a form is still complete.
      const needed = body.subarray(0, body.length - 2);
      await cutEverywhere(
        'public',
        { path: '/import', headers },
        { body: needed, whole: 200, every: kind === 'SQLite' ? 1 : 17 },
      );
    });

    const json = { 'content-type': 'application/json' };
    it('end so wherever the JSON of the API is cut', async () => {
      const headers = { ...json, authorization: `Bearer ${bearer}` };
      const body = Buffer.from(JSON.stringify({ name: 'cut', value: 'v' }));
      await cutEverywhere('public', { path: '/api/v1/secrets', headers }, { body, whole: 201 });
    });

    it('end so wherever the JSON of a claim is cut', async () => {
      const headers = { ...json, authorization: 'Bearer of.no.pod' };
      const body = Buffer.from(JSON.stringify({ grant: 'no.such.grant' }));
      await cutEverywhere('claim', { path: '/internal/v1/claim', headers }, { body, whole: 403 });
    });

    it('end so wherever the JSON of a resolve is cut', async () => {
      const body = Buffer.from(JSON.stringify(resolveBody({ ticket: 'no.such.ticket' })));
      const request = { path: '/internal/v1/resolve', headers: json };
      await cutEverywhere('resolve', request, { body, whole: 403, every: 7 });
    });

    it('are not errors if the client hangs up before its answer is ready', async () => {
      const target = targetOf('public');
      const body = JSON.stringify({ name: `late-${kind}`, value: 'v' });
      const headers = { ...json, authorization: `Bearer ${bearer}`, 'content-length': String(body.length) };
      const request = headOf({ path: '/api/v1/secrets', headers }) + body;
      const hungUp = (): number => running.logs.filter((line) => line.includes('client hung up')).length;
      const before = hungUp();
      while (hungUp() === before) {
        const socket = await openRaw(target);
        const closed = once(socket, 'close');
        socket.write(request, () => socket.destroy());
        await closed;
      }
      await servesOn();
    });

    it('are returned to a user whose login has ended, for a day; afterwards they count as a stranger’s', async () => {
      const { type, body } = multipart({ csrf: person.csrf, name: 'late', value: 'still here' }, '');
      const length = { 'content-type': type, 'content-length': String(body.length) };
      const last = { ...person.headers, ...length, connection: 'close' };
      const head = headOf({ path: '/new', headers: last });
      const sent = (hours: number, bytes: string): Promise<RawAnswer> =>
        later(running, hours * 3_600_000, async () => {
          const socket = await openRaw(targetOf('public'));
          socket.write(bytes);
          return await wholeAnswerOf(socket);
        });
      // A login lasts at most 12 hours.
      const ended = await sent(35, head + body.toString());
      expect([ended.status, ended.text.includes('still here')]).to.deep.equal([401, true]);
      const stranger = await sent(37, head);
      expect([stranger.status, stranger.text.includes('There is no login')]).to.deep.equal([401, true]);
      await servesOn();
    });

    it('are checked before their bodies: origin, login, type and length', async () => {
      const { type } = multipart({}, '');
      const form = { 'content-type': type, 'content-length': '100000' };
      const { cookie, ...noCookie } = person.headers;
      const api = { ...json, 'content-length': '100000' };
      const cases: [port: Port, path: string, headers: Record<string, string>, status: number][] = [
        ['public', '/import', form, 403],
        ['public', '/import', { ...form, ...person.headers, origin: 'https://evil.example.org' }, 403],
        ['public', '/import', { ...form, ...noCookie }, 401],
        ['public', '/import', { ...form, ...noCookie, cookie: `${cookie}x` }, 401],
        ['public', '/logout', { ...form, ...noCookie }, 303],
        ['public', '/import', { ...form, ...person.headers, 'content-type': 'application/json' }, 400],
        ['public', '/import', { ...form, ...person.headers, 'content-length': '3145729' }, 413],
        ['public', '/new', { ...form, ...person.headers, 'content-length': '524289' }, 413],
        ['public', '/logout', { ...form, ...person.headers }, 413],
        ['public', '/csp-report', form, 204],
        ['public', '/api/v1/secrets', api, 401],
        [
          'public',
          '/api/v1/secrets',
          { ...api, authorization: `Bearer ${bearer}`, 'content-type': 'text/plain' },
          415,
        ],
        [
          'public',
          '/api/v1/secrets',
          { ...api, authorization: `Bearer ${bearer}`, 'content-encoding': 'gzip' },
          415,
        ],
        [
          'public',
          '/api/v1/secrets',
          { ...api, authorization: `Bearer ${bearer}`, 'content-length': '524289' },
          413,
        ],
        [
          'public',
          '/api/v1/tickets',
          { ...api, authorization: `Bearer ${bearer}`, 'content-length': '393217' },
          413,
        ],
        ['public', '/page/v1/secrets', { ...api, ...noCookie }, 401],
        ['claim', '/internal/v1/claim', api, 401],
        [
          'claim',
          '/internal/v1/claim',
          { ...api, authorization: 'Bearer x', 'content-length': '131073' },
          413,
        ],
        ['resolve', '/internal/v1/resolve', { ...api, 'content-type': 'text/plain' }, 415],
        ['resolve', '/internal/v1/resolve', { ...api, 'content-length': '2097153' }, 413],
      ];
      for (const [port, path, headers, status] of cases) {
        // None of the body is ever sent: only an answer that does not wait for it ends this.
        const socket = await openRaw(targetOf(port));
        socket.write(headOf({ path, headers }));
        expect((await answerOf(socket)).status, `${path} ${JSON.stringify(headers)}`).to.equal(status);
        socket.destroy();
      }
      await servesOn();
    });
  });
}
