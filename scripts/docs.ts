/**
 * `make docs`: writes docs/configuration.md from the services' settings, the reference in docs/cli.md, and the README's
 * table of annotations; the tests compare.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { consoleSettings } from '../console/config.ts';
import { keyserviceSettings } from '../keyservice/config.ts';
import type { Settings } from '#platform/settings.ts';
import { webhookSettings } from '../webhook/config.ts';
import { annotationRows } from '#envelope/annotation-values.ts';
import { cell, withCliReference, withWritten } from './cli-docs.ts';

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

const ANNOTATIONS = '<!-- Written by `make docs` from envelope/annotations.ts; do not edit. -->';

/** The README with its table of annotations as it should be. */
export function withAnnotations(readme: string): string {
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

function rewrite(page: string, written: (text: string) => string): void {
  const file = new URL(`../${page}`, import.meta.url);
  writeFileSync(file, written(readFileSync(file, 'utf8')));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  rewrite('docs/configuration.md', configurationReference);
  rewrite('docs/cli.md', withCliReference);
  rewrite('README.md', withAnnotations);
  console.log('docs/configuration.md, docs/cli.md and README.md written');
}
