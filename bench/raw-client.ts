/**
 * A load generator that costs next to nothing: one request, prepared as bytes, over keep-alive TLS connections. On a
 * machine with no cores to spare, whatever the client computes is missing from the figure.
 */
import { connect, type TLSSocket } from 'node:tls';
import type { ClientTls } from '#platform/https-client.ts';

interface RawRequest {
  readonly url: string;
  readonly body: Buffer;
  readonly tls: ClientTls;
}

function bytesOf({ host, pathname }: URL, body: Buffer): Buffer {
  const head = `POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

const END_OF_HEAD = '\r\n\r\n';

/** Reads responses of known length one after the other; `onAnswer` for each 200. */
function readAnswers(socket: TLSSocket, onAnswer: () => void, onFail: (error: Error) => void): void {
  let left = 0;
  let head = '';
  socket.on('data', (chunk: Buffer) => {
    if (left > 0) {
      left -= chunk.length;
    } else {
      head += chunk.toString('latin1');
      const end = head.indexOf(END_OF_HEAD);
      if (end < 0) return;
      const length = /content-length: (\d+)/i.exec(head)?.[1];
      if (!head.startsWith('HTTP/1.1 200') || length === undefined) {
        onFail(new Error(`the service answered ${head.slice(0, 200)}`));
        return;
      }
      left = Number(length) - (head.length - end - END_OF_HEAD.length);
      head = '';
    }
    if (left === 0) onAnswer();
  });
  socket.once('error', onFail);
  // After the last response nothing waits for this any more.
  socket.once('close', () => onFail(new Error('the service hung up')));
}

/** The time to each response in ms, with this many requests in flight, each on its own connection. */
export async function load(request: RawRequest, inFlight: number, forMs: number): Promise<number> {
  const url = new URL(request.url);
  const bytes = bytesOf(url, request.body);
  let answers = 0;
  const drive = (end: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: url.hostname, port: Number(url.port), ...request.tls });
      const next = (): void => {
        if (performance.now() < end) socket.write(bytes);
        else socket.end(resolve);
      };
      const count = (): void => {
        answers += 1;
        next();
      };
      readAnswers(socket, count, reject);
      socket.once('secureConnect', next);
    });
  const end = performance.now() + forMs;
  await Promise.all(Array.from({ length: inFlight }, () => drive(end)));
  return answers;
}
