/** What keyservice, init container, command line and configuration read. */
import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { parseLaunchers } from '#platform/launchers.ts';
import { namespaceList } from '#platform/namespaces.ts';
import { parseProblem } from '#platform/problem.ts';
import { list, parseSettings } from '#platform/settings.ts';
import { readWholeBody } from '#platform/whole-body.ts';
import { Failure as CliFailure } from '../../cli/failure.ts';
import { parseManifest } from '../../cli/manifest.ts';
import { parseConfigFile, parseSettings as parseCliSettings } from '../../cli/settings.ts';
import { parseExpiry } from '../../cli/time.ts';
import { parseConfig } from '../../injector-image/config.ts';
import { Failure, terminationMessage } from '../../injector-image/outcome.ts';
import { refusals } from '../../keyservice/refusals.ts';
import { createCore } from '../../keyservice/testing/core.ts';
import { createMaterial, place, sessionId, tokenOf } from '../../keyservice/testing/material.ts';
import { timeoutOf } from '../../webhook/http.ts';
import { demand, type Subject } from './harness.ts';
import { textOf } from './members.ts';
import { dictionaryOf, mutateJson, mutateText, type Json } from './mutate.ts';
import type { Random } from './random.ts';
import { textSubject } from './text.ts';

const material = createMaterial();
const core = createCore(material);
const secretNames = ['a', 'db-password', 'c'];
const sealed = await Promise.all(secretNames.map((name) => material.seal(name)));
const old = await material.seal('a', { to: material.envelopeKeys[1] });
const foreign = await createMaterial().seal('a');
const ticket = await material.ticket(secretNames);
const pattern = await material.ticket(['a'], { uses: 1 });

const unwraps = [
  { ticket, sid: sessionId(), place, envelopes: sealed },
  { ticket: pattern, sid: sessionId(), place, envelopes: [old] },
  { ticket, sid: sessionId(), place: { ...place, generateName: 'jupyter-' }, envelopes: sealed.slice(0, 1) },
] as unknown as Json[];
const rewraps = [{ envelopes: [old] }, { envelopes: [foreign, sealed[0]!] }] as Json[];

/** Bodies of JSON: a corpus changed by its members, and as text now and then. */
export function bodies(corpus: readonly Json[], tokens: readonly string[]): (random: Random) => string {
  const dictionary = dictionaryOf(corpus, tokens);
  const texts = corpus.map((body) => JSON.stringify(body));
  return (random) => {
    const text = random.pick(texts);
    if (random.chance(0.1)) return mutateText(random, text, ['{', '}', '[', ']', '"', ',', ':', ...tokens]);
    const body = JSON.parse(text) as Json;
    mutateJson(random, body, dictionary);
    return JSON.stringify(body);
  };
}

const KEYS = [material.envelopeKeys[0], material.envelopeKeys[1], material.grantKey].map(({ privateJwk }) =>
  String(privateJwk['d']),
);

async function askKeyservice(operation: 'unwrap' | 'rewrap', body: string): Promise<void> {
  core.lines.length = 0;
  const reply = await core.http({
    method: 'POST',
    path: `/v1/${operation}`,
    query: new URLSearchParams(),
    contentType: 'application/json',
    client: operation === 'unwrap' ? 'webhook-unwrap' : 'console-rewrap',
    body: () => Promise.resolve(Buffer.from(body)),
  });
  const said = String(reply.body);
  const audit = JSON.stringify(core.lines);
  demand(reply.status < 500, 'status', () => `${reply.status} ${said}`);
  demand(!KEYS.some((key) => said.includes(key) || audit.includes(key)), 'secret', () => said);
  // Inner tokens are what unwrap is for, and nobody's but its caller's.
  const tokens = secretNames.map(tokenOf);
  demand(!tokens.some((token) => audit.includes(token)), 'secret', () => audit);
  if (reply.status === 200 && operation === 'unwrap') return;
  demand(!tokens.some((token) => said.includes(token)), 'secret', () => said);
  if (reply.status === 200) return;
  const { code } = JSON.parse(said) as { code: string };
  const kind = Object.hasOwn(refusals, code) ? refusals[code as keyof typeof refusals] : undefined;
  demand(kind?.status === reply.status, 'code', () => `${code} with ${reply.status}`);
}

