/** The console as it is started, one person with secrets, and what they know; another, of whom nobody may hear. */
import { randomBytes } from 'node:crypto';
import { newUser, PUBLIC_URL, startTestConsole, type TestConsole } from '../../console/testing/console.ts';
import { CLIENT_ID } from '../../console/testing/login-provider.ts';
import { pagePerson } from '../../console/testing/page-person.ts';
import { admit, grantFor, openSession, ticketFor } from '../../console/testing/session.ts';
import { directly, serverThatAnswers, type Send } from './direct.ts';

export const LAUNCHER = 'https://hub.example.org';
const env = {
  TWOFOLD_OIDC_CLIENT_ID: CLIENT_ID,
  TWOFOLD_LAUNCHER_ORIGINS: LAUNCHER,
  TWOFOLD_STARTS_PER_MINUTE: '10000',
  TWOFOLD_REFUSALS_PER_MINUTE: '10000',
  TWOFOLD_UNKNOWN_PER_MINUTE: '10000',
  TWOFOLD_QUOTA_SECRETS: '50',
  TWOFOLD_QUOTA_TICKETS: '50',
  TWOFOLD_QUOTA_SESSIONS: '50',
};

export type Port = 'public' | 'resolve' | 'claim';

export interface Stage {
  readonly running: TestConsole;
  readonly send: Readonly<Record<Port, Send>>;
  readonly overHttps: Readonly<Record<Port, Send>>;
  readonly bearer: string;
  readonly cookie: string;
  readonly csrf: string;
  readonly ticket: string;
  readonly jti: string;
  readonly grant: string;
  readonly token: string;
  /** In no answer and no log line. */
  readonly secrets: readonly string[];
}

function overHttps(running: TestConsole, port: Port): Send {
  const client = port === 'resolve' ? running.webhook : running.client;
  return async ({ method, path, headers, body }) => {
    const answer = await client.call({
      method,
      url: running.urlOf(port) + path,
      headers,
      body,
      timeoutMs: 15_000,
      maxResponseBytes: 16 * 1024 * 1024,
    });
    return { status: answer.status, headers: answer.headers, text: answer.body.toString('utf8') };
  };
}

async function sendTo(running: TestConsole, port: Port): Promise<Send> {
  const ask = overHttps(running, port);
  const server = await serverThatAnswers(() => ask({ method: 'GET', path: '/nowhere', headers: {} }));
  return directly(server, port === 'resolve' ? 'webhook-resolve' : undefined);
}

const SECRET_NAMES = ['a', 'b', 'db-password'];

async function setStage(): Promise<Stage> {
  const running = await startTestConsole('SQLite', env);
  const user = newUser();
  const bearer = await running.provider.token(user);
  const alice = running.withBearer(bearer);
  const canaries = SECRET_NAMES.map(() => `c4n4ry${randomBytes(8).toString('hex')}`);
  for (const [at, name] of SECRET_NAMES.entries())
    await alice.call('post', '/secrets', { body: { name, value: canaries[at] } });
  const other = await running.as(newUser());
  const name = `n4me-of-another-${randomBytes(8).toString('hex')}`;
  await other.call('post', '/secrets', { body: { name, value: canaries[0] } });
  const ticket = await ticketFor(alice, { secrets: SECRET_NAMES });
  const issued = (await alice.call('get', '/tickets')).json.items[0] as unknown as { jti: string };
  const session = await openSession(running, { ticket, names: SECRET_NAMES });
  const { token } = admit(running, session);
  const person = await pagePerson(running, PUBLIC_URL, user);
  const { keys } = running;
  const privates = [keys.atRest, keys.cookie, keys.record].map((key) => (key as { k: string }).k);
  const pairs = [keys.ticket, keys.envelope, keys.grant].map(({ privateJwk }) => String(privateJwk['d']));
  return {
    running,
    send: {
      public: await sendTo(running, 'public'),
      resolve: await sendTo(running, 'resolve'),
      claim: await sendTo(running, 'claim'),
    },
    overHttps: {
      public: overHttps(running, 'public'),
      resolve: overHttps(running, 'resolve'),
      claim: overHttps(running, 'claim'),
    },
    bearer,
    cookie: person.headers.cookie,
    csrf: person.csrf,
    ticket,
    jti: issued.jti,
    grant: await grantFor(running, session),
    token,
    secrets: [...canaries, name, ...privates, ...pairs],
  };
}

let stage: Promise<Stage> | undefined;
/** Set at first use. */
export function theStage(): Promise<Stage> {
  return (stage ??= setStage());
}

export async function closeConsole(): Promise<void> {
  await (await stage)?.running.stop();
  stage = undefined;
}
