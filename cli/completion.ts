/** Completion: each shell runs the program itself, so that it always matches this version. Zone 0; pure. */
import { findCommand, optionsOfEvery, wordsOf, type OptionSpecs, type Program } from '#platform/commands.ts';

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

/** The option this word stands for, short or long. */
function optionOf(options: OptionSpecs, word: string | undefined): OptionSpecs[string] | undefined {
  const found = Object.entries(options).find(
    ([name, { short }]) => word === `--${name}` || (short !== undefined && word === `-${short}`),
  );
  return found?.[1];
}

/** What the last of these words can become; none: a file, or a value that only the person knows. */
export function candidates<C, R>(program: Program<C, R>, words: readonly string[]): readonly string[] {
  const [current = '', before] = [words.at(-1), words.slice(0, -1)];
  const found = findCommand(program, before);
  const starting = (all: readonly string[]): readonly string[] => [
    ...new Set(all.filter((word) => word.startsWith(current))),
  ];
  if (!found) {
    const next = program.commands.flatMap((command) => {
      const parts = wordsOf(command);
      return before.every((word, at) => parts[at] === word) ? (parts[before.length] ?? []) : [];
    });
    return starting(next);
  }
  const options = { ...found.command.options, ...optionsOfEvery(program) };
  const value = optionOf(options, before.at(-1))?.value;
  if (value !== undefined) return typeof value === 'string' ? [] : starting(value);
  if (!current.startsWith('-')) {
    return found.command.name === 'completion' && found.words === before.length ? starting(shells) : [];
  }
  const given = before.filter((word) => word.startsWith('--'));
  return starting(
    Object.keys(options)
      .map((name) => `--${name}`)
      .filter((name) => !given.includes(name)),
  );
}
