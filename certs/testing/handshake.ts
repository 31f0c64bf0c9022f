/** A real TLS handshake between two leaves, and openssl's verdict on one: for the tests of certs/. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { promisify } from 'node:util';

/** What a service has in its folder. */
export interface Material {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

interface Handshake {
  readonly server: Material;
  readonly client: Material;
  /** The name that the client requests and checks. */
  readonly host: string;
}

/** Reads a leaf's folder, as a service does. */
export async function readMaterial(dir: string, folder: string): Promise<Material> {
  const read = (name: string): Promise<string> => readFile(join(dir, folder, name), 'utf8');
  return { cert: await read('tls.crt'), key: await read('tls.key'), ca: await read('ca.crt') };
}

/** What a client sees when its certificate is refused: the server hangs up silently. */
export const HUNG_UP = 'the server hung up';

/** Mutual TLS 1.3 on loopback: the client's common name as the server saw it, or why there was no connection. */
export async function handshake({ server, client, host }: Handshake): Promise<string> {
  const { cert, key, ca } = server;
  const options: TlsOptions = {
    cert,
    key,
    ca,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
  };
  const listener = createServer(options, (socket) =>
    socket.end(String(socket.getPeerCertificate().subject.CN)),
  );
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  // as: a listening TCP server has an address of this form.
  const { port } = listener.address() as AddressInfo;
  const socket = connect({ ...client, port, host: '127.0.0.1', servername: host, minVersion: 'TLSv1.3' });
  try {
    const answer = await readAll(socket);
    return answer === '' ? HUNG_UP : answer;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  } finally {
    socket.destroy();
    listener.close();
  }
}

/** `openssl verify -x509_strict`: `OK`, or its error. */
export async function opensslVerify(
  files: { readonly ca: string; readonly leaf: string },
  options: readonly string[] = [],
): Promise<string> {
  const args = ['verify', '-x509_strict', '-check_ss_sig', ...options, '-CAfile', files.ca, files.leaf];
  try {
    const { stdout } = await promisify(execFile)('openssl', args);
    return stdout.trim() === `${files.leaf}: OK` ? 'OK' : stdout;
  } catch (error) {
    return String(error);
  }
}

async function readAll(socket: TLSSocket): Promise<string> {
  const chunks: Buffer[] = [];
  // as: a socket without an encoding gives Buffers.
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
