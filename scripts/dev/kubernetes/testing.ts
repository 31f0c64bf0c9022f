/** For tests: a stand-in each, and callers of it. */
import { testCertificates } from '../../../test/certificates.ts';
import { createJsonClient, type JsonAnswer } from '../https-json.ts';
import { isJsonObject, type JsonObject } from '#envelope/json.ts';
import { startStandIn, type StandIn, type StandInConfig } from './server.ts';

export interface TestStandIn extends StandIn {
  /** PEM: the root of its certificate. */
  readonly ca: string;
}

export async function startTestStandIn(config: Partial<StandInConfig> = {}): Promise<TestStandIn> {
  const certificates = await testCertificates();
  const { ca, ...tls } = certificates.leaf('console');
  const webhookClient = certificates.leaf('apiserver-webhook');
  return { ...(await startStandIn({ tls, webhookClient, ...config })), ca };
}

type Speak = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<JsonAnswer>;
export type Speaker = Speak & { close(): void };

/** A caller with this bearer. */
export function speakAs({ url, ca }: TestStandIn, token: string): Speaker {
  const client = createJsonClient({ ca });
  const speak: Speak = (method, path, body, headers = {}) =>
    client.call({
      method,
      url: url + path,
      body,
      headers: { authorization: `Bearer ${token}`, ...headers },
    });
  return Object.assign(speak, { close: () => client.close() });
}

export function bodyOf({ status, body }: JsonAnswer): JsonObject {
  if (!isJsonObject(body)) throw new Error(`the response is not an object, with status ${status}`);
  return body;
}
