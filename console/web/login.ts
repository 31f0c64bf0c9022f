/**
 * Log in and log out. Zone 1; docs/design.md#page. A login is bound to the browser that began it by a cookie
 * with its state, nonce and verifier, so nobody can be logged in as somebody else by a link; it ends in a
 * session with a new id.
 */
import type { Request, Response } from 'express';
import type { Owners } from '../core/owners.ts';
import { ProviderMisconfigured, ProviderUnavailable } from '../discovery.ts';
import type { CookieKind, Cookies } from './cookies.ts';
import type { Page, PageAnswer } from './frame.ts';
import { html } from './html.ts';
import type { LoginChecks, LoginEnd, LoginProvider } from './login-provider.ts';
import type { PageRoutes, Submission } from './routing.ts';
import { LOGGED_IN_PATH, loginAddress } from './shared/addresses.ts';
import { text } from './shared/text.ts';
import type { Visitors } from './visitors.ts';

interface Ports {
  readonly provider: LoginProvider;
  readonly cookies: Cookies;
  readonly visitors: Visitors;
  readonly owners: Owners;
  readonly origin: string;
}

export const CALLBACK_PATH = '/login/callback';
const LOGGED_OUT_PATH = '/logout/done';
const kind: CookieKind = { name: 'twofold-login', lifeSeconds: 600 };
const MAX_TO_LENGTH = 2000;
const MAX_LOGOUT_BYTES = 4096;

/** Pages that a login may lead back to: an address of this console and no other, whatever it looks like. */
const RETURNS =
  /^\/(secrets|secret\/[A-Za-z0-9._-]+(\/replace|\/delete)?|new|import|tickets|ticket\/[0-9a-f-]+|activity|launch|login\/done)$/;

export function returnPath(to: unknown, origin: string): string {
  if (typeof to !== 'string' || to.length > MAX_TO_LENGTH || !URL.canParse(to, origin)) return '/secrets';
  const url = new URL(to, origin);
  return to.startsWith('/') && url.origin === origin && RETURNS.test(url.pathname)
    ? url.pathname + url.search
    : '/secrets';
}

function failed(to: string, title: string, sentence: string, status: number): Page {
  return {
    status,
    title,
    keepsOpener: true,
    ...(status === 503 ? { retryAfterSeconds: 2 } : {}),
    body: html`<section class="notice">
      <h1>${title}</h1>
      <p>${sentence}</p>
      <p><a class="button primary" href="${loginAddress(to)}">${text.login.again}</a></p>
    </section>`,
  };
}

/** What the provider's answers lead to; where it gives none, a page that says so. */
async function orDown<T extends PageAnswer>(to: string, ask: () => Promise<T>): Promise<T | Page> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ProviderMisconfigured)
      return failed(to, text.login.downTitle, text.login.misconfigured(error.message), 500);
    if (!(error instanceof ProviderUnavailable)) throw error;
    return failed(to, text.login.downTitle, text.login.down, 503);
  }
}

const donePage: Page = {
  title: text.login.doneTitle,
  alone: true,
  keepsOpener: true,
  body: html`<section class="notice" data-island="logged-in">
    <h1>${text.login.doneTitle}</h1>
    <p>${text.login.done}</p>
  </section>`,
};

function outPage(url: string): Page {
  return {
    title: text.login.outTitle,
    refreshTo: url,
    body: html`<section class="notice">
      <h1>${text.login.outTitle}</h1>
      <p>${text.login.outLead}</p>
      <p><a class="button primary" href="${url}">${text.login.outNow}</a></p>
    </section>`,
  };
}

function createFinish({ provider, cookies, visitors, owners, origin }: Ports) {
  return async (request: Request, response: Response): Promise<PageAnswer> => {
    const began = await cookies.read(request, kind);
    cookies.clear(response, kind);
    const to = returnPath(began?.['to'], origin);
    if (!began) return failed(to, text.login.failedTitle, text.login.refused, 400);
    // This console wrote them.
    const checks = began['checks'] as LoginChecks;
    return await orDown(to, async (): Promise<PageAnswer> => {
      const end: LoginEnd = await provider.finish(new URL(request.originalUrl, origin), checks);
      if (end.kind !== 'done') return failed(to, text.login.failedTitle, text.login[end.kind], 400);
      const ownerId = await owners.enter(end.login);
      await visitors.enter(request, response, { ownerId, shownName: end.shownName });
      return { to };
    });
  };
}

export function mountLogin(routes: PageRoutes, ports: Ports): void {
  const { provider, cookies, visitors, origin } = ports;
  routes.open('/login', 'login', async (request, response) => {
    const to = returnPath(request.query['to'], origin);
    return await orDown(to, async () => {
      const { url, checks } = await provider.begin();
      await cookies.write(response, kind, { to, checks });
      return { to: url };
    });
  });
  routes.open(CALLBACK_PATH, 'loginCallback', createFinish(ports));
  routes.open(LOGGED_IN_PATH, 'loginDone', () => Promise.resolve(donePage));
  routes.open(LOGGED_OUT_PATH, 'logoutDone', () => Promise.resolve({ to: '/?out' }));
  const leave = async ({ request, response }: Submission): Promise<PageAnswer> => {
    await visitors.leave(request, response);
    // The logout here stands in any case: the provider's own session comes second, and may remain where it does not answer.
    const end = await provider.endSessionUrl(origin + LOGGED_OUT_PATH).catch(() => undefined);
    return end === undefined ? { to: '/?out' } : outPage(end);
  };
  routes.form('/logout', 'logout', {
    maxBytes: MAX_LOGOUT_BYTES,
    submit: leave,
    stranger: { to: '/?out' },
    again: (_request, _form, why) => Promise.resolve({ to: why === 'login_ended' ? '/?out' : '/secrets' }),
  });
}
