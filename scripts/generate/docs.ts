/**
 * `make docs`: writes docs/configuration.md from the services' settings, and the references in docs/cli.md and
 * docs/admin.md; the tests compare.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { consoleSettings } from '../../console/config.ts';
import { keyserviceSettings } from '../../keyservice/config.ts';
import type { Settings } from '#platform/settings.ts';
import { webhookSettings } from '../../webhook/config.ts';
import { withCommandReference } from './cli-docs.ts';

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function row(setting: Settings[string]): string {
  const { variable, kind, doc, fallback, optional } = setting;
  const standard =
    fallback === undefined
      ? optional
        ? 'not set'
        : '**required**'
      : fallback === ''
        ? 'empty'
        : `\`${fallback}\``;
  return `| \`${variable}\` | ${cell(kind)} | ${cell(standard)} | ${cell(doc)} |`;
}

function section(name: string, settings: Settings): string {
  return [
    `## ${name}`,
    '',
    '| variable | value | default | |',
    '|---|---|---|---|',
    ...Object.values(settings).map(row),
    '',
  ].join('\n');
}

export function configurationReference(): string {
  return [
    '# Configuration',
    '',
    'Written by `make docs` from the parsers of the services; do not edit. A service that finds a variable with our prefix',
    'that it does not know, or a value that it cannot use, names every problem and ends with exit code 78; so it does where',
    'two settings list one key. Secrets come by the path of a file, never in a variable.',
    '',
    section('console', consoleSettings),
    section('webhook', webhookSettings),
    section('keyservice', keyserviceSettings),
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('../../docs/configuration.md', import.meta.url), configurationReference());
  for (const [name, withReference] of Object.entries(withCommandReference)) {
    const page = new URL(`../../docs/${name}`, import.meta.url);
    writeFileSync(page, withReference(readFileSync(page, 'utf8')));
  }
  console.log('docs/configuration.md, docs/cli.md and docs/admin.md written');
}
