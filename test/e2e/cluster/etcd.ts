/**
 * The local cluster's etcd, written past the API server: for objects that existed before a policy did, which no
 * policy lets anyone create. It is a single gRPC call (etcdserverpb.KV/Put), so this needs no client library.
 */
import { existsSync, readFileSync } from 'node:fs';
import { connect, type IncomingHttpHeaders } from 'node:http2';
import { fileURLToPath } from 'node:url';

const ADDRESS = 'https://127.0.0.1:2379';
function fileOf(name: string): string {
  return fileURLToPath(new URL(`../../../.cluster/pki/${name}`, import.meta.url));
}
function pki(name: string): Buffer {
  return readFileSync(fileOf(name));
}

/** Only the local cluster gives access to its etcd. */
export function isEtcdOurs(): boolean {
  return existsSync(fileOf('etcd-client.key'));
}

function varint(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

/** A field of bytes in a protobuf message. */
function field(number: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(bytes.length)]), bytes]);
}

/** A gRPC message: no compression, its length, then itself. */
function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

async function put(key: string, value: string): Promise<void> {
  const session = connect(ADDRESS, {
    ca: pki('ca.crt'),
    cert: pki('etcd-client.crt'),
    key: pki('etcd-client.key'),
  });
  try {
    await new Promise<void>((resolve, reject) => {
      session.once('error', reject);
      const call = session.request({
        ':method': 'POST',
        ':path': '/etcdserverpb.KV/Put',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      call.once('error', reject);
      call.once('trailers', (trailers: IncomingHttpHeaders) => {
        const status = String(trailers['grpc-status']);
        if (status === '0') resolve();
        else reject(new Error(`etcd refused to store ${key}: ${status} ${String(trailers['grpc-message'])}`));
      });
      call.resume();
      call.end(framed(Buffer.concat([field(1, key), field(2, value)])));
    });
  } finally {
    session.close();
  }
}

/** As JSON, which API servers have always been able to read. The object has every field that an API server would have set. */
export async function storePod(pod: {
  readonly metadata: { readonly namespace: string; readonly name: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}): Promise<void> {
  const { namespace, name } = pod.metadata;
  await put(`/registry/pods/${namespace}/${name}`, JSON.stringify(pod));
}
