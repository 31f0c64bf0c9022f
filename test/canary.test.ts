/** A value that is pasted in the wrong place is in no message of the parser that refuses it. */
import { expect } from 'chai';
import { annotationRows } from '#envelope/annotation-values.ts';
import { annotations } from '#envelope/annotations.ts';
import { decodeImport, planImport } from '#envelope/import-plan.ts';
import { parseFileList, parseVariableList } from '#envelope/selection.ts';
import { interpret } from '#platform/command-line.ts';
import * as settings from '#platform/settings.ts';
import { program } from '../cli/commands.ts';
import { demandName } from '../cli/commands/secrets.ts';
import { parseManifest } from '../cli/manifest.ts';
import { parseSettings as parseCliSettings } from '../cli/settings.ts';
import { demandDuration, parseExpiry } from '../cli/time.ts';
import { parseContent, parseName } from '../console/core/secret-content.ts';
import { sessionAnnotations } from '../console/core/session-annotations.ts';
import { parseBody } from '../console/http/body.ts';
import { parseQuery } from '../console/public/routes.ts';
import { auditQuery } from '../console/public/schemas.ts';
import { secretQuery } from '../console/public/secret-schemas.ts';
import { ticketQuery } from '../console/public/ticket-schemas.ts';
import { readForm } from '../console/web/forms.ts';
import { importForm } from '../console/web/import-form.ts';
import { documentText } from '../console/web/html.ts';
import { parseLaunch } from '../console/web/launch-request.ts';
import { unknownSecretPage } from '../console/web/secret-page.ts';
import { chooseContainers } from '../webhook/annotations.ts';
import { parseReview } from '../webhook/review.ts';
import { requestOf, visitor } from './growth/console.ts';
import { bodySchemas } from './body-schemas.ts';

const CANARY = 'hunter2';
const values: readonly string[] = [
  `postgres://app:${CANARY}@db:5432/x?sslmode=off`,
  `-----BEGIN ${CANARY}-----`,
  `${CANARY} with spaces`,
  `"${CANARY}`,
  `/${CANARY}/../:`,
  `--${CANARY}`,
  `{"${CANARY}": {${CANARY}`,
  `${CANARY}\n${CANARY}: [`,
];

type Refusals = readonly unknown[];

/** What a refusal or an error says; undefined for what is accepted. */
function said(outcome: unknown): string | undefined {
  if (outcome instanceof Error) return JSON.stringify([outcome.message, { ...outcome, cause: undefined }]);
  if (typeof outcome === 'string') return outcome;
  if (typeof outcome !== 'object' || outcome === null) return undefined;
  if ('ok' in outcome) return outcome.ok === false ? JSON.stringify(outcome) : undefined;
  return 'code' in outcome || 'refused' in outcome ? JSON.stringify(outcome) : undefined;
}

function attempt(parse: () => unknown): unknown {
  try {
    return parse();
  } catch (error) {
    return error;
  }
}

function json(text: string): ReturnType<typeof requestOf> {
  return requestOf({ body: Buffer.from(text), headers: { 'content-type': 'application/json' } });
}

const pod = { containers: [{ name: 'a' }], initContainers: [], annotations: {} };

