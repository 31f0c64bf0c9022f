/**
 * Every address of the console, with bodies, forms, queries, cookies and tokens that are nearly right: the whole service
 * as it is started, with a real database; mostly without a connection, and now and then over HTTPS.
 */
import { PAGE_API_PATH } from '../../console/web/shared/addresses.ts';
import { API_PATH } from '../../console/public/openapi.ts';
import { PUBLIC_URL } from '../../console/testing/console.ts';
import { multipart } from '../../console/testing/page-person.ts';
import { NAMESPACE, resolveBody } from '../../console/testing/session.ts';
import { ask, wayOf } from './console-asking.ts';
import { LAUNCHER, type Port } from './console-stage.ts';
import type { Subject } from './harness.ts';
import { mutateText, type Json } from './mutate.ts';
import type { Random } from './random.ts';
import { bodies } from './services.ts';

const json = { 'content-type': 'application/json' };
const asOwner = { authorization: 'Bearer {{bearer}}' };
const asVisitor = {
  cookie: '{{cookie}}',
  origin: PUBLIC_URL,
  'sec-fetch-site': 'same-origin',
  'x-twofold-csrf': '{{csrf}}',
};

const values = [
  { value: 'v' },
  { value: 'é'.repeat(100), expiresAt: '2030-01-01T00:00:00Z' },
  { valueBase64: 'dmFsdWU=' },
  { envelope: 'a.b.c.d.e', size: 1, envSafe: true },
] as Json[];
const named = ['a', 'b', 'c', 'new-one', '..', 'A.b_c-d'].flatMap((name) =>
  values.map((value) => ({ name, ...(value as object) })),
);
const ticketBodies = [
  { namespace: NAMESPACE, secrets: ['a'] },
  {
    namespace: NAMESPACE,
    serviceAccount: 'default',
    secrets: ['a', 'b'],
    files: [{ name: 'a', path: 'f/g' }],
    env: [{ variable: 'A', name: 'b' }],
    mountPath: '/s',
    containers: ['*'],
    fileMode: '0400',
    pod: 'nb-*',
    uses: 1,
    ttlSeconds: 60,
  },
  { namespace: 'n', secrets: ['db-password'], containers: ['main', 'side'], pod: 'nb-0' },
] as Json[];
const resolves = [
  resolveBody({ ticket: '{{ticket}}', names: ['a'] }),
  resolveBody({ ticket: '{{ticket}}', names: ['a', 'b'], variables: ['b'], dryRun: true }),
  resolveBody({ launcher: { username: 'system:serviceaccount:hub:hub', user: 'alice' } }),
] as Json[];
const claims = [{ grant: '{{grant}}' }, { grant: '{{ticket}}' }, { grant: 'eyJ.eyJ.A' }] as Json[];
const nameTokens = [
  'a',
  'b',
  '..',
  '.',
  '-',
  '{{ticket}}',
  '{{grant}}',
  '{{csrf}}',
  '2030-01-01T00:00:00Z',
  'nb-*',
];

interface JsonRoute {
  readonly name: string;
  readonly method: string;
  readonly paths: readonly string[];
  readonly port?: Port;
  readonly headers: Readonly<Record<string, string>>;
  readonly corpus: readonly Json[];
  readonly covers?: readonly string[];
}

