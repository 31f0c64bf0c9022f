/**
 * Launchers to open, embed and get answers from `/launch`: one of an origin that the operator has listed, and one of
 * another. On 127.0.0.1 like the console, so both are of its site, as hubs mostly are: cookies alone stop neither.
 */
import { createServer, type Server } from 'node:https';
import { listenOn } from '#platform/https-server.ts';
import { testCertificates } from '../certificates.ts';

export interface Launchers {
  readonly listed: string;
  readonly unlisted: string;
  /** Bodies of the forms that were posted to `/return`. */
  readonly returned: URLSearchParams[];
  close(): void;
}

/** The twenty lines of docs/launchers.md, with the console's address from this page's own. */
const page = `<!doctype html><title>Launcher</title><body><script>
const query = new URLSearchParams(location.search);
const target = query.get('target');
addEventListener('message', ({ origin, data }) => {
  if (origin !== new URL(target).origin || data.type !== 'twofold-launch') return;
  document.title = 'answered';
  globalThis.answer = data;
});
if (query.get('how') === 'embed') {
  const frame = document.createElement('iframe');
  frame.src = target;
  frame.width = 800;
  frame.height = 600;
  document.body.append(frame);
} else if (query.get('how') === 'post') {
  const form = document.createElement('form');
  form.method = 'post';
  form.action = target;
  form.innerHTML = '<input name="name" value="planted"><input name="value" value="v"><button>go</button>';
  document.body.append(form);
} else {
  const button = document.createElement('button');
  button.textContent = 'Choose secrets';
  button.onclick = () => open(target, 'twofold', 'popup,width=700,height=800');
  document.body.append(button);
}
</script>`;

const start = async (returned: URLSearchParams[]): Promise<{ server: Server; origin: string }> => {
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
};

export const startLaunchers = async (): Promise<Launchers> => {
  const returned: URLSearchParams[] = [];
  const [listed, unlisted] = [await start(returned), await start([])];
  return {
    ...{ listed: listed.origin, unlisted: unlisted.origin, returned },
    close: () => {
      for (const { server } of [listed, unlisted]) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
};
