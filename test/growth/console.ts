/** What clients, the webhook, init containers and the identity provider can send to the console; page.ts has its page. */
import type { Request, Response } from 'express';
import { annotations, SESSION_LABEL } from '#envelope/annotations.ts';
import { parseOwnerId } from '#envelope/names.ts';
import { looksLikeValue, parseNote } from '#envelope/note.ts';
import { nodeCipher } from '#envelope/node-cipher.ts';
import { createCluster } from '../../console/cluster.ts';
import { createPodCheck } from '../../console/core/claiming-pod.ts';
import { loginClaims } from '../../console/core/owners.ts';
import { parseContent, parseName } from '../../console/core/secret-content.ts';
import { sessionAnnotations } from '../../console/core/session-annotations.ts';
import type { SessionRow } from '../../console/core/stores.ts';
import { createTicketHash } from '../../console/core/ticket-minting.ts';
import { parseJson, parseWith } from '../../console/http/body.ts';
import { createIdentityProvider } from '../../console/identity-provider.ts';
import { createCallers } from '../../console/public/bearer.ts';
import { parseQuery } from '../../console/public/routes.ts';
import { auditQuery } from '../../console/public/schemas.ts';
import { replaceForms, secretQuery } from '../../console/public/secret-schemas.ts';
import { createSecretsRoutes } from '../../console/public/secrets.ts';
import { ticketQuery } from '../../console/public/ticket-schemas.ts';
import { readForm } from '../../console/web/forms.ts';
import { returnPath } from '../../console/web/login.ts';
import { nameProblem, noteProblem } from '../../console/web/shared/rules.ts';
import { expiryOf } from '../../console/web/shared/expiry-field.ts';
import { isOwnOrigin, isSameToken, type Visitor } from '../../console/web/visitors.ts';
import { sha256Hex } from '../hashes.ts';
import { json } from './envelope.ts';
import type { Subject } from './harness.ts';
import { steps, text, type Step } from './subject.ts';
import { bodySchemas } from '../body-schemas.ts';

export const MAX_VALUE_BYTES = 64 * 1024;
/** Node accepts no longer headers. */
export const MAX_HEADER = 16_384;
const origin = 'https://console.example';
const ticketHash = createTicketHash({ sha256Hex, cipher: nodeCipher });
// Each has only what the tested function reads.
export function requestOf(parts: object): Request {
  return { query: {}, params: {}, headers: {}, ...parts } as unknown as Request;
}
export const ignored = {} as unknown as Response;
const ownerId = parseOwnerId('0192f0c1-2b3c-7d4e-8f50-123456789abc')!;
export const visitor: Visitor = { ownerId, sessionId: '', shownName: 'a', csrf: 'a'.repeat(32) };
function jsonRequest(body: string): Request {
  return requestOf({ body: Buffer.from(body), headers: { 'content-type': 'application/json' } });
}
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
  cases: { deleteSecret: () => Promise.resolve({ ok: true }) },
} as unknown as Parameters<typeof createSecretsRoutes>[0]);

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
    onFailure: () => undefined,
  },
  { issuer: origin, audience: 'a', tokenType: 'at+jwt', clientIds: [], launcherClaims: ['email'] },
);
const callers = createCallers({ provider, owners: { enter: () => Promise.resolve(ownerId) } });

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
      if (value.ok) for (const schema of bodySchemas) parseWith(schema, value.value);
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
    covers: ['console/core/secret-content.ts parseName'],
    tokens: ['a', '.', ' ', '/', '\0', 'é', '\uD800', 'ﬀ', '㋀'],
    run: (name) => {
      parseName(name);
      return [nameProblem(name), noteProblem(name), returnPath(name, origin)];
    },
  }),
  text({
    covers: ['envelope/note.ts parseNote', 'envelope/expiry.ts parseInstant'],
    tokens: [
      'a',
      '1',
      'A',
      ' ',
      '=',
      ':',
      '/',
      '@',
      '-',
      '.',
      '://',
      'token',
      '2027-01-31',
      'T',
      '漢',
      '\uD800',
    ],
    starts: [['https://'], ['pass', '=']],
    run: (value) => [
      looksLikeValue(parseNote(value) ?? ''),
      expiryOf({ day: value, zone: value, stored: value }),
      expiryOf({ day: '2027-01-31', zone: 'Europe/Zurich', stored: value }),
    ],
  }),
  text({
    covers: ['console/public/secrets.ts If-Match'],
    tokens: ['"', 'W/', '1', ',', ' ', '*', 'a', '\t'],
    most: MAX_HEADER,
    run: (tag) =>
      secretsRoutes.deleteSecret(requestOf({ headers: { 'if-match': tag }, params: { name: 'a' } })),
  }),
  text({
    covers: ['console/public/bearer.ts Authorization', 'console/identity-provider.ts verify'],
    tokens: ['Bearer ', 'a', '=', '.', '~', ' ', 'eyJhbGciOiJFZERTQSJ9', 'e30'],
    starts: [['Bearer '], ['Bearer ', 'eyJhbGciOiJFZERTQSJ9', '.']],
    most: MAX_HEADER,
    run: (authorization) =>
      callers.identify(requestOf({ headers: { authorization } }), ignored, () => undefined),
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
    covers: ['console/core/claiming-pod.ts createPodCheck'],
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
    covers: ['console/core/secret-content.ts parseContent'],
    tokens: ['a', 'A', '=', '\n', '\uD800', '\uDC00', 'é', '.', '-', '\0'],
    run: (value) => {
      parseContent({ value }, MAX_VALUE_BYTES);
      parseContent({ valueBase64: value }, MAX_VALUE_BYTES);
      parseContent({ bytes: Buffer.from(value) }, MAX_VALUE_BYTES);
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
    starts: [
      ['{"sub":"s",'],
      ['{"metadata":{"uid":"u","labels":{'],
      ['{"metadata":{"uid":"u","managedFields":[{"fieldsV1":{'],
    ],
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
