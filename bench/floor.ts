/**
 * The floor of `bench/admission`: a bare HTTPS server that parses a review and answers a fixed patch of the size that
 * it is given, as a separate process that can be measured.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { portsOf, startProgram } from '../scripts/dev/process.ts';

interface Floor {
  readonly pid: number;
  readonly url: string;
  readonly stop: () => Promise<void>;
}

const program = fileURLToPath(import.meta.url);

/** With the webhook's certificate. `dir` holds `certificates/`, and receives its log. */
export async function startFloor(dir: string, patchBytes: string): Promise<Floor> {
  const floor = await startProgram({
    name: 'floor',
    args: [program, join(dir, 'certificates', 'webhook'), patchBytes],
    logFile: join(dir, 'floor.log'),
    ready: portsOf,
  });
  const url = `https://127.0.0.1:${floor.ready['floor'] ?? 0}/`;
  return { pid: floor.pid, url, stop: () => floor.stop() };
}

function serve(dir: string, size: number): void {
  const patch = Buffer.alloc(size, 'x').toString('base64').slice(0, size);
  const server = createServer(
    { cert: readFileSync(join(dir, 'tls.crt')), key: readFileSync(join(dir, 'tls.key')) },
    (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
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
      });
    },
  );
  server.keepAliveTimeout = 95_000;
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    console.log(JSON.stringify({ event: 'listening', ports: { floor: port } }));
  });
}

if (process.argv[1] === program) serve(process.argv[2] ?? '.', Number(process.argv[3] ?? 0));
