/**
 * How the page's addresses are served: the visitor, the rate limit, whether a form is this page's own, then the answer in
 * its frame. Zone 1; docs/design.md#page. A failure becomes a page too.
 */
import { Router, type ErrorRequestHandler, type Request, type RequestHandler, type Response } from 'express';
import type { BodyGate } from '#platform/body-gate.ts';
import type { Log } from '#platform/log.ts';
import type { Refusal } from '../core/outcome.ts';
import { readBody } from '../http/body.ts';
import { noteRefusal } from '../http/answer.ts';
import { logFailure, refusalOf } from '../http/errors.ts';
import { refusals, type RefusalCode } from '../refusals.ts';
import { isForm, readForm, type Form } from './forms.ts';
import type { Frame, Page, PageAnswer } from './frame.ts';
import { failurePage } from './plain-pages.ts';
import { html, type Html } from './html.ts';
import { LAUNCH_PATH, LOGGED_IN_PATH, loginAddress } from './shared/addresses.ts';
import { text } from './shared/text.ts';
import { isOwnOrigin, isSameToken, type Visitor, type Visitors } from './visitors.ts';

/** Why a form that was sent is shown again: the login has ended, or the form was made under another one. */
export type ResubmitReason = 'login_ended' | 'other_login';

/** A form of this page, by the session that it was made for. */
export interface Submission {
  readonly request: Request;
  readonly response: Response;
  readonly form: Form;
  readonly visitor: Visitor;
}

export interface FormRoute {
  readonly maxBytes: number;
  /** For a browser without a login, even one that has ended: the form is not read. A 401 where absent. */
  readonly stranger?: PageAnswer;
  readonly submit: (submission: Submission) => Promise<PageAnswer>;
  /** Where `submit` failed; where absent, a page that says so, without the form. */
  readonly failed?: (submission: Submission, refusal: Refusal) => PageAnswer;
  /** The form with everything that was typed, to be sent again. */
  readonly again: (
    request: Request,
    form: Form,
    why: ResubmitReason,
    visitor: Visitor | undefined,
  ) => Promise<PageAnswer>;
}

export interface PageRoutes {
  readonly router: Router;
  /** Name of the page that answers, for metrics. */
  nameOf(request: Request): string | undefined;
  /** For anybody. */
  open(
    path: string,
    name: string,
    show: (request: Request, response: Response) => Promise<PageAnswer | undefined>,
  ): void;
  /** For those who are logged in; others log in first, and come back. */
  show(
    path: string,
    name: string,
    show: (request: Request, visitor: Visitor, response: Response) => Promise<PageAnswer>,
  ): void;
  form(path: string, name: string, route: FormRoute): void;
  /** After all of them. */
  finish(): void;
}

interface Ports {
  readonly visitors: Visitors;
  readonly frame: Frame;
  /** `scheme://host`, as the browser sees this console. */
  readonly origin: string;
  readonly limit: RequestHandler;
  readonly log: Log;
  readonly gate: BodyGate;
}

export function refusedPage(
  response: Response,
  code: RefusalCode,
  detail: string,
  retryAfterSeconds?: number,
): Page {
  noteRefusal(response, { code, detail });
  const { method, originalUrl, path } = response.req;
  const { status } = refusals[code];
  const again = method === 'GET' && (status === 429 || status >= 500) ? originalUrl : undefined;
  return failurePage({ status, code, detail, retryAfterSeconds, again, alone: path === LAUNCH_PATH });
}

/** Shown above a form that is shown again. */
export function againNotice(why: ResubmitReason): Html {
  return why === 'login_ended'
    ? html`<h2>${text.expired.title}</h2>
        <p>${text.expired.lead}</p>
        <p class="buttons">
          <a class="button" href="${loginAddress(LOGGED_IN_PATH)}" target="_blank" rel="noopener"
            >${text.expired.step}</a
          >
          <span>${text.expired.then}</span>
        </p>`
    : html`<p>${text.expired.unsafe}</p>`;
}

