/** A user who is logged in on the page, for requests built byte by byte. */
import { newUser, type TestConsole } from './console.ts';
import { logIn, visitor } from './login-provider.ts';

export interface PagePerson {
  readonly user: string;
  /** What their browser sends with a form of the page. */
  readonly headers: { readonly cookie: string; readonly origin: string; readonly 'sec-fetch-site': string };
  readonly csrf: string;
}

export async function pagePerson(
  running: TestConsole,
  origin: string,
  user = newUser(),
): Promise<PagePerson> {
  const visit = visitor(running);
  await logIn(running, visit, user);
  const cookie = `__Host-twofold=${visit.cookies.get('__Host-twofold') ?? ''}`;
  const csrf = /data-csrf="([^"]+)"/.exec((await visit.get('/new')).body.toString())?.[1] ?? '';
  return { user, csrf, headers: { cookie, origin, 'sec-fetch-site': 'same-origin' } };
}

interface Multipart {
  readonly type: string;
  readonly body: Buffer;
}

/** A form with these fields and one file, as browsers send it. */
export function multipart(fields: Readonly<Record<string, string>>, file: string | Buffer): Multipart {
  const boundary = 'X';
  const parts = Object.entries(fields).map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const before =
    parts.join('') +
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename=".env"\r\nContent-Type: text/plain\r\n\r\n`;
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([Buffer.from(before), Buffer.from(file), Buffer.from(`\r\n--${boundary}--\r\n`)]),
  };
}
