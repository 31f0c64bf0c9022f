/** The reviews that this server sends, beside those captured from a real one. */

import { readdirSync, readFileSync } from 'node:fs';

import { expect } from 'chai';

import { objectAt, type JsonObject } from '../objects/object.ts';
import { messageOf, speakAs, startTestServer, type Speaker, type TestServer } from '../testing.ts';
import type { AdmissionRequest } from './admission-request.ts';
import { startTestWebhook, webhookConfiguration, type TestWebhook } from './testing-webhook.ts';

const reviews = new URL('../../../../test/fixtures/reviews/', import.meta.url);

describe('development API server: reviews captured from a real API server', () => {
  let server: TestServer;
  let admin: Speaker;
  let webhook: TestWebhook;

  before(async () => {
    webhook = await startTestWebhook(() => ({ allowed: false, status: { message: 'seen' } }));
    server = await startTestServer();
    server.apply([webhookConfiguration(webhook, { matchConditions: [] })]);
    admin = speakAs(server, { leaf: server.administrator });
  });

  beforeEach(() => {
    webhook.requests.length = 0;
  });

  after(async () => {
    admin.close();
    await server.close();
    await webhook.close();
  });

  // Istio's containers came from a webhook before ours in the same request: no plugin had seen them yet.
  const afterAnotherWebhook = 'kubeflow-notebook-istio.json';
  const files = readdirSync(reviews).filter((file) => file.endsWith('.json') && file !== afterAnotherWebhook);

  function load(file: string): AdmissionRequest {
    const text = readFileSync(new URL(file, reviews), 'utf8');
    return (JSON.parse(text) as { request: AdmissionRequest }).request; // fixtures are reviews
  }

  for (const file of files.filter((name) => load(name).operation === 'CREATE')) {
    it(`are sent again just so: ${file}`, async () => {
      const captured = load(file);
      const { username, groups } = captured.userInfo;
      const { managedFields: _fields, ...metadata } = captured.object.metadata as JsonObject;
      const object = { ...captured.object, metadata };
      const { namespace = '' } = captured;
      const spec = objectAt(object, 'spec');
      if (!JSON.stringify(spec).includes('kube-api-access')) {
        const name = String(spec['serviceAccountName']);
        const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } };
        server.apply([{ ...account, automountServiceAccountToken: false }]);
      }
      const headers: Record<string, string> = {
        'impersonate-user': username,
        'impersonate-group': ['system:masters', ...groups].join(', '),
      };
      const query = captured.dryRun ? '?dryRun=All' : '';
      const answer = await admin('POST', `/api/v1/namespaces/${namespace}/pods${query}`, object, headers);
      expect(messageOf(answer)).match(/denied the request: seen$/);
      const [sent] = webhook.requests;
      expect(sent?.object).deep.equal(object);
      for (const member of [
        'kind',
        'resource',
        'requestKind',
        'name',
        'namespace',
        'operation',
        'oldObject',
        'dryRun',
      ] as const) {
        expect(sent?.[member], member).deep.equal(captured[member]);
      }
    });
  }
});
