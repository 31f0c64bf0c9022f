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

function cell(text: string): string {
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

/** The page with its reference as it should be. Throws where the marks are gone. */
function withReference(page: string, text: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error('a page has lost the marks of its reference');
  return `${page.slice(0, begin)}${BEGIN}\n\n${text}\n${page.slice(end)}`;
}

/** By the page in docs/: the page with its reference as it should be. */
export const withCommandReference = {
  'cli.md': (page: string) => withReference(page, reference(cli, cliSettings)),
  'admin.md': (page: string) => withReference(page, reference(admin, [])),
} as const;
