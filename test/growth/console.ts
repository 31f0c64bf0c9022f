/** What browsers, launchers, clients, the webhook, init containers and the identity provider can send to the console. */
import { createSecretKey } from 'node:crypto';
import type { Request, Response } from 'express';
import { annotations, SESSION_LABEL } from '#envelope/annotations.ts';
import { parseKid, parseOwnerId } from '#envelope/names.ts';
import { nodeCipher } from '#envelope/node-cipher.ts';
import { createCluster } from '../../console/cluster.ts';
import { createPodCheck } from '../../console/core/admitted-pod.ts';
import { loginClaims } from '../../console/core/owners.ts';
import { contentOf, parseContent } from '../../console/core/secret-content.ts';
import { sessionAnnotations } from '../../console/core/session-annotations.ts';
import type { SessionRow } from '../../console/core/stores.ts';
import { createTicketHash } from '../../console/core/ticket-hash.ts';
import { parseJson, parseWith } from '../../console/http/body.ts';
import { createIdentityProvider } from '../../console/identity-provider.ts';
import { claimBody, resolveBody } from '../../console/internal/schemas.ts';
import { createCallers } from '../../console/public/bearer.ts';
import { parseKnownName, parseName, parseQuery } from '../../console/public/routes.ts';
import {
  auditQuery,
  createForms,
  replaceForms,
  secretQuery,
  ticketQuery,
  ticketRequest,
} from '../../console/public/schemas.ts';
import { createSecretsRoutes } from '../../console/public/secrets.ts';
import { sha256Hex } from '../../console/sha256.ts';
import { createCookies } from '../../console/web/cookies.ts';
import { readForm, typedLines, type Form } from '../../console/web/forms.ts';
import { documentText, html } from '../../console/web/html.ts';
import { importForm } from '../../console/web/import-form.ts';
import { planImport } from '../../console/web/import-rules.ts';
import { mountLaunch } from '../../console/web/launch-page.ts';
import { parseLaunch } from '../../console/web/launch-request.ts';
import { returnPath } from '../../console/web/login.ts';
import type { FormRoute, PageRoutes } from '../../console/web/routing.ts';
import { endOfDay, nameProblem } from '../../console/web/rules.ts';
import { isOwnOrigin, isSameToken, type Visitor } from '../../console/web/visitors.ts';
import { json } from './envelope.ts';
import type { Subject } from './harness.ts';
import { steps, text, type Step } from './subject.ts';

const MAX_VALUE_BYTES = 64 * 1024;
/** Node takes no longer headers. */
const MAX_HEADER = 16_384;
const origin = 'https://console.example';
const ticketHash = createTicketHash({ sha256Hex, cipher: nodeCipher });
// Each stands for what the function in question reads of it.
function requestOf(parts: object): Request {
  return { query: {}, params: {}, headers: {}, ...parts } as unknown as Request;
}
const ignored = {} as unknown as Response;
const ownerId = parseOwnerId('0192f0c1-2b3c-7d4e-8f50-123456789abc')!;
const visitor: Visitor = { ownerId, sessionId: '', shownName: 'a', csrf: 'a'.repeat(32) };
function jsonRequest(body: string): Request {
  return requestOf({ body: Buffer.from(body), headers: { 'content-type': 'application/json' } });
}
const schemas = [
  ...Object.values(createForms),
  ...Object.values(replaceForms),
  ticketRequest,
  resolveBody,
  claimBody,
] as const;

/** The routes that a part of the page mounts. */
function formOf(mount: (routes: PageRoutes) => void): FormRoute {
  let found: FormRoute | undefined;
  mount({
    open: () => undefined,
    show: () => undefined,
    form: (_path: string, _name: string, route: FormRoute) => (found = route),
  } as unknown as PageRoutes);
  return found!;
}

const launchForm = formOf((routes) =>
  mountLaunch(routes, {
    secrets: { list: () => Promise.resolve([]) },
    visitors: {},
    origins: ['https://hub.example'],
    tickets: {
      issue: () => Promise.resolve({ ok: false, refusal: { code: 'secret_unknown', detail: '' } }),
    },
    audit: { append: () => Promise.resolve() },
    clock: () => 0,
    envEnabled: true,
  } as unknown as Parameters<typeof mountLaunch>[1]),
);

