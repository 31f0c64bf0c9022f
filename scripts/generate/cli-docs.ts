/** The references of `twofold` and `twofold-admin` in the docs, from their tables; `make docs` writes them, and the tests compare. */
import { program as cli } from '../../cli/commands.ts';
import { settingSpecs } from '../../cli/settings.ts';
import { program as admin } from '../../console/admin/arguments.ts';
import {
  commandName,
  optionName,
  optionsOfEvery,
  usageOf,
  type Command,
  type OptionSpecs,
  type Program,
} from '#platform/commands.ts';

const BEGIN = '<!-- Written by `make docs` from the command line’s own tables; do not edit. -->';
const END = '<!-- End of what `make docs` writes. -->';

type AnyProgram = Program<never, unknown>;

export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function optionTable(options: OptionSpecs): string[] {
  const rows = Object.entries(options).map(
    ([name, spec]) => `| \`${cell(optionName(name, spec))}\` | ${cell(spec.doc)} |`,
  );
  return rows.length > 0 ? ['| option | |', '|---|---|', ...rows, ''] : [];
}

function section(program: AnyProgram, command: Command<never, unknown>): string[] {
  const { summary, detail, options, examples = [] } = command;
  return [
    `### ${commandName(program, command)}`,
    '',
    `${summary}${detail === undefined ? '' : ` ${detail.replaceAll('\n', ' ')}`}`,
    '',
    `    ${usageOf(program, command)}`,
    '',
    ...optionTable(options),
    ...(examples.length > 0 ? [...examples.map(({ line, doc }) => `    ${line}    # ${doc}`), ''] : []),
  ];
}

const cliSettings = [
  '## Configuration',
  '',
  'An option wins over the environment variable, that over `~/.config/twofold/config.json` (`$XDG_CONFIG_HOME`).',
  '',
  '| member of config.json | variable | option | |',
  '|---|---|---|---|',
  ...settingSpecs.map(
    ({ member, variable, flag, doc }) => `| \`${member}\` | \`${variable}\` | \`--${flag}\` | ${cell(doc)} |`,
  ),
  '',
];

function reference(program: AnyProgram, more: readonly string[]): string {
  return [
    '## Commands',
    '',
    ...program.commands.flatMap((command) => section(program, command)),
    '### Options of every command',
    '',
    ...optionTable(optionsOfEvery(program)),
    ...more,
    '## Exit codes',
    '',
    'They are stable: a script can rely on them.',
    '',
    '| code | |',
    '|---|---|',
    ...Object.values(program.exitCodes).map(({ exit, doc }) => `| ${exit} | ${doc} |`),
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

/** By the page in docs/: the page with its reference as it should be. */
export const withCommandReference = {
  'cli.md': (page: string) => withWritten(page, BEGIN, reference(cli, cliSettings)),
  'admin.md': (page: string) => withWritten(page, BEGIN, reference(admin, [])),
} as const;
