/**
 * Launchers to open, embed and get answers from `/launch`. Two are on 127.0.0.1 like the console, so both are of its site,
 * as hubs usually are: one of an origin that the operator has listed, and one of another. The first also has an origin on
 * a site of its own, which is listed too: the browser finds it by `resolverRules`.
 */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { listenOn } from '#platform/listen.ts';
import { testCertificates } from '../certificates.ts';

export interface Launchers {
  readonly listed: string;
  /** Listed, and of another site than the console. */
  readonly foreign: string;
  readonly unlisted: string;
  /** Bodies of the forms that were posted to `/return`. */
  readonly returned: URLSearchParams[];
  close(): void;
}

const FOREIGN = 'launcher.example';
export const resolverRules = `MAP ${FOREIGN} 127.0.0.1`;

/** What docs/launchers.md tells launchers to write, for the console of the address that this page is given. */
function example(): string {
  const docs = readFileSync(new URL('../../docs/launchers.md', import.meta.url), 'utf8');
  const code = /```js\n([^]*?)\ndocument\.querySelector/.exec(docs)?.[1];
  const console_ = "'https://secrets.example.org'";
  if (!code?.includes(console_)) throw new Error('docs/launchers.md has no example');
  return code.replace(console_, 'new URL(target).origin');
}

/** `choose` and `embed` follow the docs; `show` embeds any address; `post` sends it a form. */
const page = `<!doctype html><title>Launcher</title><body><script>
const query = new URLSearchParams(location.search);
const target = query.get('target');
${example()}
const session = Object.fromEntries(new URL(target ?? location).searchParams);
const answered = (data) => {
  document.title = 'answered';
  globalThis.answer = data;
};
const how = query.get('how');
const frame = document.createElement('iframe');
frame.style = 'width: 100%; height: 600px; border: 0';
document.body.style.margin = 0;
if (how === 'embed' || how === 'show') document.body.append(frame);
if (how === 'embed') chooseSecrets(session, frame).then(answered);
if (how === 'show') frame.src = target;
if (how === 'post') {
  const form = document.createElement('form');
  form.method = 'post';
  form.action = target;
  form.innerHTML = '<input name="name" value="planted"><input name="value" value="v"><button>go</button>';
  document.body.append(form);
}
if (how === 'choose') {
  const button = document.createElement('button');
  button.textContent = 'Choose secrets';
  button.onclick = () => chooseSecrets(session).then(answered);
  document.body.append(button);
}
</script>`;

async function start(returned: URLSearchParams[]): Promise<{ server: Server; origin: string }> {
  const { cert, key } = (await testCertificates()).leaf('console');
  const server = createServer({ cert, key }, (request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      if (request.method === 'POST') returned.push(new URLSearchParams(body));
      response.setHeader('content-type', 'text/html');
      response.end(request.method === 'POST' ? '<!doctype html><title>returned</title>' : page);
    });
  });
  return { server, origin: `https://127.0.0.1:${await listenOn(server, '127.0.0.1', 0)}` };
}

export async function startLaunchers(): Promise<Launchers> {
  const returned: URLSearchParams[] = [];
  const [listed, unlisted] = [await start(returned), await start([])];
  return {
    listed: listed.origin,
    unlisted: unlisted.origin,
    returned,
    foreign: listed.origin.replace('127.0.0.1', FOREIGN),
    close: () => {
      for (const { server } of [listed, unlisted]) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}
