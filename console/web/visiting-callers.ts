/**
 * The page's script as a caller of the API: its session instead of a bearer, and the session's token in a header that
 * only a script of this origin can set. Zone 1; design §5.
 */
import type { RequestHandler } from 'express';
import { sendProblem } from '../http/answer.ts';
import { CSRF_HEADER } from './shared/addresses.ts';
import { isOwnOrigin, isSameToken, type Visitors } from './visitors.ts';

interface VisitingCallers {
  readonly identify: RequestHandler;
  readonly demand: RequestHandler;
}

export function createVisitingCallers(visitors: Visitors, origin: string): VisitingCallers {
  return {
    identify: visitors.identify,
    demand: (request, response, next) => {
      const visitor = visitors.of(request);
      const token = request.headers[CSRF_HEADER];
      // Browsers send no Origin with a GET of a page's own: Fetch metadata speaks for it.
      if (!isOwnOrigin(request, origin)) {
        sendProblem(response, { code: 'cross_site', detail: 'Only the page of this console may call this.' });
      } else if (!visitor || typeof token !== 'string' || !isSameToken(visitor, token)) {
        sendProblem(response, {
          code: 'login_ended',
          detail: 'The login on the page has ended, or is another one.',
        });
      } else next();
    },
  };
}
