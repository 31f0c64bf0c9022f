/** Requests as bytes on a separate connection, which may stop anywhere: what no HTTP client would send. */
import { connect, type TLSSocket } from 'node:tls';

/** What to do once all bytes are sent: wait for a response, end the stream, or hang up. */
type AfterAnswer = 'wait' | 'end' | 'hang up';

export interface RawAnswer {
  /** Undefined where the connection ended without a response. */
  readonly status: number | undefined;
  readonly text: string;
}

export interface RawTarget {
  readonly url: string;
  readonly ca: string;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export function openRaw({ url, ...tls }: RawTarget): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const { hostname: host, port } = new URL(url);
    const socket = connect({ host, port: Number(port), ...tls }, () => {
      socket.off('error', reject);
      // Being cut off while sending may surface as an error.
      socket.on('error', () => undefined);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

function parse(text: string): RawAnswer {
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1];
  return { status: status === undefined ? undefined : Number(status), text };
}

/** What comes back until the head of a final response is complete, or the connection has ended. */
export function answerOf(socket: TLSSocket): Promise<RawAnswer> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
      if (text.includes('\r\n\r\n')) resolve(parse(text));
    });
    socket.once('close', () => resolve(parse(text)));
  });
}

/** Everything that arrives until the connection ends. */
export function wholeAnswerOf(socket: TLSSocket): Promise<RawAnswer> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')));
    socket.once('close', () => resolve(parse(text)));
  });
}

export async function sendRaw(
  target: RawTarget,
  bytes: string | Buffer,
  then: AfterAnswer = 'wait',
): Promise<RawAnswer> {
  const socket = await openRaw(target);
  const answer = answerOf(socket);
  socket.write(bytes, () => {
    if (then === 'end') socket.end();
    if (then === 'hang up') socket.destroy();
  });
  const answered = await answer;
  socket.destroy();
  return answered;
}

export interface RawRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The head of a request, up to its empty line. */
export function headOf({ method = 'POST', path, headers = {} }: RawRequest): string {
  const lines = Object.entries({ host: 'x', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** The same body cut after `length` bytes, in every way in which one can be cut. */
export function cutRequests(
  request: RawRequest,
  body: Buffer,
  length: number,
): readonly { readonly how: string; readonly bytes: Buffer; readonly then: AfterAnswer }[] {
  const cut = body.subarray(0, length);
  const headers = (more: Record<string, string>): string =>
    headOf({ ...request, headers: { ...request.headers, ...more } });
  const whole = { 'content-length': String(body.length) };
  const chunked = headers({ 'transfer-encoding': 'chunked' });
  const size = `${length.toString(16)}\r\n`;
  const chunk = length === 0 ? '' : Buffer.concat([Buffer.from(size), cut, Buffer.from('\r\n')]);
  const join = (...parts: (string | Buffer)[]): Buffer =>
    Buffer.concat(parts.map((part) => Buffer.from(part)));
  return [
    {
      how: 'a shorter length',
      bytes: join(headers({ 'content-length': String(length) }), cut),
      then: 'wait',
    },
    { how: 'closed early', bytes: join(headers(whole), cut), then: 'end' },
    { how: 'hung up', bytes: join(headers(whole), cut), then: 'hang up' },
    { how: 'fewer chunks', bytes: join(chunked, chunk, '0\r\n\r\n'), then: 'wait' },
    { how: 'half a chunk', bytes: join(chunked, `${body.length.toString(16)}\r\n`, cut), then: 'end' },
  ];
}
