/** For the tests of the development cluster: an API server of their own, and clients that speak as somebody. */

import { testCertificates } from '../../../test/certificates.ts';
import { askUntil } from '../../ask-until.ts';
import { createJsonClient, type JsonAnswer } from '../https-json.ts';
import { isJsonObject, objectAt, stringAt, type JsonObject } from './objects/object.ts';
import { startApiServer, type ApiServer, type ApiServerConfig } from './server.ts';

export type Leaf = { cert: string; key: string };

export type TestServer = ApiServer & {
  /** PEM: the root of the server's certificate and of the administrator's. */
  ca: string;
  administrator: Leaf;
};

export async function startTestServer(config: Partial<ApiServerConfig> = {}): Promise<TestServer> {
  const certificates = await testCertificates();
  const { ca, ...tls } = certificates.leaf('console');
  const server = await startApiServer({
    ...{ host: '127.0.0.1', port: 0, tls, clientCa: ca, manifests: [] },
    ...config,
  });
  return { ...server, ca, administrator: certificates.leaf('apiserver-webhook') };
}

export type Speak = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<JsonAnswer>;
export type Speaker = Speak & { close(): void };

/** A caller of the API server, by bearer or by client certificate; nobody without either. */
export function speakAs(server: TestServer, { token, leaf }: { token?: string; leaf?: Leaf } = {}): Speaker {
  const client = createJsonClient({ ca: server.ca, ...(leaf && { cert: leaf.cert, key: leaf.key }) });
  const bearer: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const speak = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    client.call({ method, url: server.url + path, headers: { ...bearer, ...headers }, body });
  return Object.assign(speak, { close: () => client.close() });
}

/** A suite with an API server of its own; `admin` speaks as its administrator. */
export function describeServer(title: string, define: (admin: Speak) => void): void {
  describe(`development API server: ${title}`, () => {
    let server: TestServer;
    let admin: Speaker;

    before(async () => {
      server = await startTestServer();
      admin = speakAs(server, { leaf: server.administrator });
    });

    after(async () => {
      admin.close();
      await server.close();
    });

    define((...call) => admin(...call));
  });
}

export const mergePatch = { 'content-type': 'application/merge-patch+json' };
export const jsonPatch = { 'content-type': 'application/json-patch+json' };

export function bodyOf(answer: JsonAnswer): JsonObject {
  if (!isJsonObject(answer.body)) throw new Error('the answer is not an object');
  return answer.body;
}

export function metaOf(answer: JsonAnswer): JsonObject {
  return objectAt(bodyOf(answer), 'metadata');
}

export function messageOf(answer: JsonAnswer): string {
  return stringAt(bodyOf(answer), 'message') ?? '';
}

export function podNamed(name: string, annotations?: Record<string, string>): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...(annotations === undefined ? {} : { annotations }) },
    spec: { containers: [{ name: 'main', image: 'example/app:1.0' }] },
  };
}

export function secretNamed(name: string, more: object = {}): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, data: { a: 'YQ==' }, ...more };
}

export function leaseNamed(name: string, spec: object = {}, metadata: object = {}): object {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, ...metadata }, spec };
}

/** Asks again until the answer has the status: for what happens in the background. */
export const eventually = (ask: () => Promise<JsonAnswer>, status: number): Promise<JsonAnswer> =>
  askUntil(ask, (answer) => answer.status === status, { withinMs: 2000, everyMs: 5 });
