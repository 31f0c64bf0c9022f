/** Completion: each shell runs the program itself, so that it always matches this version. Zone 0; pure. */
import {
  findCommand,
  optionsOfEvery,
  wordsOf,
  type OptionSpec,
  type OptionSpecs,
  type Program,
} from '#platform/commands.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

const scripts: Readonly<Record<Shell, string>> = {
  bash: `# twofold completion bash > ~/.local/share/bash-completion/completions/twofold
_twofold() {
  local IFS=$'\\n'
  COMPREPLY=($(twofold complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _twofold twofold`,
  zsh: `#compdef twofold
# twofold completion zsh > a folder of your $fpath, as _twofold
_twofold() {
  local -a found
  found=("\${(@f)$(twofold complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then compadd -a found; else _files; fi
}
if [[ "$funcstack[1]" == _twofold ]]; then _twofold "$@"; else compdef _twofold twofold; fi`,
  fish: `# twofold completion fish > ~/.config/fish/completions/twofold.fish
complete -c twofold -a '(twofold complete -- (commandline -opc)[2..] "$(commandline -ct)" 2>/dev/null)'`,
};

export function completionScript(shell: Shell): string {
  return scripts[shell];
}

/** The option this word stands for, short or long, and its name. */
function optionOf(options: OptionSpecs, word: string | undefined): readonly [string, OptionSpec] | undefined {
  return Object.entries(options).find(
    ([name, { short }]) => word === `--${name}` || (short !== undefined && word === `-${short}`),
  );
}

/** What only the person has: names of secrets, ids of tickets. By `COMMAND`, `COMMAND --option` or `--option`. */
export type Suggest = (of: string) => Promise<readonly string[]>;

/** Of an option whose value is a list with commas. */
const LIST = 'LIST';

interface Asked {
  readonly before: readonly string[];
  readonly current: string;
  /** What stands before the value in the same word, as in `--output=json`. */
  readonly prefix: string;
}

/** bash cuts `--output=json` into three words; other shells leave it whole. */
function askedOf(words: readonly string[]): Asked {
  const [current = '', before] = [words.at(-1), words.slice(0, -1)];
  if (current === '=') return { before, current: '', prefix: '' };
  if (before.at(-1) === '=') return { before: before.slice(0, -1), current, prefix: '' };
  const [, option, value] = /^(--[a-z-]+)=(.*)$/.exec(current) ?? [];
  return option === undefined || value === undefined
    ? { before, current, prefix: '' }
    : { before: [...before, option], current: value, prefix: `${option}=` };
}

/** Those before the word in question. */
function positionalsOf(options: OptionSpecs, words: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--') return [...found, ...words.slice(at + 1)];
    if (!word.startsWith('-')) found.push(word);
    else if (optionOf(options, word)?.[1].value !== undefined) at += words[at + 1] === '=' ? 2 : 1;
  }
  return found;
}

/** What the value of an option can become. A list goes on after its last comma. */
async function valuesOf(
  { current, prefix }: Asked,
  { value }: OptionSpec,
  suggest: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  if (typeof value !== 'string') return (value ?? []).map((one) => prefix + one);
  if (value !== LIST) return (await suggest()).map((one) => prefix + one);
  const items = current.split(',').slice(0, -1);
  const others = (await suggest()).filter((one) => !items.includes(one));
  return others.map((one) => prefix + [...items, one].join(','));
}

/** The next word of a command. */
function commandWords<C, R>(program: Program<C, R>, before: readonly string[]): readonly string[] {
  return program.commands.flatMap((command) => {
    const parts = wordsOf(command);
    return before.every((word, at) => parts[at] === word) ? (parts[before.length] ?? []) : [];
  });
}

/** What the last of these words can become; none: a file, or a value that only the person knows. */
export async function candidates<C, R>(
  program: Program<C, R>,
  words: readonly string[],
  suggest: Suggest,
): Promise<readonly string[]> {
  const asked = askedOf(words);
  const { before, current, prefix } = asked;
  const starting = (all: readonly string[]): readonly string[] => [
    ...new Set(all.filter((word) => word.startsWith(prefix + current))),
  ];
  const found = findCommand(program, before);
  if (!found) return starting(commandWords(program, before));
  const { command } = found;
  const options = { ...command.options, ...optionsOfEvery(program) };
  const given = before.slice(found.words);
  const option = given.includes('--') ? undefined : optionOf(options, given.at(-1));
  if (option && option[1].value !== undefined) {
    const of = Object.hasOwn(command.options, option[0])
      ? `${command.name} --${option[0]}`
      : `--${option[0]}`;
    return starting(await valuesOf(asked, option[1], () => suggest(of)));
  }
  if (!current.startsWith('-') || given.includes('--')) {
    const positionals = positionalsOf(options, given);
    const { many } = command.positionals?.at(-1) ?? {};
    if (positionals.length > 0 && !many) return [];
    const all = await suggest(command.name);
    return starting(all.filter((one) => !positionals.includes(one)));
  }
  return starting(
    Object.keys(options)
      .map((name) => `--${name}`)
      .filter((name) => !before.includes(name)),
  );
}
