/**
 * Visitors of the page: the session that the browser's cookie names, and whether a form comes from this
 * page. Zone 1; docs/design.md#page.
 */
import type { Request, RequestHandler, Response } from 'express';
import { utf8 } from '#envelope/bytes.ts';
import { parseOwnerId, type OwnerId } from '#envelope/names.ts';
import { nodeCipher } from '#envelope/node-cipher.ts';
import type { WebSessions } from '../core/web-sessions.ts';
import { sendProblem } from '../http/answer.ts';
import type { CookieKind, Cookies } from './cookies.ts';
import { CSRF_HEADER } from './shared/addresses.ts';

export interface Visitor {
  readonly ownerId: OwnerId;
  readonly sessionId: string;
  readonly shownName: string;
  /** Bound to the session: every form carries it. */
  readonly csrf: string;
}

export interface Visitors {
  /** Identifies the visitor; refuses nobody. */
  readonly identify: RequestHandler;
  of(request: Request): Visitor | undefined;
  /** The owner who has, or recently had, a login in this browser: their form may be returned to them. */
  lately(request: Request): OwnerId | undefined;
  /** Opens a session under a new id, and ends the previous one. */
  enter(request: Request, response: Response, who: { ownerId: OwnerId; shownName: string }): Promise<void>;
  leave(request: Request, response: Response): Promise<void>;
}

interface Ports {
  readonly cookies: Cookies;
  readonly sessions: WebSessions;
  readonly random: (bytes: number) => Uint8Array;
  readonly lifeSeconds: number;
}

const CSRF_BYTES = 24;
/** A cookie outlives its session, so that a form from an ended login is not taken for a stranger's; it opens nothing. */
const LATELY_SECONDS = 86_400;

export function createVisitors({ cookies, sessions, random, lifeSeconds }: Ports): Visitors {
  const kind: CookieKind = { name: 'twofold', lifeSeconds: lifeSeconds + LATELY_SECONDS };
  const known = new WeakMap<Request, Visitor>();
  const lately = new WeakMap<Request, OwnerId>();
  const read = async (request: Request): Promise<Visitor | undefined> => {
    const { sid, own, nam, csrf } = (await cookies.read(request, kind)) ?? {};
    const ownerId = parseOwnerId(own);
    if (!ownerId || typeof sid !== 'string' || typeof nam !== 'string' || typeof csrf !== 'string')
      return undefined;
    lately.set(request, ownerId);
    if ((await sessions.enter(sid)) !== ownerId) return undefined;
    return { ownerId, sessionId: sid, shownName: nam, csrf };
  };
  return {
    of: (request) => known.get(request),
    lately: (request) => lately.get(request),
    identify: async (request, _response, next) => {
      const visitor = await read(request);
      if (visitor) known.set(request, visitor);
      next();
    },
    enter: async (request, response, { ownerId, shownName }) => {
      const sid = await sessions.open(ownerId, known.get(request)?.sessionId);
      const csrf = Buffer.from(random(CSRF_BYTES)).toString('base64url');
      await cookies.write(response, kind, { sid, own: ownerId, nam: shownName, csrf });
    },
    leave: async (request, response) => {
      const visitor = known.get(request);
      if (visitor) await sessions.end(visitor.sessionId);
      cookies.clear(response, kind);
    },
  };
}

/**
 * Whether a page of this origin sent this request, by Fetch metadata and Origin, of which at least one must be there. A
 * forged form of another site fails here, whatever cookies it carries.
 */
export function isOwnOrigin({ headers }: Request, origin: string): boolean {
  const site = headers['sec-fetch-site'];
  if (site === undefined && headers.origin === undefined) return false;
  return (
    (site === undefined || site === 'same-origin') &&
    (headers.origin === undefined || headers.origin === origin)
  );
}

export function isSameToken(visitor: Visitor, token: string): boolean {
  return nodeCipher.equal(utf8(visitor.csrf), utf8(token));
}

interface PageCallers {
  readonly identify: RequestHandler;
  readonly demand: RequestHandler;
}

/**
 * The page's script as a caller of the API: its session instead of a bearer, and the session's token in a header that
 * only a script of this origin can set.
 */
export function createVisitingCallers(visitors: Visitors, origin: string): PageCallers {
  return {
    identify: visitors.identify,
    demand: (request, response, next) => {
      const visitor = visitors.of(request);
      const token = request.headers[CSRF_HEADER];
      // Browsers send no Origin with a GET to the same origin: Fetch metadata identifies it.
      if (!isOwnOrigin(request, origin)) {
        sendProblem(response, { code: 'cross_site', detail: 'Only this console’s own page may call this.' });
      } else if (!visitor || typeof token !== 'string' || !isSameToken(visitor, token)) {
        sendProblem(response, {
          code: 'login_ended',
          detail: 'The login on the page has ended, or another one has replaced it.',
        });
      } else next();
    },
  };
}