const launchers = {
  launchers: [
    {
      username: 'system:serviceaccount:hub:hub',
      namespaces: ['sessions', 'more'],
      annotation: 'hub.jupyter.org/username',
      claim: 'preferred_username',
      loginWithinDays: 30,
    },
    { username: 'ci', namespaces: ['n'], annotation: 'a.b/c', claim: 'sub', loginWithinDays: 1 },
  ],
};

const settingsOf = {
  some: list('TWOFOLD_SOME', { doc: '', pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/ }),
  namespaces: namespaceList('TWOFOLD_NAMESPACES', ''),
};

async function wholeBody(text: string): Promise<void> {
  const message = Object.assign(new EventEmitter(), {
    headers: {},
    readableEnded: true,
    pause: () => undefined,
  });
  const LIMIT = 1_000;
  const whole = readWholeBody(message as unknown as IncomingMessage, LIMIT); // all that it uses of one
  for (const chunk of text.split(',')) message.emit('data', Buffer.from(chunk));
  message.emit('end');
  const length = Buffer.byteLength(text.replaceAll(',', ''));
  demand((await whole)?.length === (length > LIMIT ? undefined : length), 'length', () => String(length));
}

const manifests = [
  'kind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n    - name: main\n',
  'apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    metadata: {labels: {a: b}}\n    spec: {containers: [{name: m}]}\n---\nkind: Service\n',
  '{"kind":"Job","spec":{"template":{"spec":{"containers":[]}}}}',
  'kind: List\nitems:\n- kind: Pod\n  spec: &a {x: 1}\n- kind: Pod\n  spec: *a\n',
];

/** Errors of plain settings, which a person at a terminal reads. */
function said(error: unknown): void {
  const plain = error instanceof SyntaxError || (error instanceof Error && error.constructor === Error);
  if (!plain) throw error;
}

