/** What keyservice, init container, command line and configuration read. */
import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { encodeInitValues, parseAnnotations } from '#envelope/annotation-values.ts';
import { columns } from '#platform/columns.ts';
import { parseLaunchers } from '#platform/launchers.ts';
import { namespaceList } from '#platform/namespaces.ts';
import { list, parseSettings } from '#platform/settings.ts';
import { readWholeBody } from '#platform/whole-body.ts';
import { parseManifest } from '../../cli/manifest.ts';
import { parseConfigFile, parseSettings as parseCliSettings } from '../../cli/settings.ts';
import { parseExpiry } from '../../cli/time.ts';
import { parseConfig } from '../../injector-image/config.ts';
import { Failure, terminationMessage } from '../../injector-image/outcome.ts';
import { checkKeys, parseEnvelopes } from '../../keyservice/envelopes.ts';
import { createHttp } from '../../keyservice/http.ts';
import { json } from './envelope.ts';
import type { Subject } from './harness.ts';
import { pieces, text } from './subject.ts';

const http = createHttp(
  {
    unwrap: () => Promise.resolve({ ok: true, value: { tokens: [], grant: '' } }),
    rewrap: ({ envelopes }: { envelopes: readonly string[] }) => {
      const parsed = parseEnvelopes(envelopes);
      if (parsed.ok) checkKeys(parsed.value, new Map());
      return Promise.resolve({ ok: true, value: { envelopes: [] } });
    },
    records: { refused: (_asking: unknown, refusal: unknown) => Promise.resolve(refusal) },
    onAnswer: () => undefined,
  } as unknown as Parameters<typeof createHttp>[0],
  { unwrap: ['webhook'], rewrap: ['webhook'] },
);

function ask(path: string, body: Buffer, contentType = 'application/json') {
  return http({
    method: 'POST',
    path,
    query: new URLSearchParams(),
    contentType,
    client: 'webhook',
    body: () => Promise.resolve(body),
  });
}

export const serviceSubjects: readonly Subject[] = [
  text({
    covers: ['parseEnvelopes', 'checkKeys'].map((name) => `keyservice/envelopes.ts ${name}`),
    tokens: [...json, '"a",', '"a.b.c.d.e",', '"ticket":"",'],
    starts: [
      ['{"envelopes":['],
      ['{"ticket":"","sid":"00000000000000000000000000000000","place":{},"envelopes":['],
    ],
    run: async (body) => {
      await ask('/v1/unwrap', Buffer.from(body));
      await ask('/v1/rewrap', Buffer.from(body));
    },
  }),
  text({
    covers: ['keyservice/http.ts content-type'],
    tokens: ['application/json', ' ', ';', '\t', 'x'],
    starts: [['application/json']],
    most: 16_384,
    run: (contentType) => ask('/v1/rewrap', Buffer.from('{}'), contentType),
  }),
  text({
    covers: [
      'injector-image/config.ts parseConfig',
      'envelope/annotation-values.ts parseInitValues',
      'injector-image/outcome.ts terminationMessage',
    ],
    tokens: ['a', 'A', ',', '=', '/', '0', '4', ' ', '\u0085', 'https://', ':', '[', '.'],
    starts: [['a', '=']],
    run: (value) => {
      const told = encodeInitValues(parseAnnotations({}).values);
      const url = { TWOFOLD_CLAIM_URL: `https://${value}`, TWOFOLD_FILE_MODE: value };
      terminationMessage(new Failure('refused', value));
      try {
        parseConfig({ ...told, TWOFOLD_FILES: value, ...url });
      } catch {
        parseConfig({ ...told, TWOFOLD_FILES: 'a', TWOFOLD_ENV: value, ...url });
      }
    },
  }),
  text({
    covers: ['platform/launchers.ts parseLaunchers', 'cli/settings.ts parseConfigFile'],
    tokens: [
      ...json,
      '"n",',
      '{"username":"a","namespaces":["n"],"annotation":"a.b/c","claim":"sub","loginWithinDays":1},',
    ],
    starts: [['{"launchers":['], ['{"launchers":[{"username":"a","namespaces":[']],
    run: (file) => {
      try {
        parseLaunchers(file);
      } catch {
        parseConfigFile(file, 'f');
      }
    },
  }),
  text({
    covers: [
      'platform/settings.ts parseSettings',
      'platform/namespaces.ts parseNamespaces',
      'cli/settings.ts parseSettings',
      'cli/time.ts parseExpiry',
    ],
    tokens: ['a', ',', '-', '*', '/', 'https://', '.', ':', '?', '1', 'd', ' '],
    starts: [['https://'], ['https://', 'a', '/']],
    run: async (value) => {
      const settings = {
        some: list('TWOFOLD_SOME', { doc: '', pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/ }),
        namespaces: namespaceList('TWOFOLD_NAMESPACES', ''),
      };
      await parseSettings(settings, { TWOFOLD_SOME: value, TWOFOLD_NAMESPACES: value }, () =>
        Promise.resolve(''),
      );
      for (const read of [
        () => parseExpiry(value, { nowMs: 0, zone: 'Europe/Zurich' }),
        () => parseCliSettings({ console: value }, {}, {}),
      ]) {
        try {
          read();
        } catch {
          // The other runs too.
        }
      }
    },
  }),
  text({
    covers: [
      'cli/manifest.ts parseManifest',
      'cli/manifest-text.ts parsePart',
      'cli/manifest-text.ts parseParts',
    ],
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
    ],
    starts: [
      ['kind: Pod\nspec: {a: b}\n'],
      ['kind: Pod\nspec: {a: b}\n', 'metadata:\n'],
      ['{{ .', 'Values ', '{{'],
      ['{"a":"', '\\"', '}'],
    ],
    most: 16_384,
    run: (manifest) => {
      const { templates, annotated } = parseManifest(manifest);
      annotated(templates.map(() => ({ a: 'b' }))).toJson();
    },
  }),
  text({
    covers: ['platform/columns.ts columns'],
    tokens: ['a', ' ', '\n', 'é'],
    run: (rows) => columns(rows.split('\n').map((row) => row.split(' '))),
  }),
  pieces({
    covers: ['platform/whole-body.ts readWholeBody'],
    tokens: ['a', 'aaaaaaaaaaaaaaaa', ''],
    run: async (chunks) => {
      const message = Object.assign(new EventEmitter(), { headers: {}, readableEnded: true });
      const whole = readWholeBody(message as unknown as IncomingMessage, 1_000_000);
      for (const chunk of chunks) message.emit('data', chunk);
      message.emit('end');
      await whole;
    },
  }),
];
