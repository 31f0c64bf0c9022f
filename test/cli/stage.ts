/** One development cluster for all transcripts of the command line, and a home for each person in it. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as esbuild } from 'esbuild';
import { build, bundleOptions, repository } from '../../scripts/build.ts';
import { development } from '../../scripts/dev/environment.ts';
import { startStack, type Stack } from '../../scripts/dev/stack.ts';
import { testCertificates } from '../certificates.ts';
import { testFolder } from '../folder.ts';
import { startProxy } from './proxy.ts';

/** What the programs of a transcript need to know. */
export interface StageFacts {
  readonly ca: string;
  readonly kubernetes: string;
  readonly kubeletToken: string;
  /** A file with the bearer of someone who may create pods. */
  readonly developer: string;
  readonly namespace: string;
  readonly injector: string;
}

interface Home {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface Stage {
  readonly stack: Stack;
  /** The home of a person of this transcript only. */
  home(name: string): Home;
}

const programs = fileURLToPath(new URL('programs', import.meta.url));

/** Programs by their name on the PATH; those in TypeScript as bundles, which start sooner. */
async function writePrograms(bin: string, bundle: string): Promise<void> {
  const { outfile: _one, ...options } = bundleOptions('twofold');
  const entryPoints = ['browser', 'session'].map((name) => join(programs, `${name}.ts`));
  await esbuild({ ...options, entryPoints, outdir: bin, outExtension: { '.js': '.mjs' }, write: true });
  const write = (name: string, command: string): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\nexec ${command} "$@"\n`);
    chmodSync(join(bin, name), 0o755);
  };
  const oldest = execFileSync(join(repository, 'scripts/node'), ['--oldest'], { encoding: 'utf8' }).trim();
  write('twofold', `'${oldest}/bin/node' '${bundle}'`);
  for (const name of ['browser', 'session']) write(name, `'${process.execPath}' '${join(bin, name)}.mjs'`);
  write('at-terminal', `python3 '${join(programs, 'at-terminal')}'`);
}

export async function startStage(people: readonly string[]): Promise<Stage> {
  const dir = testFolder('cli');
  const bin = join(dir, 'bin');
  await writePrograms(bin, join(repository, 'dist', 'twofold.js'));
  await build();
  const stack = await startStack({
    dir: join(dir, 'stack'),
    certificates: (await testCertificates()).dir,
    people: ['developer', ...people],
    say: () => undefined,
  });
  const facts: StageFacts = {
    ca: stack.caFile,
    kubernetes: stack.kubernetes.url,
    kubeletToken: stack.tokens.kubelet,
    developer: join(stack.dir, 'tokens', 'developer.bearer'),
    namespace: development.namespace,
    injector: join(repository, 'dist', 'injector.js'),
  };
  writeFileSync(join(dir, 'stage.json'), JSON.stringify(facts));
  const proxy = await startProxy();
  const home = (name: string): Home => {
    const cwd = join(dir, 'homes', name);
    mkdirSync(cwd, { recursive: true });
    return {
      cwd,
      env: {
        PATH: `${bin}:${process.env['PATH'] ?? ''}`,
        HOME: cwd,
        LC_ALL: 'C.UTF-8',
        PERSON: name,
        CONSOLE: stack.urls.console,
        CA: stack.caFile,
        STAGE: join(dir, 'stage.json'),
        ISSUER: stack.issuer,
        NAMESPACE: development.namespace,
        TOKENS: join(stack.dir, 'tokens'),
        PROXY: proxy,
      },
    };
  };
  return { stack, home };
}
