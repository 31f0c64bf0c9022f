/** docs/troubleshooting.md against what the code says: no symptom without an entry, no entry for a message that does not exist. */
import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitCodes } from '../injector-image/outcome.ts';
import { refusals as consoleRefusals } from '../console/refusals.ts';
import { refusals as keyserviceRefusals } from '../keyservice/refusals.ts';
import { refusals as webhookRefusals } from '../webhook/refusals.ts';
import { parseManifests } from '../manifests/kustomize.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(join(repository, 'docs/troubleshooting.md'), 'utf8');
const known = new Set([consoleRefusals, keyserviceRefusals, webhookRefusals].flatMap(Object.keys));

/** Sources and policies as one text, except quotes and line breaks, in which every message of the page must occur. */
const sources = [
  'envelope',
  'console',
  'webhook',
  'keyservice',
  'injector-image',
  'scripts/deploy',
  'platform',
]
  .flatMap((folder) =>
    readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => readFileSync(join(repository, folder, file), 'utf8')),
  )
  .concat(
    readdirSync(join(repository, 'manifests/base/guard')).map((file) =>
      JSON.stringify(
        parseManifests(readFileSync(join(repository, 'manifests/base/guard', file), 'utf8')),
      ).replaceAll(/\\n\s*/g, ' '),
    ),
  )
  .join('\n');

function section(from: string, to: string): string {
  return page.slice(page.indexOf(from), page.indexOf(to));
}
function rowsOf(text: string): string[][] {
  return text
    .split('\n')
    .filter(
      (line) =>
        line.startsWith('| ') && !/^\| (code|exit code|message|it ends with|`make deploy` says) /.test(line),
    )
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| /, '')));
}

/** The parts of a quoted message between its gaps (`…`, `"…"`, alternatives). */
function partsOf(message: string): string[] {
  return message
    .split(/…|"|`| · | \/ |\[|\]/)
    .map((part) => part.replaceAll(/^[\s:,.;]+|[\s:,.;]+$/g, ''))
    .filter((part) => part.length > 8);
}

describe('docs/troubleshooting.md', () => {
  it('has every refusal that a pod can meet at the webhook', () => {
    for (const code of Object.keys(webhookRefusals)) expect(page, code).to.include(`\`${code}\``);
  });

  it('has every refusal of a ticket, a launcher, a claim', () => {
    const met = [...known].filter((code) =>
      /^(ticket_(?!unknown$)|launcher_|session_|token_|grant_|pod_|secret_|owners_|uses_|name_not)/.test(
        code,
      ),
    );
    expect(met).to.have.length.above(30);
    for (const code of met) expect(page, code).to.include(`\`${code}\``);
  });

  it('has no code that does not exist', () => {
    const first = rowsOf(section('## The pod was not created', '### `failed calling webhook'));
    const second = rowsOf(section('Codes in brackets', '`MountVolume.SetUp'));
    const codes = [...first, ...second].flatMap(([cell]) => [...(cell ?? '').matchAll(/`([a-z_]+)`/g)]);
    expect(codes).to.have.length.above(50);
    for (const [, code] of codes) expect([...known], code).to.include(code);
  });

  it('has every exit code of the init container, under its name', () => {
    for (const [kind, code] of Object.entries(exitCodes))
      expect(page).to.include(`| ${code} | \`${kind}\` |`);
  });

  it('quotes messages that exist in the code', () => {
    const quoted = [
      ...rowsOf(section('## The pod was not created', 'The service was not there')).map(
        ([, message]) => message,
      ),
      ...rowsOf(section('### `ValidatingAdmissionPolicy', '### `violates')).map(([message]) => message),
      ...rowsOf(section('Exit Code:', 'Codes in brackets'))
        .filter(([, kind]) => kind !== '(none)')
        .map(([, , message]) => message),
      ...rowsOf(section('## Deploying', 'A deployment that stops')).map(([message]) => message),
    ].flatMap((message) => partsOf(message ?? ''));
    expect(quoted).to.have.length.above(50);
    expect(quoted.filter((part) => !sources.includes(part))).to.deep.equal([]);
  });
});
