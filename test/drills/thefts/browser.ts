/** A browser without a window: keeps each origin's cookies, and follows redirects. */
import { createHttpsClient } from '#platform/https-client.ts';

interface Seen {
  readonly status: number;
  readonly url: string;
  readonly text: string;
}

export interface Browser {
  /** What the last redirect leads to; `headers` go along with the first request. */
  visit(url: string, form?: Readonly<Record<string, string>>): Promise<Seen>;
  /** The `Cookie` header for an origin. */
  cookiesOf(origin: string): string;
  close(): void;
}

export function createBrowser(ca: string): Browser {
  const client = createHttpsClient({ ca });
  const jars = new Map<string, Map<string, string>>();
  const cookiesOf = (origin: string): string =>
    [...(jars.get(origin) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
  return {
    cookiesOf,
    close: () => client.close(),
    visit: async (url, form) => {
      let [target, body] = [new URL(url), form && new URLSearchParams(form).toString()];
      for (;;) {
        const { origin } = target;
        const answer = await client.call({
          method: body === undefined ? 'GET' : 'POST',
          url: target.href,
          headers: {
            accept: 'text/html',
            origin,
            cookie: cookiesOf(origin),
            ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
          },
          body,
          timeoutMs: 15_000,
          maxResponseBytes: 4_000_000,
        });
        const jar = jars.get(origin) ?? new Map<string, string>();
        jars.set(origin, jar);
        for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
          jar.set(name, value);
        }
        const { location } = answer.headers;
        if (typeof location !== 'string')
          return { status: answer.status, url: target.href, text: answer.body.toString() };
        [target, body] = [new URL(location, target), undefined];
      }
    },
  };
}

/** Logs in on the page of a development cluster by name. */
export async function logIn(browser: Browser, consoleUrl: string, username: string): Promise<void> {
  const asked = await browser.visit(`${consoleUrl}/login`);
  const { url, status } = await browser.visit(asked.url, { username });
  if (status !== 200 || !url.startsWith(`${consoleUrl}/`)) throw new Error(`no login: ${status} ${url}`);
}
