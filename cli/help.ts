/** Help, from the table of commands. Zone 0; pure. */
import { globalOptions } from './arguments.ts';
import type { Command, OptionSpecs } from './command.ts';
import { exitCodes } from './failure.ts';

/** How it is typed. */
export function usageOf({ name, positionals = [] }: Command): string {
  return [
    `twofold ${name}`,
    ...positionals.map(({ name: argument, optional, many }) => {
      const text = many ? `${argument}...` : argument;
      return optional ? `[${text}]` : text;
    }),
    '[options]',
  ].join(' ');
}

export function optionName(name: string, { value, short }: OptionSpecs[string]): string {
  return `${short ? `-${short}, ` : ''}--${name}${value === undefined ? '' : ` ${value}`}`;
}

const COLUMN = 26;

function rows(pairs: readonly (readonly [string, string])[]): string[] {
  return pairs.map(([left, right]) =>
    left.length > COLUMN - 2
      ? `  ${left}\n  ${' '.repeat(COLUMN)}${right}`
      : `  ${left.padEnd(COLUMN)}${right}`,
  );
}

function optionRows(options: OptionSpecs): string[] {
  return rows(Object.entries(options).map(([name, spec]) => [optionName(name, spec), spec.doc]));
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length > 0 ? ['', title, ...lines] : [];
}

export function commandHelp(command: Command): string {
  return [
    command.summary,
    ...(command.detail === undefined ? [] : ['', command.detail]),
    ...section('Usage', [`  ${usageOf(command)}`]),
    ...section('Arguments', rows((command.positionals ?? []).map(({ name, doc }) => [name, doc]))),
    ...section('Options', optionRows(command.options)),
    ...section(
      'Examples',
      command.examples.flatMap(({ line, doc }) => [`  # ${doc}`, `  ${line}`]),
    ),
    ...section('Options of every command', optionRows(globalOptions)),
  ].join('\n');
}

export function overview(commands: readonly Command[], version: string): string {
  return [
    `twofold ${version}: your secrets, sealed on this machine, delivered into your Kubernetes sessions.`,
    ...section('Usage', ['  twofold COMMAND [options]', '  twofold COMMAND --help']),
    ...section('Commands', rows(commands.map(({ name, summary }) => [name, summary]))),
    ...section('Options of every command', optionRows(globalOptions)),
    ...section('Exit codes', rows(Object.values(exitCodes).map(({ exit, doc }) => [String(exit), doc]))),
    ...section('First steps', [
      '  twofold login --console https://twofold.example.org',
      '  twofold secrets add db-password',
      '  twofold annotate pod.yaml --secrets db-password | kubectl apply -f -',
    ]),
  ].join('\n');
}
