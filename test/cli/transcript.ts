/**
 * Transcripts: what a person types, and what then appears on the screen. A test runs them for real.
 *
 * | line | means |
 * |---|---|
 * | blank | the end of a command and what it printed |
 * | `# …` after a blank line | a comment |
 * | `% NAME=value` | an environment variable from here on; `$HOME` and other variables are expanded |
 * | `$ command` | run with `sh`; `> ` continues on the next line |
 * | `! text` | a line of standard error |
 * | `[2]` | the exit code, where it is not 0 |
 * | any other | a line of standard output |
 *
 * In expected lines `…` stands for anything within a line, and a line of only `⋮` for any lines.
 */
import { spawn } from 'node:child_process';

interface Step {
  readonly line: number;
  readonly command: string;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  readonly exit: number;
  readonly env: Readonly<Record<string, string>>;
}

interface Draft {
  line: number;
  command: string;
  stdout: string[];
  stderr: string[];
  exit: number;
  env: Record<string, string>;
}

export function parseTranscript(text: string): readonly Step[] {
  const steps: Draft[] = [];
  let env: Record<string, string> = {};
  let printing = false;
  for (const [at, line] of text.split('\n').entries()) {
    const step = steps.at(-1);
    printing = line !== '' && (printing || line.startsWith('$ '));
    if (line.startsWith('$ ')) {
      steps.push({ line: at + 1, command: line.slice(2), stdout: [], stderr: [], exit: 0, env });
    } else if (line.startsWith('% ')) {
      const [, name = '', value = ''] = /^% (\w+)=(.*)$/.exec(line) ?? [];
      if (name === '') throw new Error(`line ${at + 1} sets nothing`);
      env = { ...env, [name]: value };
    } else if (line === '' || (!printing && line.startsWith('# '))) continue;
    else if (!step || !printing) throw new Error(`line ${at + 1} belongs to no command`);
    else if (line.startsWith('> ')) step.command += `\n${line.slice(2)}`;
    else if (line.startsWith('! ')) step.stderr.push(line.slice(2));
    else if (/^\[\d+\]$/.test(line)) step.exit = Number(line.slice(1, -1));
    else step.stdout.push(line);
  }
  return steps;
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

/** Whether the output matches these lines. */
function matches(expected: readonly string[], output: string): boolean {
  const pattern = expected
    .map((line) =>
      line === '⋮' ? '(?:[^\\n]*\\n)*' : `${escape(line).replaceAll('…', '[^\\n]*')}[ \\t]*\\n`,
    )
    .join('');
  const whole = output === '' || output.endsWith('\n') ? output : `${output}\n`;
  return new RegExp(`^${pattern}$`).test(whole);
}

interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
}

function runShell(
  command: string,
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', command], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ stdout, stderr, exit: code ?? -1 }));
  });
}

function expand(value: string, env: Readonly<Record<string, string>>): string {
  return value.replaceAll(/\$(\w+)/g, (_whole, name: string) => env[name] ?? '');
}

function shown(lines: readonly string[], mark: string): string {
  return lines.map((line) => `    ${mark}${line}`).join('\n');
}

function linesOf(output: string): readonly string[] {
  return output === '' ? [] : output.replace(/\n$/, '').split('\n');
}

/** Runs every step, giving its output to `saw`; rejects at the first that differs, showing both. */
export async function runTranscript(
  steps: readonly Step[],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
  saw: (output: string) => void,
): Promise<void> {
  for (const step of steps) {
    const all: Record<string, string> = { ...env };
    for (const [name, value] of Object.entries(step.env)) all[name] = expand(value, all);
    const ran = await runShell(step.command, { cwd, env: all });
    saw(ran.stdout + ran.stderr);
    if (ran.exit === step.exit && matches(step.stdout, ran.stdout) && matches(step.stderr, ran.stderr))
      continue;
    const expected = [shown(step.stdout, ''), shown(step.stderr, '! '), `    [${step.exit}]`];
    const got = [shown(linesOf(ran.stdout), ''), shown(linesOf(ran.stderr), '! '), `    [${ran.exit}]`];
    const report = ['expected:', ...expected, 'but it was:', ...got].filter((part) => part !== '').join('\n');
    throw new Error(`line ${step.line}: $ ${step.command}\n${report}`);
  }
}
