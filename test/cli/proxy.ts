/** An HTTP proxy on loopback that asks for a name and a password, and opens tunnels only (RFC 9110 §9.3.6). */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';

const LOGIN = 'person:open';

/** Its address with name and password. It ends with the process. */
export async function startProxy(): Promise<string> {
  const expected = `Basic ${Buffer.from(LOGIN).toString('base64')}`;
  const server = createServer((_request, response) => response.writeHead(405).end());
  server.on('connect', (request, client) => {
    client.on('error', () => client.destroy());
    if (request.headers['proxy-authorization'] !== expected) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n');
      return;
    }
    const { hostname, port } = new URL(`https://${request.url ?? ''}`);
    const server = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      server.pipe(client).pipe(server);
    });
    server.on('error', () => client.destroy());
    client.on('close', () => server.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  return `http://${LOGIN}@127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
}
