/** The reference of the command line in docs/cli.md, from its tables; `make docs` writes it, and the tests compare. */
import { globalOptions } from '../cli/arguments.ts';
import type { Command, OptionSpecs } from '../cli/command.ts';
import { commands } from '../cli/commands.ts';
import { exitCodes } from '../cli/failure.ts';
import { optionName, usageOf } from '../cli/help.ts';
import { settingSpecs } from '../cli/settings.ts';

const BEGIN = '<!-- Written by `make docs` from the command line’s own tables; do not edit. -->';
const END = '<!-- End of what `make docs` writes. -->';

export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function optionTable(options: OptionSpecs): string[] {
  const rows = Object.entries(options).map(
    ([name, spec]) => `| \`${cell(optionName(name, spec))}\` | ${cell(spec.doc)} |`,
  );
  return rows.length > 0 ? ['| option | |', '|---|---|', ...rows, ''] : [];
}

function section(command: Command): string[] {
  return [
    `### twofold ${command.name}`,
    '',
    `${command.summary}${command.detail === undefined ? '' : ` ${command.detail.replaceAll('\n', ' ')}`}`,
    '',
    `    ${usageOf(command)}`,
    '',
    ...optionTable(command.options),
    ...command.examples.flatMap(({ line, doc }) => [`    ${line}    # ${doc}`]),
    '',
  ];
}

function reference(): string {
  return [
    '## Commands',
    '',
    ...commands.flatMap(section),
    '### Options of every command',
    '',
    ...optionTable(globalOptions),
    '## Configuration',
    '',
    'An option wins over the environment variable, that over `~/.config/twofold/config.json` (`$XDG_CONFIG_HOME`).',
    '',
    '| member of config.json | variable | option | |',
    '|---|---|---|---|',
    ...settingSpecs.map(
      ({ member, variable, flag, doc }) =>
        `| \`${member}\` | \`${variable}\` | \`--${flag}\` | ${cell(doc)} |`,
    ),
    '',
    '## Exit codes',
    '',
    'They are stable: a script can rely on them.',
    '',
    '| code | |',
    '|---|---|',
    ...Object.values(exitCodes).map(({ exit, doc }) => `| ${exit} | ${doc} |`),
    '',
  ].join('\n');
}

/** The page with this text between `begin` and the next end mark. Throws where a mark is gone. */
export function withWritten(page: string, begin: string, text: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(END, from);
  if (from < 0 || to < 0) throw new Error(`a page has lost the mark ${begin}, or the end of what is written`);
  return `${page.slice(0, from)}${begin}\n\n${text}\n${page.slice(to)}`;
}

/** The page with its reference as it should be. */
export function withCliReference(page: string): string {
  return withWritten(page, BEGIN, reference());
}
