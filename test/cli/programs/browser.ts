/** A person's browser without a screen: `browser NAME URL` fills in every form it meets, and prints where it ends. */
import { readFileSync } from 'node:fs';
import { createHttpsClient } from '#platform/https-client.ts';
import { createFetch } from '../../../cli/api/fetch.ts';

const [name = '', start = ''] = process.argv.slice(2);
const client = createHttpsClient({ ca: readFileSync(process.env['CA'] ?? '', 'utf8') });
const secure = createFetch(client);
/** By origin: a loopback page must not get the provider's cookies. */
const cookies = new Map<string, Map<string, string>>();

async function open(url: URL, form?: URLSearchParams): Promise<Response> {
  const jar = cookies.get(url.origin) ?? new Map<string, string>();
  cookies.set(url.origin, jar);
  const init = {
    headers: { cookie: [...jar].map((pair) => pair.join('=')).join('; ') },
    redirect: 'manual' as const,
    ...(form === undefined ? {} : { method: 'POST', body: form }),
  };
  const response = await (url.protocol === 'https:' ? secure(url, init) : fetch(url, init));
  for (const one of response.headers.getSetCookie()) {
    const [, cookie = '', value = ''] = /^([^=]+)=([^;]*)/.exec(one) ?? [];
    jar.set(cookie, value);
  }
  return response;
}

function attribute(tag: string, of: string): string | undefined {
  return new RegExp(`\\s${of}="([^"]*)"`).exec(tag)?.[1];
}

function fill(page: string): URLSearchParams {
  const form = new URLSearchParams();
  for (const [tag] of page.matchAll(/<(input|button)[^>]*>/g)) {
    const field = attribute(tag, 'name');
    if (field !== undefined) form.set(field, field === 'username' ? name : (attribute(tag, 'value') ?? ''));
  }
  return form;
}

let [url, response] = [new URL(start), await open(new URL(start))];
let text = '';
for (let steps = 0; steps < 20; steps += 1) {
  const location = response.headers.get('location');
  if (location !== null) {
    url = new URL(location, url);
    response = await open(url);
    continue;
  }
  text = await response.text();
  const form = /<form[^>]*>/.exec(text)?.[0];
  if (form === undefined) break;
  url = new URL(attribute(form, 'action') ?? url.href, url);
  response = await open(url, fill(text));
}
console.log(/<h1>([^<]*)<\/h1>/.exec(text)?.[1] ?? text);
client.close();
