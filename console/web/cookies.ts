/**
 * Cookies of the page, as encrypted JWTs. Zone 1; docs/design.md#page. JWE compact, `dir` + A256GCM, under a key of
 * their own, chosen by its kid; `typ` tells one kind of cookie from another. `__Host-`: only this host,
 * only over TLS, every path.
 */
import { parseCookie } from 'cookie';
import type { Request, Response } from 'express';
import { EncryptJWT, jwtDecrypt, type JWTPayload } from 'jose';
import type { OctKey } from '../key-files.ts';

export interface CookieKind {
  readonly name: string;
  readonly lifeSeconds: number;
}

export interface Cookies {
  /** The cookie's content; undefined where there is no valid one. */
  read(request: Request, kind: CookieKind): Promise<JWTPayload | undefined>;
  write(response: Response, kind: CookieKind, content: JWTPayload): Promise<void>;
  clear(response: Response, kind: CookieKind): void;
}

interface Ports {
  /** Newest first. */
  readonly keys: readonly [OctKey, ...OctKey[]];
  readonly clock: () => number;
}

const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax';
function hostName({ name }: CookieKind): string {
  return `__Host-${name}`;
}

/** Not decoded, and the first of this name (RFC 6265 §5.4 sends the most specific first; with `__Host-` there is one). */
function valueOf(header: string, name: string): string | undefined {
  return parseCookie(header, { decode: (text) => text })[name];
}

export function createCookies({ keys, clock }: Ports): Cookies {
  const byKid = new Map(keys.map((key) => [key.kid as string, key]));
  const [newest] = keys;
  return {
    read: async (request, kind) => {
      const text = valueOf(request.headers.cookie ?? '', hostName(kind));
      if (text === undefined) return undefined;
      try {
        const { payload } = await jwtDecrypt(
          text,
          ({ kid }) => {
            const key = byKid.get(kid ?? '');
            if (!key) throw new Error('a cookie of another key');
            return key.key;
          },
          {
            typ: kind.name,
            currentDate: new Date(clock()),
            requiredClaims: ['exp'],
            keyManagementAlgorithms: ['dir'],
            contentEncryptionAlgorithms: ['A256GCM'],
          },
        );
        return payload;
      } catch {
        // Whatever is wrong with it: it is not a valid cookie, or not any more.
        return undefined;
      }
    },
    write: async (response, kind, content) => {
      const text = await new EncryptJWT(content)
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: newest.kid, typ: kind.name })
        .setExpirationTime(Math.floor(clock() / 1000) + kind.lifeSeconds)
        .encrypt(newest.key);
      response.append('set-cookie', `${hostName(kind)}=${text}; ${attributes}; Max-Age=${kind.lifeSeconds}`);
    },
    clear: (response, kind) => {
      response.append('set-cookie', `${hostName(kind)}=; ${attributes}; Max-Age=0`);
    },
  };
}
