import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testFolder } from '../folder.ts';

const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');

/** By the language of the fence: how to run a program given as text, and how it prints what it has read. */
const languages = {
  python: { run: ['python3', '-c'], print: 'print(password, end="")' },
  js: { run: [process.execPath, '--input-type=module', '-e'], print: 'process.stdout.write(password);' },
  sh: { run: ['sh', '-c'], print: 'printf %s "$password"' },
  r: { run: ['Rscript', '-e'], print: 'cat(password)' },
} as const;

type Language = keyof typeof languages;

function snippet(language: Language): string {
  const found = new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'm').exec(page)?.[1];
  if (found === undefined) throw new Error(`docs/cli.md has no line for ${language}`);
  return found;
}

describe('a secret is read in a session with one line', () => {
  let dir: string;
  before(() => {
    dir = testFolder('reading');
    writeFileSync(join(dir, 'db-password'), 'from the file: ä "quoted"');
  });
  /** The line from the docs, with a folder other than /secrets. */
  const read = (language: Language, folder: string, env: Readonly<Record<string, string>>): string => {
    const { run, print } = languages[language];
    const [program, ...args] = run;
    const code = `${snippet(language).replaceAll('/secrets/', `${folder}/`)}${print}`;
    const ran = spawnSync(program, [...args, code], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', ...env },
    });
    return ran.status === 0 ? ran.stdout : `failed: ${ran.stderr}`;
  };

  for (const language of Object.keys(languages) as readonly Language[]) {
    it(`of ${language}: the file, else the environment`, () => {
      const env = { DB_PASSWORD: 'from the environment' };
      expect(read(language, dir, env)).to.equal('from the file: ä "quoted"');
      expect(read(language, join(dir, 'nowhere'), env)).to.equal('from the environment');
    });
  }
});
