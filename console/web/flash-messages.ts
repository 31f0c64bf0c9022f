/** A message shown once after an action: a cookie that lives until the next list. Zone 1. */
import type { Request, Response } from 'express';
import { parseSecretName } from '#envelope/names.ts';
import type { Cookies } from './cookies.ts';
import { text } from './shared/text.ts';

type FlashMessage =
  | { readonly what: 'created' | 'replaced' | 'deleted'; readonly name: string }
  | { readonly what: 'revoked' }
  | { readonly what: 'imported'; readonly created: number; readonly replaced: number };

export interface FlashMessages {
  set(response: Response, said: FlashMessage): Promise<void>;
  /** The sentence, once. */
  take(request: Request, response: Response): Promise<string | undefined>;
}

const kind = { name: 'twofold-said', lifeSeconds: 60 } as const;

function sentence(said: Readonly<Record<string, unknown>>): string | undefined {
  const { what, created, replaced } = said;
  if (what === 'revoked') return text.said.revoked;
  if (what === 'imported') return text.said.imported(Number(created), Number(replaced));
  const name = parseSecretName(said['name']);
  if (!name || (what !== 'created' && what !== 'replaced' && what !== 'deleted')) return undefined;
  return text.said[what](name);
}

export function createFlashMessages(cookies: Cookies): FlashMessages {
  return {
    set: (response, said) => cookies.write(response, kind, { ...said }),
    take: async (request, response) => {
      const said = await cookies.read(request, kind);
      if (!said) return undefined;
      cookies.clear(response, kind);
      return sentence(said);
    },
  };
}