function jsonRoute({
  name,
  method,
  paths,
  port = 'public',
  headers,
  corpus,
  covers = [],
}: JsonRoute): Subject {
  const body = bodies(corpus, nameTokens);
  return {
    name,
    covers: ['console/http/body.ts parseBody', ...covers],
    slice: 80,
    make: (random) => ({
      port,
      method,
      path: random.pick(paths),
      headers: {
        ...json,
        ...headers,
        ...(random.chance(0.03)
          ? { 'content-type': mutateText(random, 'application/json; charset=utf-8') }
          : {}),
      },
      body: body(random),
      way: wayOf(random),
    }),
    run: ask,
  };
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const LAUNCH = `/launch?return_to=${encodeURIComponent(LAUNCHER)}&namespace=${NAMESPACE}`;

interface FormRoute {
  readonly name: string;
  readonly path: string;
  readonly fields: readonly Readonly<Record<string, string>>[];
}

const formRoutes: readonly FormRoute[] = [
  {
    name: 'the form that adds a secret',
    path: '/new',
    fields: [
      { name: 'f', value: 'v' },
      { name: 'a', value: '', keptFile: 'dg==', expires: '2030-01-01' },
    ],
  },
  {
    name: 'the form that replaces one',
    path: '/secret/a/replace',
    fields: [
      { value: 'v', version: '1' },
      { value: '', version: '0', keptFile: '!' },
    ],
  },
  {
    name: 'the form that deletes one',
    path: '/secret/gone/delete',
    fields: [{ version: '1' }, { version: '-1' }],
  },
  {
    name: 'the form that imports',
    path: '/import',
    fields: [
      { content: 'A=b\nB="c"', do: 'look' },
      { content: 'A=b', do: 'import', seen: 'A 0' },
    ],
  },
  {
    name: 'the form of /launch',
    path: LAUNCH,
    fields: [
      { pick: 'a', path: '/secrets', 'as:a': 'file', 'to:a': 'f' },
      { pick: 'b', path: '/s', 'as:b': 'variable', 'to:b': 'V' },
    ],
  },
  {
    name: 'the form that revokes a ticket',
    path: '/ticket/0192f0c1-2b3c-7d4e-8f50-123456789abc',
    fields: [{}, { x: 'y' }],
  },
  { name: 'the form that logs out', path: '/logout', fields: [{}, { x: 'y' }] },
];

function formBody(random: Random, fields: Readonly<Record<string, string>>): { type: string; body: string } {
  const all: Record<string, string> = { ...fields, ...(random.chance(0.9) ? { csrf: '{{csrf}}' } : {}) };
  for (const name of Object.keys(all))
    if (name !== 'csrf' && random.chance(0.4))
      all[name] = mutateText(random, all[name] ?? '', ['\r\n', 'a', 'A=b', '1']);
  if (random.chance(0.3)) {
    const { type, body } = multipart(all, mutateText(random, 'A=b\n'));
    const text = body.toString('latin1');
    return {
      type,
      body: random.chance(0.4) ? mutateText(random, text, ['--X', '\r\n', '"', 'filename="x"']) : text,
    };
  }
  // What braces hold is filled in later.
  const text = new URLSearchParams(all).toString().replaceAll(/%7B%7B(\w+)%7D%7D/g, '{{$1}}');
  return {
    type: FORM['content-type'],
    body: random.chance(0.4) ? mutateText(random, text, ['&', '=', '%', '+', 'csrf=']) : text,
  };
}

function formRoute({ name, path, fields }: FormRoute): Subject {
  return {
    name,
    covers: ['console/web/forms.ts readForm', 'console/web/shared/rules.ts planImport'],
    // Seven forms, one parser.
    inputs: 20_000,
    slice: 50,
    make: (random) => {
      const { type, body } = formBody(random, random.pick(fields));
      const headers = { ...asVisitor, 'content-type': type };
      // A form that logs out is not this person's: the cookie must last.
      const who =
        path === '/logout' ? { ...headers, cookie: mutateText(random, '__Host-twofold=eyJ') } : headers;
      return {
        port: 'public',
        method: 'POST',
        path: random.chance(0.1) ? mutateText(random, path) : path,
        headers: who,
        body,
        way: 'latin1',
      };
    },
    run: ask,
  };
}

const addresses: readonly (readonly [method: string, path: string])[] = [
  ...[
    '/login',
    '/me',
    '/secrets',
    '/secrets?limit=2&after=a',
    '/tickets',
    '/tickets?limit=2&after={{jti}}',
    '/tickets/{{jti}}',
    '/audit',
    '/audit?limit=5&after=9&secret=a&session=nb-0',
    '/openapi.json',
    '/nowhere',
  ].map((path) => ['GET', API_PATH + path] as const),
  ['DELETE', `${API_PATH}/secrets/gone`],
  ['DELETE', `${API_PATH}/tickets/0192f0c1-2b3c-7d4e-8f50-123456789abc`],
  ['POST', `${API_PATH}/secrets/n/sealing`],
  ['GET', `${PAGE_API_PATH}/secrets?limit=3`],
  ['POST', `${PAGE_API_PATH}/secrets/n/sealing`],
  ...[
    '/',
    '/?out',
    '/secrets',
    '/secrets?filter=a&after=b',
    '/secret/a',
    '/secret/a/replace',
    '/secret/a/delete',
    '/new?name=x',
    '/import',
    '/activity?after=3',
    '/activity?secret=a&session=nb-0',
    '/tickets',
    '/tickets?after={{jti}}',
    '/ticket/{{jti}}',
    LAUNCH,
    `${LAUNCH}&pod=nb-*&mode=form`,
    '/login?to=/new',
    '/login/callback?code=c&state=s',
    '/login/done',
    '/logout/done',
    '/session',
    '/nowhere',
  ].map((path) => ['GET', path] as const),
  ['POST', '/csp-report'],
  ['PATCH', `${API_PATH}/secrets`],
];

const headerValues: Readonly<Record<string, readonly string[]>> = {
  authorization: ['Bearer {{bearer}}', 'Bearer {{token}}', 'Bearer eyJ.eyJ.A', 'Basic eDp5', 'Bearer'],
  cookie: [
    '{{cookie}}',
    '__Host-twofold=eyJ',
    '{{cookie}}; __Host-twofold-login=eyJ.A.B.C.D; __Host-twofold-said=x',
  ],
  'if-match': ['"1"', '*', 'W/"1"', '"1", "2"', '1'],
  'if-none-match': ['"x"', '*'],
  origin: [PUBLIC_URL, 'https://evil.example', 'null'],
  'sec-fetch-site': ['same-origin', 'cross-site'],
  'sec-fetch-dest': ['iframe', 'document'],
  accept: ['text/html', '*/*', 'application/json'],
  'content-type': ['application/json', 'text/plain'],
  'x-twofold-csrf': ['{{csrf}}', 'x'],
};

/** An address of any route, with headers of any kind. */
function addressOf(random: Random): Json {
  const [method, path] = random.pick(addresses);
  const isApi = path.startsWith(API_PATH);
  const headers: Record<string, string> = random.chance(0.8)
    ? { ...(isApi ? asOwner : asVisitor), accept: isApi ? 'application/json' : 'text/html' }
    : {};
  while (random.chance(0.5)) {
    const name = random.pick(Object.keys(headerValues));
    const value = random.pick(headerValues[name]!);
    headers[name] = random.chance(0.5)
      ? mutateText(random, value, ['"', ',', ';', ' ', 'W/', '=', '.'])
      : value;
  }
  const changed = random.chance(0.6)
    ? mutateText(random, path, ['/', '?', '&', '=', '%', '%2F', '%00', '%ff', '..', 'limit=', 'after=', '#'])
    : path;
  return {
    port: 'public',
    method: random.chance(0.05) ? random.pick(['HEAD', 'PUT', 'OPTIONS', 'TRACE']) : method,
    path: changed,
    headers,
    body: '',
    way: wayOf(random),
  };
}

export const consoleSubjects: readonly Subject[] = [
  jsonRoute({
    name: 'POST /secrets',
    method: 'POST',
    paths: [`${API_PATH}/secrets`, `${PAGE_API_PATH}/secrets`],
    headers: { ...asOwner, ...asVisitor },
    corpus: named,
  }),
  jsonRoute({
    name: 'PUT /secrets/{name}',
    method: 'PUT',
    paths: [`${API_PATH}/secrets/a`, `${PAGE_API_PATH}/secrets/b`, `${API_PATH}/secrets/gone`],
    headers: { ...asOwner, ...asVisitor },
    corpus: values,
  }),
  jsonRoute({
    name: 'POST /tickets',
    method: 'POST',
    paths: [`${API_PATH}/tickets`],
    headers: asOwner,
    corpus: ticketBodies,
  }),
  jsonRoute({
    name: 'POST resolve',
    method: 'POST',
    port: 'resolve',
    paths: ['/internal/v1/resolve'],
    headers: {},
    corpus: resolves,
  }),
  jsonRoute({
    name: 'POST claim',
    method: 'POST',
    port: 'claim',
    paths: ['/internal/v1/claim'],
    headers: { authorization: 'Bearer {{token}}' },
    corpus: claims,
  }),
  { name: 'addresses, queries and headers', covers: [], slice: 250, make: addressOf, run: ask },
  ...formRoutes.map(formRoute),
];
