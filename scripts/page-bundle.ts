/** Bundles the page's script and style into texts, which the console's bundle carries. Development tool, no zone. */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as esbuild, type BuildOptions, type Metafile } from 'esbuild';

export const scriptOptions: BuildOptions & { metafile: true; write: false } = {
  absWorkingDir: dirname(dirname(fileURLToPath(import.meta.url))),
  bundle: true,
  minify: true,
  platform: 'browser',
  format: 'iife',
  target: 'es2022',
  legalComments: 'none',
  logLevel: 'warning',
  outdir: 'dist',
  metafile: true,
  write: false,
};

interface PageBundle {
  readonly script: string;
  readonly style: string;
  readonly metafile: Metafile;
}

export async function bundlePage(): Promise<PageBundle> {
  const { outputFiles, metafile } = await esbuild({
    ...scriptOptions,
    entryPoints: { page: 'page/main.ts', style: 'page/style.css' },
  });
  const textOf = (name: string): string => {
    const file = outputFiles.find(({ path }) => path.endsWith(name));
    if (!file) throw new Error(`esbuild gave no ${name}`);
    return file.text;
  };
  return { script: textOf('page.js'), style: textOf('style.css'), metafile };
}
