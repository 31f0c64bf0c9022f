/** What the page reads of a browser, by its own functions: forms, cookies, the query of a launcher, where a login leads. */
import { createSecretKey, randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Request, Response } from 'express';
import { parseInstant } from '#envelope/expiry.ts';
import { decodeImport, planImport } from '#envelope/import-plan.ts';
import { parseKid } from '#envelope/names.ts';
import { looksLikeValue, parseNote } from '#envelope/note.ts';
import { parseContent, parseName } from '../../console/core/secret-content.ts';
import { parseWith, parseJson } from '../../console/http/body.ts';
import { parseQuery } from '../../console/public/routes.ts';
import { auditQuery } from '../../console/public/schemas.ts';
import { secretQuery } from '../../console/public/secret-schemas.ts';
import { ticketQuery } from '../../console/public/ticket-schemas.ts';
import { createCookies, type Cookies } from '../../console/web/cookies.ts';
import { readForm, typedLines } from '../../console/web/forms.ts';
import { documentText } from '../../console/web/html.ts';
import { importForm } from '../../console/web/import-form.ts';
import { noteProblem } from '../../console/web/shared/rules.ts';
import { expiryOf, inZone } from '../../console/web/shared/expiry-field.ts';
import { parseLaunch } from '../../console/web/launch-request.ts';
import { listPath, parseListQuery, type ListQuery } from '../../console/web/list-query.ts';
import { returnPath } from '../../console/web/login.ts';
import { multipart } from '../../console/testing/page-person.ts';
import { refusals } from '../../console/refusals.ts';
import { demand, type Subject } from './harness.ts';
import { mutateText, type Json } from './mutate.ts';
import type { Random } from './random.ts';
import { textSubject } from './text.ts';

const MAX_VALUE_BYTES = 64 * 1024;
const origin = 'https://console.example';

// Each stands for what the function in question reads of it.
function requestOf(parts: object): Request {
  return { query: {}, params: {}, headers: {}, ...parts } as unknown as Request;
}

/** Of a refusal: a code of the table. */
function stable(outcome: { ok: true } | { ok: false; refusal: { code: string } }): void {
  if (!outcome.ok) demand(Object.hasOwn(refusals, outcome.refusal.code), 'code', () => outcome.refusal.code);
}

async function cookieOf(cookies: Cookies): Promise<string> {
  let line = '';
  const response = { append: (_name: string, value: string) => (line = value) };
  await cookies.write(response as unknown as Response, kind, content);
  return line.slice(0, line.indexOf(';'));
}

const kind = { name: 'twofold', lifeSeconds: 1_000 };
const content = { sid: 's', own: 'o', nam: 'n', csrf: 'c' };
function cookiesOf(): Cookies {
  return createCookies({
    keys: [{ kid: parseKid('A'.repeat(43))!, key: createSecretKey(randomBytes(32)) }],
    clock: () => 0,
  });
}
const cookies = cookiesOf();
const own = await cookieOf(cookies);
const foreign = await cookieOf(cookiesOf());

const crlf = '\r\n';
const parts = {
  field: (name: string, value: string) =>
    `--X${crlf}Content-Disposition: form-data; name="${name}"${crlf}${crlf}${value}${crlf}`,
  end: `--X--${crlf}`,
};
const forms = [
  multipart({ csrf: 'c', content: 'A=b', do: 'import' }, 'A=b\n').body.toString('latin1'),
  multipart({}, Buffer.from([0, 255, 13, 10, 45, 45])).body.toString('latin1'),
  parts.field('a', 'b') + parts.field('a', 'c') + parts.end,
];
const encoded = [
  'a=b&c=d',
  'csrf=x&name=a&value=b%0D%0Ac&keptFile=&expires=',
  'pick=a&pick=b&to%3Aa=f&as%3Aa=variable&path=%2Fsecrets',
];
const types = [
  'multipart/form-data; boundary=X',
  'application/x-www-form-urlencoded',
  'application/x-www-form-urlencoded; charset=utf-8',
];

const partTokens = [
  '--X',
  crlf,
  '--',
  '\r',
  '\n',
  'X',
  ';',
  '"',
  '=',
  ':',
  'name=',
  'filename="b"',
  "name*=utf-8''%41",
  'Content-Type: text/plain',
  'Content-Transfer-Encoding: base64',
  'Content-Disposition: form-data; name="a"',
  parts.field('a', 'b'),
  parts.end,
];

/** `[type, body]`, the body's characters its bytes. */
function formOf(random: Random): Json {
  const isMultipart = random.chance(0.7);
  const type = isMultipart ? types[0]! : random.pick(types.slice(1));
  const body = mutateText(
    random,
    random.pick(isMultipart ? forms : encoded),
    isMultipart ? partTokens : ['&', '=', '%', '%41', '+'],
  );
  return [random.chance(0.1) ? mutateText(random, type, ['boundary=', ';', '"', 'charset=']) : type, body];
}

