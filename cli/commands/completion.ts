/** `completion`: a script for the shell. Zone 0. */
import { command } from '../command.ts';
import { completionScript, shells } from '../completion.ts';
import { failure } from '../failure.ts';

export const completion = command({
  name: 'completion',
  summary: 'Print completion for bash, zsh or fish.',
  positionals: [{ name: 'SHELL', doc: shells.join(', ') }],
  options: {},
  examples: [
    { line: 'source <(twofold completion bash)', doc: 'In this shell' },
    { line: 'twofold completion fish > ~/.config/fish/completions/twofold.fish', doc: 'In every fish' },
  ],
  run: (_context, { positionals: [text] }) => {
    const shell = shells.find((one) => one === text);
    if (!shell)
      throw failure('usage', 'Completion exists for bash, zsh and fish.', 'twofold completion bash');
    const script = completionScript(shell);
    return Promise.resolve({ json: { shell, script }, text: script });
  },
});
