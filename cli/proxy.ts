/** The proxy that the environment names, as other programs read it. Zone 0. */
import { failure } from './failure.ts';
import type { Env } from './settings.ts';

export interface Proxy {
  /** The variable that names it. */
  readonly variable: string;
  /** Without name and password. */
  readonly host: string;
  /** For Node's own agent, which knows proxies since 22.21 and 24.5. */
  readonly env: Readonly<Record<string, string>>;
}

/** The first that is set; empty counts as not set. */
function given(env: Env, variables: readonly string[]): { variable: string; text: string } | undefined {
  for (const variable of variables) {
    const text = env[variable];
    if (text !== undefined && text !== '') return { variable, text };
  }
  return undefined;
}

/** `user:password@proxy:3128`, with or without `http://`; Node ignores an address that it cannot use. */
function parseProxyUrl(text: string): URL | undefined {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (!url || !['http:', 'https:'].includes(url.protocol)) return undefined;
  try {
    decodeURIComponent(url.username + url.password);
    return url;
  } catch {
    return undefined;
  }
}

/** Throws a Failure, which does not repeat the address: there may be a password in it. */
export function proxyOf(env: Env): Proxy | undefined {
  const one = given(env, ['https_proxy', 'HTTPS_PROXY']);
  if (!one) return undefined;
  const url = parseProxyUrl(one.text);
  if (!url) {
    throw failure(
      'proxy_unusable',
      `${one.variable} is not the address of an HTTP proxy.`,
      'Write http://proxy.example.org:3128, or unset it. There is no support for SOCKS.',
    );
  }
  const except = given(env, ['no_proxy', 'NO_PROXY'])?.text;
  return {
    variable: one.variable,
    host: url.host,
    env: { https_proxy: url.href, ...(except === undefined ? {} : { no_proxy: except }) },
  };
}

/** The flag is as old as the agent's option. */
export function nodeKnowsProxies(): boolean {
  return process.allowedNodeEnvironmentFlags.has('--use-env-proxy');
}