export const serviceSubjects: readonly Subject[] = [
  {
    name: 'POST /v1/unwrap',
    covers: ['keyservice/envelopes.ts parseEnvelopes'],
    slice: 150,
    make: bodies(unwraps, [...sealed, ticket, pattern, old, foreign, '.', '..', 'A']),
    run: (body) => askKeyservice('unwrap', textOf(body)),
  },
  {
    name: 'POST /v1/rewrap',
    covers: ['keyservice/envelopes.ts parseEnvelopes'],
    slice: 150,
    make: bodies(rewraps, [...sealed, old, foreign, '.', 'A']),
    run: (body) => askKeyservice('rewrap', textOf(body)),
  },
  textSubject({
    name: 'settings of the init container',
    covers: ['injector-image/config.ts parseConfig'],
    corpus: ['a', 'a=f/g,b', 'A=a,B=b', '0400', 'https://console.example/claim', '60'],
    tokens: ['a', 'A', ',', '=', '/', '0', '4', ' ', '\u0085', 'https://', ':', '[', '.'],
    refusals: [Failure],
    run: (text) => {
      const url = {
        TWOFOLD_CLAIM_URL: `https://${text}`,
        TWOFOLD_FILE_MODE: text,
        TWOFOLD_CLAIM_SECONDS: text,
      };
      const message = terminationMessage(new Failure('refused', text));
      demand(message.length <= 1_000 && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(message), 'message', () => message);
      const hashes = { TWOFOLD_GRANT_SHA256: 'a'.repeat(64), TWOFOLD_CA_SHA256: 'a'.repeat(64) };
      const mode = { TWOFOLD_FILE_MODE: '0400', TWOFOLD_CLAIM_URL: 'https://c' };
      for (const env of [
        { TWOFOLD_FILES: text, TWOFOLD_ENV: '', ...hashes, ...mode },
        { TWOFOLD_FILES: 'a', TWOFOLD_ENV: text, ...hashes, ...mode },
        { TWOFOLD_FILES: 'a', TWOFOLD_ENV: '', ...hashes, ...mode, ...url },
      ]) {
        try {
          parseConfig(env);
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
        }
      }
    },
  }),
  {
    name: 'the file of launchers',
    covers: ['platform/launchers.ts parseLaunchers'],
    make: bodies([launchers], ['system:serviceaccount:', '*', ':', '/', 'twofold.dev/']),
    run: (file) => {
      try {
        parseLaunchers(textOf(file));
      } catch (error) {
        said(error);
      }
    },
  },
  textSubject({
    name: 'settings of a service',
    covers: ['platform/settings.ts parseSettings', 'platform/namespaces.ts parseNamespaces'],
    corpus: ['a,b', 'https://a.example/x', 'a-b,c', 'a-*,twofold.dev/sessions=enabled'],
    tokens: ['a', ',', '-', ' ', 'é', '*', '='],
    run: async (text) => {
      const env = { TWOFOLD_SOME: text, TWOFOLD_NAMESPACES: text, [`TWOFOLD_${text}`]: text };
      const parsed = await parseSettings(settingsOf, env, () => Promise.resolve(text));
      demand(parsed.ok || parsed.problems.length > 0, 'problems', () => text);
    },
  }),
  textSubject({
    name: 'settings of the command line',
    covers: ['cli/settings.ts parseSettings', 'cli/settings.ts parseConfigFile', 'cli/time.ts parseExpiry'],
    corpus: [
      '{"console":"https://a.example","kid":"x"}',
      '{"caFile":"/x"}',
      'https://a.example/',
      '2027-01-31',
      '2027-01-31T12:00:00Z',
      '30d',
      '999999999d',
    ],
    tokens: ['a', ',', '-', '/', 'https://', '.', ':', '?', '1', 'd', ' ', '{', '}', '"'],
    refusals: [CliFailure],
    run: (text) => {
      const reads = [
        () => parseExpiry(text, { nowMs: 0, zone: 'Europe/Zurich' }),
        () => parseCliSettings({ console: text, kid: text }, {}, {}),
        () => parseConfigFile(text, 'f'),
      ];
      for (const read of reads) {
        try {
          read();
        } catch (error) {
          if (!(error instanceof CliFailure)) throw error;
        }
      }
    },
  }),
  textSubject({
    name: 'manifests',
    covers: [
      'cli/manifest.ts parseManifest',
      'cli/manifest-text.ts parsePart',
      'cli/manifest-text.ts parseParts',
    ],
    corpus: manifests,
    tokens: [
      'a',
      ': ',
      '\n',
      '  ',
      '- ',
      '#',
      '{',
      '}',
      '[',
      ']',
      ',',
      '"',
      "'",
      '|',
      '&a ',
      '*a',
      '---\n',
      '? ',
      'b: c\n',
      '!!',
      '%',
      '<<: ',
    ],
    slice: 100,
    refusals: [CliFailure],
    run: (text) => {
      const { templates, annotated } = parseManifest(text);
      const { text: again, toJson } = annotated(templates.map(() => ({ a: 'b' })));
      parseManifest(again);
      toJson();
    },
  }),
  textSubject({
    name: 'problem documents',
    covers: ['platform/problem.ts parseProblem'],
    corpus: [
      '{"code":"a","detail":"b"}',
      '{"type":"urn:x","title":"t","status":403,"code":"a","detail":"b"}',
    ],
    tokens: ['{', '}', '"', ',', ':', '[', ']', 'null'],
    run: (text) => {
      const problem = parseProblem(Buffer.from(text));
      demand(
        problem === undefined || (typeof problem.code === 'string' && typeof problem.detail === 'string'),
        'form',
        () => text,
      );
    },
  }),
  textSubject({
    name: 'bodies in pieces',
    covers: ['platform/whole-body.ts readWholeBody'],
    corpus: ['a,b,c', ',', 'x'.repeat(999), `${'x'.repeat(500)},${'y'.repeat(501)}`],
    tokens: [',', 'a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
    run: wholeBody,
  }),
  textSubject({
    name: 'deadlines of API servers',
    covers: [],
    corpus: ['timeout=10s', 'timeout=30s&x=y', 'timeout=1s'],
    tokens: ['timeout', '=', '&', '10s', '%', '%25', '+', 'é', '-', '99s', '1e9s'],
    run: (text) => {
      const ms = timeoutOf(new URLSearchParams(text));
      demand(ms >= 500 && ms <= 30_000, 'range', () => `${ms} for ${text}`);
    },
  }),
];