async function formRead(input: Json): Promise<void> {
  const [type, body] = Array.isArray(input) ? input.map(String) : [];
  const bytes = Buffer.from(body ?? '', 'latin1');
  const read = await readForm(requestOf({ body: bytes, headers: { 'content-type': type ?? '' } }));
  stable(read);
  if (read.ok)
    for (const name of ['a', 'csrf', ''])
      [read.value.text(name), read.value.texts(name), read.value.file(name)];
  const taken = /^(application\/x-www-form-urlencoded|multipart\/form-data)\s*(;|$)/i.test(type ?? '');
  demand(!taken || bytes.every((byte) => byte === 0), 'wiped', () => 'bytes of a form stay');
}

const launches = [
  'return_to=https://hub.example/x&namespace=n',
  'return_to=https://hub.example&namespace=n&pod=nb-*&service_account=s&mode=form',
  'return_to=https://hub.example:8443/hub?x=y&namespace=a-b&mode=message',
  'return_to=https://hub.example&namespace=n&containers=notebook,side',
];
const origins = ['https://hub.example', 'https://hub.example:8443'];

export const pageSubjects: readonly Subject[] = [
  {
    name: 'forms, multipart and urlencoded',
    covers: ['console/web/forms.ts readForm'],
    make: formOf,
    run: formRead,
  },
  textSubject({
    name: 'cookies',
    covers: [],
    corpus: [own, foreign, `a=b; ${own}; c=d`, `${foreign}; ${own}`],
    tokens: ['__Host-twofold=', ';', ' ', '=', '.', 'eyJ', '..'],
    run: async (cookie) => {
      const request = requestOf({ headers: { cookie } });
      const { exp, ...read } = (await cookies.read(request, kind)) ?? { exp: undefined };
      demand(exp === undefined || isDeepStrictEqual(read, content), 'forged', () => cookie);
      const asLogin = await cookies.read(request, { name: 'twofold-login', lifeSeconds: 1 });
      demand(asLogin === undefined, 'forged', () => cookie);
    },
  }),
  textSubject({
    name: 'queries of launchers',
    covers: ['console/web/launch-request.ts parseLaunch'],
    corpus: launches,
    tokens: [
      'https://',
      'hub.example',
      '.',
      '/',
      '?',
      '#',
      '@',
      ':',
      '%41',
      'xn--',
      'é',
      '[',
      '\t',
      '&',
      '=',
      'return_to=',
      '\\',
      'http://localhost',
    ],
    run: (query) => {
      const parsed = parseLaunch(Object.fromEntries(new URLSearchParams(query)), origins);
      if (!parsed.ok) {
        stable(parsed);
        return;
      }
      const { returnTo } = parsed.value;
      demand(origins.includes(returnTo.origin) && returnTo.username === '', 'origin', () => returnTo.href);
    },
  }),
  textSubject({
    name: 'orders and pages of the list',
    covers: ['console/web/list-query.ts parseListQuery'],
    corpus: ['name', '-used', 'expires', '1', '20', 'db-'],
    tokens: ['-', 'name', 'size', '0', '9', ' ', '&', '%', 'constructor', '\0'],
    run: (given) => {
      const query = parseListQuery(() => given);
      const { searchParams } = new URL(listPath(query), origin);
      const again = parseListQuery((name) => searchParams.get(name) ?? '');
      const known = ({ sort, descending, page }: ListQuery) => [sort, descending, page].join();
      demand(known(again) === known(query), 'stable', () => given);
    },
  }),
  textSubject({
    name: 'where a login leads',
    covers: [],
    corpus: [
      '/secrets',
      '/secret/a.b/replace',
      '/launch?return_to=https://hub.example&namespace=n',
      '//evil.example',
      '/\\evil.example',
      'https://evil.example/secrets',
    ],
    tokens: [
      '/',
      '//',
      '\\',
      'evil.example',
      '?',
      '#',
      '@',
      ':',
      '..',
      '%2e',
      '\t',
      'https:',
      '/secrets',
      'javascript:',
    ],
    run: (to) => {
      const path = returnPath(to, origin);
      const url = new URL(path, origin);
      demand(url.origin === origin && /^\/[a-z]/.test(path), 'origin', () => path);
      const [plain = ''] = path.split('?');
      demand(plain === url.pathname && !/[\s\\]/.test(plain), 'path', () => path);
    },
  }),
  textSubject({
    name: 'imports',
    covers: ['envelope/import-plan.ts planImport'],
    corpus: ['A=b\nC="d"\n', 'A=<b>\n&="x"', "A='<script>'\nA=2", `A=${'x'.repeat(70_000)}`],
    tokens: ['A', '=', 'A=', '\n', '<', '>', "'", '"', '&', ' ', '#', 'export ', '</textarea>'],
    slice: 200,
    run: (content) => {
      const plan = planImport(typedLines(content), { versions: new Map([['A', 1]]) });
      const visitor = { ownerId: '' as never, sessionId: '', shownName: 'a', csrf: 'c' };
      const form = { content, maxBytes: MAX_VALUE_BYTES, visitor };
      const page = documentText(importForm(form)) + documentText(importForm({ ...form, plan }));
      demand(page.split('<textarea').length === 2 && page.split('</textarea').length === 2, 'markup', () =>
        page.slice(0, 2_000),
      );
    },
  }),
  textSubject({
    name: 'files to import, a character for each byte',
    covers: ['envelope/import-plan.ts decodeImport'],
    corpus: [
      'A=b\n',
      '\xff\xfeA\0=\0b\0',
      '\xfe\xff\0A\0=\0b',
      '\xef\xbb\xbfA=b\r\n',
      'A=p\xe4ss\rB=c',
      'A\0=\0',
    ],
    tokens: ['A', '=', '\0', '\xff', '\xfe', '\xef\xbb\xbf', '\n', '\r', '\xe4'],
    run: (text) => {
      const bytes = Buffer.from(text, 'latin1');
      const decoded = decodeImport(bytes);
      const lines = text.split(/\r\n?|\n/).length;
      if (!decoded.ok) demand((decoded.refused.line ?? 1) <= lines, 'lines', () => decoded.refused.code);
    },
  }),
  textSubject({
    name: 'notes, days and instants',
    covers: ['envelope/note.ts parseNote', 'envelope/expiry.ts parseInstant'],
    corpus: [
      'of the lab',
      'token=x',
      'https://a:b@c',
      '2027-01-31',
      '2027-02-30',
      '2027-01-31T23:00:00.000Z',
    ],
    tokens: ['a', '=', ':', '@', '-', '1', '31', 'T', 'Z', '\u202e', '\ud83d', '漢', '\0', 'Europe/Zurich'],
    run: (input) => {
      const note = parseNote(input);
      demand(note === undefined || parseNote(note) === note, 'stable', () => input);
      demand((note === undefined) === (noteProblem(input) !== undefined), 'told', () => input);
      looksLikeValue(note ?? '');
      for (const typed of [
        { day: input, zone: input, stored: input },
        { day: input, zone: 'Asia/Tokyo', stored: '' },
        { day: '2027-01-31', zone: 'Asia/Tokyo', stored: input },
      ]) {
        const expiry = expiryOf(typed);
        if (typeof expiry !== 'number') continue;
        demand(inZone(typed, typed.zone).day === typed.day, 'day', () => input);
        const text = new Date(expiry).toISOString();
        demand(parseInstant(text) === expiry, 'instant', () => text);
      }
    },
  }),
  textSubject({
    name: 'names and queries of the API',
    covers: ['console/core/secret-content.ts parseName', 'console/public/routes.ts parseQuery'],
    corpus: ['a', 'a.b', '1', '50', '2026-01-01', '0192f0c1-2b3c-7d4e-8f50-123456789abc', '200'],
    tokens: ['a', '.', '1', '-', '0', 'e', ' ', '/'],
    run: (text) => {
      stable(parseName(text));
      for (const schema of [secretQuery, ticketQuery, auditQuery]) {
        stable(parseQuery(schema, requestOf({ query: { limit: text } })));
        stable(parseQuery(schema, requestOf({ query: { after: text, [text]: text } })));
        stable(parseQuery(schema, requestOf({ query: { secret: text, session: text } })));
      }
    },
  }),
  textSubject({
    name: 'values as they are sent',
    covers: [
      'console/core/secret-content.ts parseContent',
      'console/http/body.ts parseJson',
      'console/http/body.ts parseWith',
    ],
    corpus: ['value', 'dmFsdWU=', '\ud83d\ude00', 'a\0b', '{"value":"a"}'],
    tokens: ['a', 'A', '=', '\n', '\ud800', '\udc00', '.', '-', '\0', '+', '/'],
    run: (text) => {
      for (const input of [
        { value: text },
        { valueBase64: text },
        { envelope: text, size: 1, envSafe: true },
      ])
        stable(parseContent(input, MAX_VALUE_BYTES));
      const bytes = Buffer.from(text);
      const json = parseJson(requestOf({ body: bytes }));
      stable(json);
      demand(
        bytes.every((byte) => byte === 0),
        'wiped',
        () => 'bytes of a body stay',
      );
      if (json.ok) stable(parseWith(secretQuery, json.value));
    },
  }),
];
