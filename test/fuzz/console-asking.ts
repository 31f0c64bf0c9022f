/** One request to the console, and what no answer may be. */
import { API_PATH, openApiDocument } from '../../console/public/openapi.ts';
import { refusals } from '../../console/refusals.ts';
import { createAnswerCheck } from '../../console/testing/api-client.ts';
import { PUBLIC_URL } from '../../console/testing/console.ts';
import { theStage, type Port, type Stage } from './console-stage.ts';
import type { Received, Sent } from './direct.ts';
import { demand } from './harness.ts';
import { isMembers } from './members.ts';
import type { Json } from './mutate.ts';
import type { Random } from './random.ts';

const answers = createAnswerCheck(openApiDocument(PUBLIC_URL));

/** A request of a run, which may be stored: what only this run knows is written as a word between braces. */
interface Asked {
  port: string;
  method: string;
  path: string;
  headers: { [name: string]: string };
  body: string;
  way: string;
}

function fill(text: string, { bearer, cookie, csrf, ticket, jti, grant, token }: Stage): string {
  const known: Readonly<Record<string, string>> = { bearer, cookie, csrf, ticket, jti, grant, token };
  return text.replaceAll(/\{\{(\w+)\}\}/g, (whole, word: string) => known[word] ?? whole);
}

/** What Node's parser would not let through, and no handler sees. */
const IN_HEADER = /[^\t\x20-\x7e\x80-\xff]/g;
const IN_PATH = /[^\x21-\x7e]/g;

function sentOf(asked: Asked, on: Stage): Sent {
  const headers = Object.entries(asked.headers).map(([name, value]) => [
    name,
    fill(value, on).replaceAll(IN_HEADER, '').trim(),
  ]);
  return {
    method: asked.method,
    path: `/${fill(asked.path, on).replaceAll(IN_PATH, percent).replace(/^\/+/, '')}`,
    headers: Object.fromEntries(headers) as Record<string, string>,
    body:
      asked.body === ''
        ? undefined
        : Buffer.from(fill(asked.body, on), asked.way === 'latin1' ? 'latin1' : 'utf8'),
  };
}

/** As UTF-8, whatever the text. */
function percent(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString());
}

function checkProblem({ status, text }: Received): void {
  const { code, status: told } = JSON.parse(text) as { code: string; status: number };
  const kind = Object.hasOwn(refusals, code) ? refusals[code as keyof typeof refusals] : undefined;
  demand(kind?.status === status && told === status, 'code', () => `${status}: ${text}`);
}

function checkAnswer(sent: Sent, received: Received, { running, secrets, cookie, bearer }: Stage): void {
  const { status, text, headers } = received;
  const logs = (running.logs as string[]).splice(0).join(''); // an array, which would grow
  demand(status < 500, 'status', () => `${status} ${text.slice(0, 2_000)} ${logs.slice(0, 2_000)}`);
  const heard = text + JSON.stringify(headers);
  const seen = [...secrets, cookie.slice(cookie.indexOf('=') + 1), bearer].find(
    (secret) => heard.includes(secret) || logs.includes(secret),
  );
  demand(
    seen === undefined,
    'secret',
    () => `${String(seen)} in ${heard.slice(0, 2_000)} ${logs.slice(0, 2_000)}`,
  );
  if (sent.method === 'HEAD') return;
  const isApi = sent.path.startsWith(`${API_PATH}/`);
  if (String(headers['content-type']).startsWith('application/problem+json')) checkProblem(received);
  else demand(status < 400 || !isApi, 'code', () => `${status} without a problem document`);
  if (!isApi || sent.path.startsWith(`${API_PATH}/openapi.json`)) return;
  const path = sent.path.split(/[?#]/)[0] ?? '';
  // Who has no token is told so wherever it asks.
  if (status === 401) return;
  answers.check(sent.method.toLowerCase(), path, {
    ...received,
    headers: headers as Record<string, string>,
    json: JSON.parse(text === '' ? '{}' : text) as never, // it is checked there
  });
}

function textIn(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function askedOf(input: Json): Asked {
  const asked = isMembers(input) ? input : {};
  const headers = isMembers(asked['headers']) ? asked['headers'] : {};
  const port = textIn(asked['port']);
  return {
    port: port === 'resolve' || port === 'claim' ? port : 'public',
    method: textIn(asked['method']) || 'GET',
    path: textIn(asked['path']),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name.toLowerCase().replaceAll(/[^a-z-]/g, '') || 'x',
        textIn(value),
      ]),
    ),
    body: textIn(asked['body']),
    way: textIn(asked['way']),
  };
}

/** Asks as the input says, and looks at the answer. */
export async function ask(input: Json): Promise<void> {
  const on = await theStage();
  const asked = askedOf(input);
  const sent = sentOf(asked, on);
  const ways = asked.way === 'https' ? on.overHttps : on.send;
  checkAnswer(sent, await ways[asked.port as Port](sent), on);
}

const SHARE_HTTPS = 0.02;
/** Now and then over HTTPS. */
export function wayOf(random: Random): string {
  return random.chance(SHARE_HTTPS) ? 'https' : '';
}
