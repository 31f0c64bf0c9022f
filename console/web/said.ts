/** What the page says once after something was done: a cookie that lives until the next list. Zone 1. */
import type { Request, Response } from 'express';
import { parseSecretName } from '#envelope/names.ts';
import type { Cookies } from './cookies.ts';
import { text } from './shared/text.ts';

type Said =
  | { readonly what: 'created' | 'replaced' | 'deleted'; readonly name: string }
  | { readonly what: 'imported'; readonly created: number; readonly replaced: number };

export interface Sayings {
  say(response: Response, said: Said): Promise<void>;
  /** The sentence, once. */
  hear(request: Request, response: Response): Promise<string | undefined>;
}

const kind = { name: 'twofold-said', lifeSeconds: 60 } as const;

function sentence(said: Readonly<Record<string, unknown>>): string | undefined {
  const { what, created, replaced } = said;
  if (what === 'imported') return text.said.imported(Number(created), Number(replaced));
  const name = parseSecretName(said['name']);
  if (!name || (what !== 'created' && what !== 'replaced' && what !== 'deleted')) return undefined;
  return text.said[what](name);
}

export function createSayings(cookies: Cookies): Sayings {
  return {
    say: (response, said) => cookies.write(response, kind, { ...said }),
    hear: async (request, response) => {
      const said = await cookies.read(request, kind);
      if (!said) return undefined;
      cookies.clear(response, kind);
      return sentence(said);
    },
  };
}