export function againStatus(why: ResubmitReason): number {
  return why === 'login_ended' ? 401 : 403;
}

export function createPageRoutes(ports: Ports): PageRoutes {
  const { visitors, frame, log } = ports;
  const router = Router({ caseSensitive: true, strict: true });
  const names = new WeakMap<Request, string>();
  const send = (request: Request, response: Response, answer: PageAnswer): void => {
    if ('to' in answer) response.redirect(303, answer.to);
    else frame.send(request, response, answer, visitors.of(request));
  };
  const named =
    (name: string): RequestHandler =>
    (request, _response, next) => {
      names.set(request, name);
      next();
    };
  /** All that can be checked about a form before it is read. */
  const refuseUnread = (
    request: Request,
    response: Response,
    { stranger }: FormRoute,
  ): PageAnswer | undefined => {
    if (!isOwnOrigin(request, ports.origin))
      return refusedPage(response, 'cross_site', text.failed.crossSite);
    if (visitors.lately(request) === undefined)
      return stranger ?? refusedPage(response, 'login_ended', text.expired.unread);
    return isForm(request) ? undefined : refusedPage(response, 'body_malformed', text.failed.malformed);
  };
  const demandForm =
    (route: FormRoute): RequestHandler =>
    (request, response, next) => {
      const answer = refuseUnread(request, response, route);
      if (answer) send(request, response, answer);
      else next();
    };
  const attempt = async (submission: Submission, { submit, failed }: FormRoute): Promise<PageAnswer> => {
    try {
      return await submit(submission);
    } catch (thrown) {
      if (!failed) throw thrown;
      logFailure(log, thrown);
      const refusal = refusalOf(thrown) ?? { code: 'internal_error', detail: '' };
      noteRefusal(submission.response, refusal);
      return failed(submission, refusal);
    }
  };
  const submit = async (request: Request, response: Response, route: FormRoute): Promise<PageAnswer> => {
    const form = await readForm(request);
    if (!form.ok) return refusedPage(response, form.refusal.code, text.failed.malformed);
    const visitor = visitors.of(request);
    if (visitor && isSameToken(visitor, form.value.text('csrf'))) {
      return await attempt({ request, response, form: form.value, visitor }, route);
    }
    noteRefusal(response, { code: 'login_ended', detail: '' });
    return await route.again(request, form.value, visitor ? 'other_login' : 'login_ended', visitor);
  };
  const onError: ErrorRequestHandler = (thrown, request, response, _next) => {
    logFailure(log, thrown);
    // An answer that is half sent cannot be replaced.
    if (response.headersSent) response.destroy();
    else {
      const { code, detail } = refusalOf(thrown) ?? { code: 'internal_error' as const, detail: '' };
      send(request, response, refusedPage(response, code, detail));
    }
  };
  return {
    router,
    nameOf: (request) => names.get(request),
    open: (path, name, show) => {
      router.get(path, named(name), visitors.identify, ports.limit, async (request, response) => {
        const answer = await show(request, response);
        if (answer) send(request, response, answer);
      });
    },
    show: (path, name, show) => {
      router.get(path, named(name), visitors.identify, ports.limit, async (request, response) => {
        const visitor = visitors.of(request);
        const answer = visitor
          ? await show(request, visitor, response)
          : { to: loginAddress(request.originalUrl) };
        send(request, response, answer);
      });
    },
    form: (path, name, route) => {
      router.post(
        path,
        named(name),
        visitors.identify,
        ports.limit,
        demandForm(route),
        readBody(ports.gate, { limitBytes: route.maxBytes, who: (request) => visitors.lately(request) }),
        async (request: Request, response: Response) => {
          send(request, response, await submit(request, response, route));
        },
      );
    },
    finish: () => {
      router.use(visitors.identify, ports.limit, (request, response, next) => {
        if (request.accepts('html') !== 'html') {
          next();
          return;
        }
        send(request, response, refusedPage(response, 'not_found', text.failed.notFound));
      });
      router.use(onError);
    },
  };
}
