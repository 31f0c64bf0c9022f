/**
 * The HTTPS client of the admission path, for console, keyservice and API server: HTTP/1.1 spoken on kept connections
 * directly, since Node's own client takes a quarter of an admission's processor time (docs/adr/0013). Zone 2.
 */
import { createSecureContext, type SecureContext } from 'node:tls';
import {
  HttpsError,
  tried,
  unreachable,
  type ApiAnswer,
  type ApiCall,
  type ClientTls,
  type RenewableClient,
} from '#platform/https-client.ts';
import { createAnswerReader, MalformedAnswer } from './answer-reader.ts';
import { createConnections, HungUp, type Connections } from './connections.ts';

/** RFC 9110 §5.5: a line break in a value would begin the next field. */
const checked = (value: string): string => {
  if (/[^\t\x20-\x7e]/.test(value)) throw new TypeError('a header holds printable ASCII only');
  return value;
};

/** What a URL's parts may hold is its parser's to see to. */
const requestOf = (target: URL, { method, headers = {}, body }: ApiCall): Buffer => {
  let head = `${method} ${target.pathname}${target.search} HTTP/1.1\r\nhost: ${target.host}\r\n`;
  for (const [name, value] of Object.entries(headers)) head += `${name}: ${checked(value)}\r\n`;
  if (body !== undefined) head += `content-length: ${Buffer.byteLength(body)}\r\n`;
  return Buffer.from(`${head}\r\n${body ?? ''}`);
};

const errorOf = (target: URL, error: unknown): HttpsError => {
  if (error instanceof HttpsError) return error;
  if (error instanceof MalformedAnswer) {
    const why = `${target.host} answered something that is not understood: ${error.message}`;
    return new HttpsError('unreachable', why, error);
  }
  return unreachable(target, error instanceof Error ? error : new HungUp());
};

const exchange = async (connections: Connections, target: URL, call: ApiCall): Promise<ApiAnswer> => {
  const request = requestOf(target, call);
  try {
    return await tried<ApiAnswer>(target, call, (heard) =>
      connections.send({ request, read: createAnswerReader(call.maxResponseBytes), ...heard }),
    );
  } catch (error) {
    throw errorOf(target, error);
  }
};

export const createApiClient = (tls: ClientTls): RenewableClient => {
  const contextOf = ({ ca, cert, key }: ClientTls): SecureContext =>
    createSecureContext({ ca, cert, key, minVersion: 'TLSv1.2' });
  let secureContext = contextOf(tls);
  const servers = new Map<string, Connections>();
  const retire = (): void => {
    for (const connections of servers.values()) connections.retire();
    servers.clear();
  };
  return {
    call: (call) => {
      const target = new URL(call.url);
      let connections = servers.get(target.host);
      if (!connections) servers.set(target.host, (connections = createConnections(target, secureContext)));
      return exchange(connections, target, call);
    },
    setTls: (next) => {
      secureContext = contextOf(next);
      retire();
    },
    close: retire,
  };
};
