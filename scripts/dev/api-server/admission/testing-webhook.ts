/**
 * A mutating webhook for tests, over real TLS: answers what a function says. Development tool, no zone.
 */

import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

import { testCertificates } from '../../../../test/certificates.ts';
import type { JsonObject } from '../objects/object.ts';
import type { AdmissionRequest } from './admission-request.ts';

export type TestWebhook = {
  url: string;
  /** PEM: the root of its certificate. */
  ca: string;
  /** The requests that came, and the query of the newest. */
  requests: AdmissionRequest[];
  query(): string;
  close(): Promise<void>;
};

/** `undefined` never answers; text is sent as it is. */
export type Reply = (request: AdmissionRequest) => JsonObject | string | undefined;

export function encodePatch(patch: unknown): JsonObject {
  return { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') };
}

export async function startTestWebhook(reply: Reply): Promise<TestWebhook> {
  const { ca, ...leaf } = (await testCertificates()).leaf('webhook');
  const requests: AdmissionRequest[] = [];
  let query = '';
  const server = createServer(
    { ...leaf, ca, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        // The tests' own API server sent it.
        const review = JSON.parse(Buffer.concat(chunks).toString()) as { request: AdmissionRequest };
        requests.push(review.request);
        query = new URL(request.url ?? '', 'https://localhost').search;
        const said = reply(review.request);
        if (said === undefined) return;
        const answer = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: said };
        if (typeof said === 'object') said['uid'] ??= review.request.uid;
        response.end(typeof said === 'string' ? said : JSON.stringify(answer));
      });
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // listening on TCP
  return {
    ca,
    url: `https://127.0.0.1:${port}/mutate`,
    requests,
    query: () => query,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A configuration for pods with an annotation of ours, as the shipped one. */
export function webhookConfiguration(
  { url, ca }: { url: string; ca: string },
  changes: JsonObject = {},
): JsonObject {
  const prefix = "object.metadata.annotations.exists(k, k.startsWith('twofold.dev/'))";
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'zz-twofold' },
    webhooks: [
      {
        name: 'pods.twofold.dev',
        clientConfig: { url, caBundle: Buffer.from(ca).toString('base64') },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
        matchConditions: [{ name: 'asks', expression: `has(object.metadata.annotations) && ${prefix}` }],
        failurePolicy: 'Fail',
        sideEffects: 'NoneOnDryRun',
        timeoutSeconds: 10,
        ...changes,
      },
    ],
  };
}
