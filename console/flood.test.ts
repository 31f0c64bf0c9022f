import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import type { TLSSocket } from 'node:tls';
import { answerOf, headOf, openRaw, sendRaw, type RawAnswer, type RawTarget } from '../test/raw-https.ts';
import { callJson } from './testing/api-client.ts';
import { newUser, PUBLIC_URL, startTestConsole, type TestConsole } from './testing/console.ts';
import { CLIENT_ID } from './testing/login-provider.ts';
import { multipart, pagePerson, type PagePerson } from './testing/page-person.ts';
import { buildBundle, ended, launch, type Program } from './testing/program.ts';

const MIB = 1024 * 1024;
const POSTS = 100;
/** Of one post, which is never completed: together more than half of the container's memory. */
const ANNOUNCED = 3 * MIB;
const SENT = Buffer.alloc(ANNOUNCED - 100_000, 'x');
/** How much the process may grow; before bodies had a gate it grew by 250 MiB. */
const GROWTH_BYTES = 120 * MIB;

/** Of the process, as the system counts it. */
function residentBytes({ process: { pid } }: Program): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024;
}

describe('a flood of unfinished posts', function () {
  this.timeout(120_000);
  let running: TestConsole;
  let person: PagePerson;
  let other: PagePerson;
  let program: Program;
  let target: RawTarget;
  const sockets: TLSSocket[] = [];

  before(async () => {
    await buildBundle();
    running = await startTestConsole('SQLite', { TWOFOLD_OIDC_CLIENT_ID: CLIENT_ID });
    [person, other] = [await pagePerson(running, PUBLIC_URL), await pagePerson(running, PUBLIC_URL)];
    await running.stopConsole();
    program = await launch(running.env);
    target = { url: program.publicUrl, ca: running.certificates.leaf('console').ca };
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });
  after(async () => {
    program.process.kill('SIGTERM');
    await ended(program.process);
    await running.stop();
  });

  const write = async (): Promise<number> => {
    const headers = { authorization: `Bearer ${await running.provider.token(newUser())}` };
    const url = `${program.publicUrl}/api/v1/secrets`;
    const body = { name: 'meanwhile', value: 'v'.repeat(65_536) };
    return (await callJson(running.client, { method: 'POST', url }, { headers, body })).status;
  };
  const importBy = async ({ headers, csrf }: PagePerson): Promise<RawAnswer> => {
    const { type, body } = multipart({ csrf, do: 'preview' }, 'A=1\n');
    const head = { ...headers, 'content-type': type, 'content-length': String(body.length) };
    return sendRaw(target, Buffer.concat([Buffer.from(headOf({ path: '/import', headers: head })), body]));
  };
  /** Posts whose body never ends; resolves to the answer to each before the body has begun. */
  const begin = async (headers: Readonly<Record<string, string>>): Promise<Promise<RawAnswer>[]> => {
    const { type } = multipart({}, '');
    const length = { 'content-type': type, 'content-length': String(ANNOUNCED) };
    const head = headOf({ path: '/import', headers: { ...length, ...headers } });
    const answers: Promise<RawAnswer>[] = [];
    for (let n = 0; n < POSTS; n += 1) {
      const socket = await openRaw(target);
      sockets.push(socket);
      answers.push(answerOf(socket));
      socket.write(head);
    }
    return answers;
  };
  /** Everything they may send, wanted or not. */
  const sendOn = (): Promise<unknown> =>
    Promise.all(
      sockets.map(
        (socket) =>
          new Promise((resolve) => {
            socket.once('close', resolve);
            socket.write(SENT, resolve);
          }),
      ),
    );

  it('without a login is answered before a byte of it is read, and nobody else waits', async () => {
    expect(await write(), 'warm').to.equal(201);
    const before = residentBytes(program);
    const { cookie: _cookie, ...stranger } = person.headers;
    const answers = await begin(stranger);
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(new Set(statuses)).to.deep.equal(new Set([401]));
    await sendOn();
    expect(residentBytes(program) - before).to.be.below(GROWTH_BYTES);
    expect([await write(), (await importBy(person)).status]).to.deep.equal([201, 200]);
  });

  it('by one person gets at most that person’s share; others can store and import', async () => {
    const before = residentBytes(program);
    const answers = await begin(person.headers);
    // Two fit into the share, and wait for their bodies; the others are told to retry.
    const refused: RawAnswer[] = [];
    await new Promise<void>((resolve) => {
      for (const answer of answers)
        void answer.then((answered) => {
          refused.push(answered);
          if (refused.length === POSTS - 2) resolve();
        });
    });
    expect(new Set(refused.map(({ status }) => status))).to.deep.equal(new Set([503]));
    expect(refused.every(({ text }) => /^retry-after: 1\r$/im.test(text))).to.equal(true);
    await sendOn();
    expect(residentBytes(program) - before).to.be.below(GROWTH_BYTES);
    expect([await write(), (await importBy(other)).status]).to.deep.equal([201, 200]);
    expect(program.lines.filter((line) => line.includes('database'))).to.deep.equal([]);
  });
});
