/**
 * `make docs`: writes docs/configuration.md from the services' settings, the references in docs/cli.md and
 * docs/admin.md, and the README's table of annotations; the tests compare.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { consoleSettings } from '../../console/config.ts';
import { keyserviceSettings } from '../../keyservice/config.ts';
import { annotationRows } from '#envelope/annotation-values.ts';
import type { Settings } from '#platform/settings.ts';
import { webhookSettings } from '../../webhook/config.ts';
import { cell, withCommandReference, withWritten } from './cli-docs.ts';

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

function configurationReference(): string {
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

const ANNOTATIONS = '<!-- Written by `make docs` from envelope/annotations.ts; do not edit. -->';

/** The README with its table of annotations as it should be. */
function withAnnotations(readme: string): string {
  const table = [
    '| annotation | what it says | default |',
    '|---|---|---|',
    ...annotationRows.map(
      ({ key, doc, docFallback }) => `| \`${key}\` | ${[doc, docFallback].map(cell).join(' | ')} |`,
    ),
    '',
  ];
  return withWritten(readme, ANNOTATIONS, table.join('\n').replaceAll('|  |', '| |'));
}

/** By the page: what it is when all that is generated in it is as it should be. */
export const writtenPages: Readonly<Record<string, (page: string) => string>> = {
  'docs/configuration.md': configurationReference,
  'docs/cli.md': withCommandReference['cli.md'],
  'docs/admin.md': withCommandReference['admin.md'],
  'README.md': withAnnotations,
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, written] of Object.entries(writtenPages)) {
    const page = new URL(`../../${name}`, import.meta.url);
    writeFileSync(page, written(readFileSync(page, 'utf8')));
    console.log(`${name} written`);
  }
}
