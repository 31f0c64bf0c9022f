/** Stands between a service and the API server, and stops at the creation of one kind of object. */
import { buffer } from 'node:stream/consumers';
import { createHttpsClient, type HttpsClient } from '#platform/https-client.ts';
import { testCertificates } from '../../certificates.ts';
import { startRelay } from '../../relay.ts';

interface Gate {
  readonly url: string;
  /** The API server, and its roots. */
  open(target: { readonly url: string; readonly ca: string }): void;
  /** Calls `then` once an object of this kind has been created, and does not pass the answer on. */
  stopAfter(kind: 'leases' | 'secrets', then: () => void): void;
  close(): void;
}

const PASSED_ON = ['authorization', 'accept', 'content-type'];

export async function startGate(): Promise<Gate> {
  const tls = (await testCertificates()).leaf('console');
  let stop: { readonly kind: string; readonly then: () => void } | undefined;
  let target = '';
  let client: HttpsClient | undefined;
  const relay = await startRelay(tls, async (request, response) => {
    const { method = 'GET', url = '/' } = request;
    const body = await buffer(request);
    const headers = Object.entries(request.headers).filter(([name]) => PASSED_ON.includes(name));
    const answer = await client?.call({
      method,
      url: target + url,
      headers: Object.fromEntries(headers) as Record<string, string>, // none of these comes twice
      body: body.length === 0 ? undefined : body,
      timeoutMs: 15_000,
      maxResponseBytes: 16_000_000,
    });
    if (stop !== undefined && method === 'POST' && url.endsWith(`/${stop.kind}`) && answer?.status === 201) {
      stop.then();
      stop = undefined;
      return;
    }
    response.writeHead(answer?.status ?? 502, { 'content-type': 'application/json' }).end(answer?.body);
  });
  return {
    url: relay.url,
    open: ({ url, ca }) => {
      target = url;
      client = createHttpsClient({ ca });
    },
    stopAfter: (kind, then) => {
      stop = { kind, then };
    },
    close: () => {
      client?.close();
      relay.close();
    },
  };
}
