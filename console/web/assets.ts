/**
 * Script, style and icon of the page, under names that change with their content. Zone 1;
 * docs/design.md#page. The build puts them into the console's bundle (scripts/build.ts); run from its
 * sources, the console has none, and the page works without, as it does in a browser without JavaScript.
 */
import { createHash } from 'node:crypto';
import { Router } from 'express';

declare const TWOFOLD_PAGE: { readonly script: string; readonly style: string } | undefined;

const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#1f6f5c"/><g fill="none" stroke="#fff" stroke-width="2.6" stroke-linejoin="round"><path d="M7 12.5 16 8l9 4.5-9 4.5z"/><path d="m7 19.5 9 4.5 9-4.5" stroke-linecap="round"/></g></svg>`;

interface Asset {
  readonly path: string;
  readonly type: string;
  readonly content: string;
}

function asset(name: string, extension: string, type: string, content: string): Asset {
  const hash = createHash('sha256').update(content).digest('base64url').slice(0, 16);
  return { path: `/assets/${name}-${hash}.${extension}`, type, content };
}

export interface Assets {
  readonly script: string;
  readonly style: string;
  readonly icon: string;
  readonly router: Router;
}

export function createAssets(): Assets {
  const built = typeof TWOFOLD_PAGE === 'undefined' ? { script: '', style: '' } : TWOFOLD_PAGE;
  const all = {
    script: asset('page', 'js', 'text/javascript; charset=utf-8', built.script),
    style: asset('page', 'css', 'text/css; charset=utf-8', built.style),
    icon: asset('icon', 'svg', 'image/svg+xml', icon),
  };
  const router = Router({ caseSensitive: true, strict: true });
  for (const { path, type, content } of Object.values(all)) {
    router.get(path, (_request, response) => {
      response.set({ 'content-type': type, 'cache-control': 'public, max-age=31536000, immutable' });
      response.send(Buffer.from(content));
    });
  }
  return { script: all.script.path, style: all.style.path, icon: all.icon.path, router };
}
