import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { recipeCode, recipes } from '../../console/web/shared/recipes.ts';
import { testFolder } from '../folder.ts';

/** How to run a program given as text, and how it prints what it has read. */
const languages = {
  python: { run: ['python3', '-c'], print: 'print(password, end="")' },
  node: { run: [process.execPath, '--input-type=module', '-e'], print: 'process.stdout.write(password);' },
  shell: { run: ['sh', '-c'], print: 'printf %s "$password"' },
  r: { run: ['Rscript', '-e'], print: 'cat(password)' },
} as const;

type Language = keyof typeof languages;

describe('a secret is read in a session by the recipe', () => {
  let dir: string;
  before(() => {
    dir = testFolder('reading');
    writeFileSync(join(dir, 'db-password'), 'from the file: ä "quoted"');
  });
  /** The code of the docs, with a folder other than /secrets. */
  const read = (language: Language, folder: string, env: Readonly<Record<string, string>>): string => {
    const { run, print } = languages[language];
    const [program, ...args] = run;
    const code = `${recipeCode(recipes[language], 'db-password').replaceAll('/secrets/', `${folder}/`)}\n${print}`;
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
