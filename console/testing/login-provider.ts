/** What the page's login needs of the test's identity provider: a token endpoint that answers ID tokens of any shape. */
import type { HttpsAnswer } from '#platform/https-client.ts';
import type { TestConsole } from './console.ts';
import type { TokenOptions } from './identity-provider.ts';

export const CLIENT_ID = 'page';

/** A browser without a window: keeps cookies, follows nothing. */
export interface Visit {
  readonly cookies: Map<string, string>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<HttpsAnswer>;
}

export function visitor(console: TestConsole): Visit {
  const cookies = new Map<string, string>();
  return {
    cookies,
    get: async (path, headers = {}) => {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await console.client.call({
        method: 'GET',
        url: console.urlOf('public') + path,
        headers: { accept: 'text/html', cookie, ...headers },
        timeoutMs: 15_000,
        maxResponseBytes: 8 * 1024 * 1024,
      });
      const set = answer.headers['set-cookie'] ?? [];
      for (const line of typeof set === 'string' ? [set] : set) {
        const [pair = ''] = line.split(';');
        const [name = '', value = ''] = pair.split(/=(.*)/s);
        if (value === '') cookies.delete(name);
        else cookies.set(name, value);
      }
      return answer;
    },
  };
}

/** Logs in: the request to the provider, then its answer with this ID token. */
export async function logIn(
  console: TestConsole,
  visit: Visit,
  sub: string,
  options: TokenOptions = {},
): Promise<HttpsAnswer> {
  const began = await visit.get('/login');
  if (began.status !== 303) return began;
  const asked = new URL(String(began.headers['location'])).searchParams;
  const claims = { nonce: asked.get('nonce'), ...options.claims };
  const token = await console.provider.token(sub, { audience: CLIENT_ID, typ: 'JWT', ...options, claims });
  console.provider.idToken = token;
  return await visit.get(`/login/callback?code=c&state=${asked.get('state') ?? ''}`);
}