interface Fields {
  readonly picks: string[];
  readonly others: Map<string, string>;
}

const picks: Readonly<Record<string, Step<Fields>>> = {
  pick: ({ picks: list }, at) => list.push(`s${at}`),
  pickAgain: ({ picks: list }) => list.push('s'),
  variable: ({ picks: list, others }, at) => {
    list.push(`s${at}`);
    others.set(`as:s${at}`, 'variable').set(`to:s${at}`, `V${at}`);
  },
  renamed: ({ picks: list, others }, at) => {
    list.push(`s${at}`);
    others.set(`to:s${at}`, `f/${at}`);
  },
};

const choice: Readonly<
  Record<string, Step<{ secrets: string[]; files: object[]; env: object[]; containers: string[] }>>
> = {
  secret: ({ secrets }, at) => secrets.push(`s${at}`),
  file: ({ files, secrets }, at) => files.push({ name: secrets.at(-1) ?? 's', path: `f/${at}` }),
  variable: ({ env, secrets }, at) => env.push({ name: secrets.at(-1) ?? 's', variable: `V${at}` }),
  container: ({ containers }, at) => containers.push(`c${at}`),
};

const session = {
  sid: 'sid',
  secrets: Array.from({ length: 256 }, (_, at) => ({ name: `s${at}` })),
  launcher: undefined,
  ticketHash: ticketHash.of(''),
  ticketOnPod: true,
} as unknown as SessionRow;

const secretsRoutes = createSecretsRoutes({
  ownerOf: () => ownerId,
  maxValueBytes: MAX_VALUE_BYTES,
  clock: () => 0,
  writing: { delete: () => Promise.resolve({ ok: true }) },
  audit: { append: () => Promise.resolve() },
} as unknown as Parameters<typeof createSecretsRoutes>[0]);

const cookies = createCookies({
  keys: [{ kid: parseKid('A'.repeat(43))!, key: createSecretKey(Buffer.alloc(32)) }],
  clock: () => 0,
});

function answering(body: (url: string) => object) {
  return {
    call: ({ url }: { url: string }) =>
      Promise.resolve({ status: 200, headers: {}, body: Buffer.from(JSON.stringify(body(url))) }),
  };
}
const provider = createIdentityProvider(
  {
    client: answering((url) =>
      url.endsWith('configuration') ? { issuer: origin, jwks_uri: `${origin}/keys` } : { keys: [] },
    ),
    clock: () => 0,
    onUnavailable: () => undefined,
  },
  { issuer: origin, audience: 'a', tokenType: 'at+jwt', launcherClaims: ['email'] },
);
const callers = createCallers({ provider, owners: { enter: () => Promise.resolve(ownerId) } });

function multipart(rest: string): Request {
  return requestOf({
    body: Buffer.from(rest),
    headers: { 'content-type': 'multipart/form-data; boundary=XX' },
  });
}

