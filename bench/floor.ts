/**
 * The floor of `bench/admission`: a bare HTTPS server that parses a review and answers a fixed patch of the size that
 * it is told. As its own process: node floor.js TLS_DIR PATCH_BYTES [CALLS URL]. With the last two it makes so many calls
 * before it answers, one after the other, and nothing else: what an admission's own calls cost Node.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { createHttpsClient } from '#platform/https-client.ts';

const [dir = '.', size = '0', calls = '0', peer = ''] = process.argv.slice(2);
const client = createHttpsClient({ ca: readFileSync(join(dir, 'ca.crt'), 'utf8') });
/** A review without a pod, and padding: as large as what an admission sends to its peers. */
const question = JSON.stringify({ request: { uid: 'of-a-call' }, padding: 'x'.repeat(1_500) });

const ask = async (): Promise<void> => {
  for (let call = 0; call < Number(calls); call += 1) {
    const headers = { 'content-type': 'application/json' };
    const limits = { timeoutMs: 30_000, maxResponseBytes: 1 << 20 };
    const { status } = await client.call({ method: 'POST', url: peer, headers, body: question, ...limits });
    if (status !== 200) throw new Error(`the peer answered ${status}`);
  }
};

const patch = Buffer.alloc(Number(size), 'x').toString('base64').slice(0, Number(size));
const server = createServer(
  { cert: readFileSync(join(dir, 'tls.crt')), key: readFileSync(join(dir, 'tls.key')) },
  (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    const answer = (): void => {
      const review = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { request: { uid: string } };
      const body = JSON.stringify({
        apiVersion: 'admission.k8s.io/v1',
        kind: 'AdmissionReview',
        response: { uid: review.request.uid, allowed: true, patchType: 'JSONPatch', patch },
      });
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      });
      response.end(body);
    };
    request.on('end', () => (calls === '0' ? answer() : void ask().then(answer)));
  },
);
server.keepAliveTimeout = 95_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  console.log(JSON.stringify({ event: 'listening', ports: { floor: port } }));
});