/** Each parser that says why it refuses, with a value in every place that it reads. */
const parsers: Readonly<Record<string, (value: string) => Refusals | Promise<Refusals>>> = {
  'a .env file': (value) => {
    const text = [value, `${value}=x`, `A="${value}`, `B='x' ${value}`, `C: ${value}`, `D=${value}\nE`].join(
      '\n',
    );
    const plan = planImport(`${text}\n${'x'.repeat(70_000)}`, { versions: new Map() });
    const alone = { ...plan, secrets: [], leftOut: [] };
    const page = documentText(importForm({ content: '', plan: alone, maxBytes: 1, visitor }));
    return [{ refused: plan.refused }, page];
  },
  'a file that is not text': (value) => [
    decodeImport(Buffer.from(`${value}\xe4`, 'latin1')),
    decodeImport(Buffer.from(value, 'utf16le')),
  ],
  'the text of an annotation': (value) =>
    annotationRows.flatMap((row) =>
      [value, `a,${value}`, `a=${value}`, `${value}=a`, `A=a,${value}=a`].map((text) => row.parse(text)),
    ),
  'the members of a ticket request': (value) => [
    parseFileList([{ name: value, path: 'a' }]),
    parseFileList([{ name: 'a', path: value }]),
    parseVariableList([{ variable: value, name: 'a' }]),
    parseVariableList([{ variable: 'A', name: value }]),
    annotations.containers.member.parse([value]),
    ...(['mountPath', 'fileMode'] as const).map((member) =>
      sessionAnnotations({ secrets: [], [member]: value }),
    ),
  ],
  'a name or a value': (value) => [
    parseName(value),
    parseContent({ valueBase64: value }, 100),
    parseContent({ value: `${value}\ud800` }, 100),
    parseContent({ value: value.repeat(10) }, 10),
    parseContent({ envelope: value, size: 1, envSafe: true }, 100),
    attempt(() => void demandName(value)),
    unknownSecretPage(value),
  ],
  'a JSON body': (value) =>
    bodySchemas.flatMap((schema) =>
      [value, JSON.stringify(value), JSON.stringify([value]), JSON.stringify({ [value]: value })]
        .concat(
          ['name', 'value', 'expiresAt', 'secrets', 'namespace', 'files', 'ticket'].flatMap((member) =>
            [value, [value], [{ [value]: value }]].map((content) => JSON.stringify({ [member]: content })),
          ),
        )
        .map((text) => parseBody(schema, json(text))),
    ),
  'a query': (value) =>
    [secretQuery, ticketQuery, auditQuery].flatMap((schema) =>
      ['limit', 'after', value].map((name) => parseQuery(schema, requestOf({ query: { [name]: value } }))),
    ),
  'a form': async (value) => [
    await readForm(
      requestOf({
        body: Buffer.from(`--X\r\nContent-Disposition: form-data; name="${value}"\r\n${value}`),
        headers: { 'content-type': 'multipart/form-data; boundary=X' },
      }),
    ),
    await readForm(
      requestOf({ body: Buffer.from(value), headers: { 'content-type': `multipart/form-data; ${CANARY}` } }),
    ),
  ],
  'the address of the page for launchers': (value) =>
    ['namespace', 'service_account', 'pod', 'containers', 'mode', 'return_to'].map((name) =>
      parseLaunch({ namespace: 'n', return_to: 'https://hub.example', [name]: value }, [
        'https://hub.example',
      ]),
    ),
  'a review, and its containers': (value) => [
    parseReview(Buffer.from(value)),
    parseReview(Buffer.from(JSON.stringify({ request: value }))),
    // What the function reads of a pod.
    chooseContainers(pod as unknown as Parameters<typeof chooseContainers>[0], [value]),
    chooseContainers(
      { ...pod, annotations: { 'kubectl.kubernetes.io/default-container': value } } as unknown as Parameters<
        typeof chooseContainers
      >[0],
      undefined,
    ),
  ],
  'a manifest': (value) =>
    [
      value,
      `kind: Pod\nspec:\n${value}: [`,
      `${JSON.stringify(value)}: 1\n${JSON.stringify(value)}: 2`,
      JSON.stringify({ kind: value }),
      JSON.stringify({ kind: 'Pod', metadata: { annotations: value } }),
    ].map((text) => attempt(() => parseManifest(text))),
  'the command line': (value) =>
    [
      [value],
      ['secrets', value],
      ['secrets', 'add', 'a', value],
      ['secrets', 'add', `--${value}`],
      ['secrets', 'list', `--${CANARY}`],
      ['secrets', 'list', '--output', value],
      ['secrets', 'list', `--output=${value}`],
      ['secrets', 'list', value],
      ['secrets', 'import', 'a', value],
    ].map((args) => attempt(() => interpret(program, args))),
  'the settings of the command line': (value) => [
    ...['console', 'issuer', 'kid'].map((flag) => attempt(() => parseCliSettings({ [flag]: value }, {}, {}))),
    attempt(() => parseExpiry(value, { nowMs: 0, zone: 'UTC' })),
    attempt(() => demandDuration(value, '--ttl')),
  ],
  'the settings of a service': async (value) => {
    const declared = {
      port: settings.port('TWOFOLD_A', { doc: '' }),
      on: settings.flag('TWOFOLD_B', { doc: '' }),
      host: settings.address('TWOFOLD_C', { doc: '' }),
      url: settings.httpsUrl('TWOFOLD_D', { doc: '' }),
      level: settings.oneOf('TWOFOLD_E', { doc: '', values: ['low'] }),
      items: settings.list('TWOFOLD_F', { doc: '', pattern: /^[a-z]+$/ }),
      gone: settings.file('TWOFOLD_G', { doc: '', kind: 'a file', parse: (text) => text }),
      data: settings.file('TWOFOLD_H', { doc: '', kind: 'JSON', parse: (text): unknown => JSON.parse(text) }),
    };
    const env = Object.fromEntries([...'ABCDEFG'].map((letter) => [`TWOFOLD_${letter}`, value]));
    return [
      await settings.parseSettings(declared, { ...env, TWOFOLD_H: '/data' }, (path) =>
        path === '/data' ? Promise.resolve(value) : Promise.reject(new Error(value)),
      ),
    ];
  },
};

describe('a value in the wrong place', () => {
  for (const [name, refusalsOf] of Object.entries(parsers)) {
    it(`is in no refusal of ${name}`, async () => {
      let refused = 0;
      for (const value of values) {
        for (const outcome of await refusalsOf(value)) {
          const words = said(outcome);
          if (words === undefined) continue;
          refused += 1;
          expect(words).not.to.contain(CANARY);
        }
      }
      expect(refused).to.be.at.least(values.length);
    });
  }
});