export const consoleSubjects: readonly Subject[] = [
  text({
    covers: ['parseJson', 'parseWith', 'parseBody'].map((name) => `console/http/body.ts ${name}`),
    tokens: [...json, '"a":1,', '{"name":"a","path":"a"},', '"a",', '1,'],
    starts: [
      ['{"namespace":"n","secrets":['],
      ['{"namespace":"n","secrets":["a"],"files":['],
      ['{"namespace":"n","secrets":["a"],"containers":['],
      ['{"dryRun":true,"namespace":"n","serviceAccount":"s","pod":{},"variables":[],"names":['],
      ['{'],
    ],
    run: (body) => {
      const value = parseJson(jsonRequest(body));
      if (value.ok) for (const schema of schemas) parseWith(schema, value.value);
    },
  }),
  text({
    covers: [],
    tokens: ['application/json', ' ', ';', 'charset=utf-8', '\t', 'x', '='],
    starts: [['application/json']],
    most: MAX_HEADER,
    run: (type) => [
      parseJson(requestOf({ body: Buffer.from('{}'), headers: { 'content-type': type } })),
      readForm(requestOf({ body: Buffer.from('a=b'), headers: { 'content-type': type } })),
    ],
  }),
  text({
    covers: ['console/public/routes.ts parseQuery'],
    tokens: ['1', '0', '-', 'a', '.', '2026-01-01', 'T', ':', 'Z', '+', ' '],
    most: MAX_HEADER,
    run: (value) => {
      for (const schema of [secretQuery, ticketQuery, auditQuery])
        parseQuery(schema, requestOf({ query: { limit: value, after: value } }));
      return parseWith(replaceForms.value, { value: 'a', expiresAt: value });
    },
  }),
  text({
    covers: ['parseName', 'parseKnownName'].map((name) => `console/public/routes.ts ${name}`),
    tokens: ['a', '.', ' ', '/', '\0', 'é', '\uD800', 'ﬀ', '㋀'],
    run: (name) => {
      parseName(name);
      parseKnownName(requestOf({ params: { name } }));
      return [nameProblem(name), endOfDay(name), returnPath(name, origin)];
    },
  }),
  text({
    covers: ['console/public/secrets.ts If-Match'],
    tokens: ['"', 'W/', '1', ',', ' ', '*', 'a', '\t'],
    most: MAX_HEADER,
    run: (tag) =>
      secretsRoutes.deleteSecret(requestOf({ headers: { 'if-match': tag }, params: { name: 'a' } })),
  }),
  text({
    covers: ['console/web/cookies.ts Cookie'],
    tokens: ['__Host-twofold=', ';', ' ', '=', 'a', '.', 'eyJ', '{"alg":"dir"'],
    starts: [
      ['__Host-twofold='],
      ['__Host-twofold=', Buffer.from('{"alg":"dir","enc":"A256GCM"}').toString('base64url')],
    ],
    most: MAX_HEADER,
    run: (cookie) => cookies.read(requestOf({ headers: { cookie } }), { name: 'twofold', lifeSeconds: 1 }),
  }),
  text({
    covers: ['console/public/bearer.ts Authorization', 'console/identity-provider.ts verify'],
    tokens: ['Bearer ', 'a', '=', '.', '~', ' ', 'eyJhbGciOiJFZERTQSJ9', 'e30'],
    starts: [['Bearer '], ['Bearer ', 'eyJhbGciOiJFZERTQSJ9', '.']],
    most: MAX_HEADER,
    run: (authorization) =>
      callers.identify(requestOf({ headers: { authorization } }), ignored, () => undefined),
  }),
  text({
    covers: ['console/web/forms.ts readForm'],
    tokens: [
      '--XX',
      '\r\n',
      '--',
      '\r',
      '\n',
      'a',
      'X',
      ';',
      '"',
      '=',
      ':',
      ' ',
      'Content-Disposition: form-data; name="a"',
      'filename="b"',
      "name*=utf-8''%41",
      'Content-Type: text/plain',
      '--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n',
    ],
    starts: [
      ['--XX', '\r\n'],
      ['--XX', '\r\n', 'Content-Disposition: form-data; name="a"', '\r\n\r\n'],
    ],
    run: (body) => readForm(multipart(`${body}\r\n--XX--\r\n`)),
  }),
  text({
    covers: ['console/web/forms.ts typedLines'],
    tokens: ['a', '=', '&', '%', '%41', '+', 'é', '\r\n', '\r'],
    run: (body) => {
      typedLines(body);
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      return readForm(requestOf({ body: Buffer.from(body), headers }));
    },
  }),
  text({
    covers: ['console/web/import-rules.ts planImport'],
    tokens: ['A', '=', 'A=', '\n', '<', "'", '"', '&', ' ', '#', 'export '],
    run: (content) => {
      const plan = planImport(content, new Map(), MAX_VALUE_BYTES);
      return documentText(importForm({ content, plan, maxBytes: MAX_VALUE_BYTES, visitor }));
    },
  }),
  text({
    covers: ['console/web/html.ts html'],
    tokens: ['<', '>', '&', '"', "'", 'a', '\n', '&amp;'],
    run: (value) => documentText(html`<p title="${value}">${[value, html`<b>${value}</b>`]}</p>`),
  }),
  text({
    covers: ['console/web/launch-request.ts parseLaunch'],
    tokens: ['https://', 'hub.example', 'a', '.', '/', '?', '#', '@', ':', '%41', 'xn--', 'é', '[', '\t'],
    starts: [['https://'], ['https://', 'xn--'], ['https://', 'hub.example', '/']],
    most: MAX_HEADER,
    run: (value) => {
      parseLaunch({ return_to: value, namespace: value }, ['https://hub.example']);
      return parseLaunch(
        { return_to: 'https://hub.example', namespace: 'n', pod: value, service_account: value },
        ['https://hub.example'],
      );
    },
  }),
  steps({
    covers: ['console/web/launch-page.ts form'],
    tokens: Object.values(picks),
    draft: (): Fields => ({ picks: [], others: new Map() }),
    run: ({ picks: list, others }) => {
      const form: Form = {
        text: (name) => (name === 'path' ? '/secrets' : (others.get(name) ?? '')),
        texts: (name) => (name === 'pick' ? list : []),
        file: () => undefined,
      };
      const query = { return_to: 'https://hub.example', namespace: 'n' };
      const request = requestOf({ query, originalUrl: '/launch' });
      return launchForm.submit({ request, response: ignored, form, visitor });
    },
  }),
  steps({
    covers: [
      'console/core/session-annotations.ts sessionAnnotations',
      ...['parseFileList', 'parseVariableList'].map((name) => `envelope/selection.ts ${name}`),
    ],
    tokens: Object.values(choice),
    draft: () => ({ secrets: ['s'], files: [], env: [], containers: [] }),
    run: (chosen) => sessionAnnotations(chosen as unknown as Parameters<typeof sessionAnnotations>[0]),
  }),
  text({
    covers: ['console/core/admitted-pod.ts createPodCheck'],
    tokens: ['s1', 's2', ',', 's1,', '=', 'a/', 'A=', ' '],
    starts: [['s1', '=']],
    run: (selection) => {
      const labels = { [SESSION_LABEL]: 'sid' };
      const texts = {
        [annotations.files.key]: selection,
        [annotations.variables.key]: selection,
        [annotations.ticket.key]: selection,
      };
      return createPodCheck({ ticketHash })({ uid: 'u', labels, annotations: texts }, session, 'u');
    },
  }),
  text({
    covers: ['parseContent', 'contentOf'].map((name) => `console/core/secret-content.ts ${name}`),
    tokens: ['a', 'A', '=', '\n', '\uD800', '\uDC00', 'é', '.', '-', '\0'],
    run: (value) => {
      parseContent({ value }, MAX_VALUE_BYTES);
      parseContent({ valueBase64: value }, MAX_VALUE_BYTES);
      contentOf(Buffer.from(value), MAX_VALUE_BYTES);
      return parseContent({ envelope: value, size: 1, envSafe: true }, MAX_VALUE_BYTES);
    },
  }),
  text({
    covers: [
      'console/core/owners.ts loginClaims',
      ...['isOwnOrigin', 'isSameToken'].map((name) => `console/web/visitors.ts ${name}`),
      'console/cluster.ts createCluster',
    ],
    tokens: [...json, '"a":"b",'],
    starts: [['{"sub":"s",'], ['{"metadata":{"uid":"u","labels":{']],
    run: async (body) => {
      isSameToken(visitor, body);
      isOwnOrigin(requestOf({ headers: { origin: body, 'sec-fetch-site': body } }), origin);
      const object = JSON.parse(body) as Record<string, unknown>;
      loginClaims(object, ['email', 'groups']);
      const api = {
        get: () => Promise.resolve({ ok: true, object }),
        create: () => Promise.resolve({ ok: true, object }),
      };
      const cluster = createCluster(api as unknown as Parameters<typeof createCluster>[0]);
      await cluster.getPod('n', 'p');
      await cluster.reviewToken('t', 'a');
    },
  }),
];
