/** Admission of pods: the webhook's review, its patch, its failures; policies; the plugins around them. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

import { parseManifests } from '../../../../manifests/kustomize.ts';
import { testCertificates } from '../../../../test/certificates.ts';
import { listAt, objectAt, type JsonObject } from '../objects/object.ts';
import {
  bodyOf,
  messageOf,
  mergePatch,
  podNamed,
  speakAs,
  startTestServer,
  type Speaker,
  type TestServer,
} from '../testing.ts';
import {
  encodePatch,
  startTestWebhook,
  webhookConfiguration,
  type Reply,
  type TestWebhook,
} from './testing-webhook.ts';

const pods = '/api/v1/namespaces/team/pods';
const asks = { 'twofold.dev/secrets': 'a' };

const injected = [
  { op: 'add', path: '/spec/initContainers', value: [{ name: 'twofold-init', image: 'injector:1' }] },
  { op: 'add', path: '/metadata/labels', value: { 'twofold.dev/session': 'x' } },
];

describe('development API server: admission', () => {
  let server: TestServer;
  let admin: Speaker;
  let webhook: TestWebhook;
  let reply: Reply = () => ({ allowed: true });

  before(async () => {
    webhook = await startTestWebhook((request) => reply(request));
    server = await startTestServer({
      webhookClient: (await testCertificates()).leaf('apiserver-webhook'),
    });
    admin = speakAs(server, { leaf: server.administrator });
  });

  beforeEach(() => {
    server.apply([webhookConfiguration(webhook)]);
    webhook.requests.length = 0;
  });

  after(async () => {
    admin.close();
    await server.close();
    await webhook.close();
  });

  it('sends an annotated pod to the webhook with the deadline, and stores what the patch makes of it', async () => {
    reply = () => ({ allowed: true, warnings: ['mind "this"'], ...encodePatch(injected) });
    const answer = await admin('POST', pods, podNamed('session', asks));
    expect(answer.status).equal(201);
    expect(answer.headers['warning']).equal('299 - "mind \\"this\\""');
    expect(webhook.query()).equal('?timeout=10s');
    const stored = bodyOf(await admin('GET', `${pods}/session`));
    expect(objectAt(stored, 'metadata')['labels']).deep.equal({ 'twofold.dev/session': 'x' });
    const [init] = listAt(objectAt(stored, 'spec'), 'initContainers');
    // Defaults and the token mount reach injected containers, too.
    expect(init).include({ name: 'twofold-init', imagePullPolicy: 'IfNotPresent' });
    expect(listAt(init ?? {}, 'volumeMounts')[0]).include({
      mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
    });
  });

  it('does not mount the API token where the patch mounted something', async () => {
    const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
    const init = {
      name: 'twofold-init',
      image: 'i',
      volumeMounts: [{ name: 'own', mountPath, readOnly: true }],
    };
    reply = () => ({
      allowed: true,
      ...encodePatch([
        { op: 'add', path: '/spec/volumes/-', value: { name: 'own', emptyDir: {} } },
        { op: 'add', path: '/spec/initContainers', value: [init] },
      ]),
    });
    const answer = await admin('POST', pods, podNamed('own-token', asks));
    expect(listAt(objectAt(bodyOf(answer), 'spec'), 'initContainers')[0]?.['volumeMounts']).length(1);
  });

  it('does not ask for pods without the annotation, or in a namespace that the selector leaves out', async () => {
    await admin('POST', pods, podNamed('plain'));
    const key = 'kubernetes.io/metadata.name';
    const namespaceSelector = { matchExpressions: [{ key, operator: 'NotIn', values: ['team'] }] };
    server.apply([webhookConfiguration(webhook, { namespaceSelector })]);
    await admin('POST', pods, podNamed('left-out', asks));
    expect(webhook.requests).length(0);
  });

  it('marks dry runs and stores nothing', async () => {
    reply = () => ({ allowed: true, ...encodePatch(injected) });
    const answer = await admin('POST', `${pods}?dryRun=All`, podNamed('dry', asks));
    expect(answer.status).equal(201);
    expect(webhook.requests[0]).deep.include({ dryRun: true });
    expect(webhook.requests[0]?.options).deep.include({ dryRun: ['All'] });
    expect((await admin('GET', `${pods}/dry`)).status).equal(404);
  });

  it("passes on a refusal with the webhook's message and code", async () => {
    reply = () => ({ allowed: false, status: { code: 403, reason: 'Forbidden', message: 'no such secret' } });
    const answer = await admin('POST', pods, podNamed('denied', asks));
    expect(answer.status).equal(403);
    expect(messageOf(answer)).equal(
      'admission webhook "pods.twofold.dev" denied the request: no such secret',
    );
    reply = () => ({ allowed: false });
    const silent = await admin('POST', pods, podNamed('denied', asks));
    expect(silent.status).equal(400);
    expect(messageOf(silent)).match(/denied the request without explanation$/);
    expect((await admin('GET', `${pods}/denied`)).status).equal(404);
  });

  it('fails closed when the webhook answers late, wrongly or not at all', async () => {
    const failing = async (answer: Reply, changes: JsonObject = {}, url = webhook.url): Promise<string> => {
      reply = answer;
      server.apply([webhookConfiguration({ ...webhook, url }, changes)]);
      const refused = await admin('POST', pods, podNamed('failed', asks));
      expect(refused.status).equal(500);
      return messageOf(refused);
    };
    const failed = 'Internal error occurred: failed calling webhook "pods.twofold.dev": ';
    expect(await failing(() => undefined, { timeoutSeconds: 1 })).equal(
      `${failed}failed to call webhook: Post "${webhook.url}?timeout=1s": context deadline exceeded`,
    );
    expect(await failing(() => ({}), {}, 'https://127.0.0.1:1/mutate')).match(/connection refused$/);
    expect(await failing(() => ({}), { clientConfig: { url: webhook.url } })).contain(
      'tls: failed to verify certificate',
    );
    const service = { name: 'webhook', namespace: 'twofold-webhook', path: '/mutate' };
    expect(await failing(() => ({}), { clientConfig: { service } })).contain('service "webhook" not found');
    expect(await failing(() => ({ uid: 'other', allowed: true }))).contain('expected response.uid=');
    expect(await failing(() => 'not JSON')).contain('received invalid webhook response');
    expect(await failing(() => ({ allowed: true, patch: 'W10=' }))).contain('but not response.patchType');
    const misfit = [{ op: 'test', path: '/metadata/name', value: 'another' }];
    expect(await failing(() => ({ allowed: true, ...encodePatch(misfit) }))).contain('Test operation failed');
    const nowhere = [{ op: 'add', path: '/spec/none/x', value: 1 }];
    expect(await failing(() => ({ allowed: true, ...encodePatch(nowhere) }))).contain('Cannot perform');
    const mistyped = [{ op: 'add', path: '/spec/volumes', value: 'text' }];
    expect(await failing(() => ({ allowed: true, ...encodePatch(mistyped) }))).contain(
      'cannot unmarshal string',
    );
    expect(
      await failing(() => ({ allowed: true }), {
        matchConditions: [{ name: 'x', expression: 'object.none' }],
      }),
    ).contain('No such key');
  });

  it('validates what the patch made', async () => {
    const mount = { name: 'nowhere', mountPath: '/x' };
    const init = { name: 'twofold-init', image: 'i', volumeMounts: [mount] };
    reply = () => ({
      allowed: true,
      ...encodePatch([{ op: 'add', path: '/spec/initContainers', value: [init] }]),
    });
    const answer = await admin('POST', pods, podNamed('invalid', asks));
    expect(answer.status).equal(422);
    expect(messageOf(answer)).contain('spec.initContainers[0].volumeMounts[0].name: Not found: "nowhere"');
  });

  describe('policies', () => {
    const policy = (name: string, resource: string, operation: string, expression: string): JsonObject[] => [
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name },
        spec: {
          failurePolicy: 'Fail',
          matchConstraints: {
            resourceRules: [
              { apiGroups: [''], apiVersions: ['v1'], operations: [operation], resources: [resource] },
            ],
          },
          validations: [{ expression, message: `refused by ${name}` }],
        },
      },
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata: { name },
        spec: { policyName: name, validationActions: ['Deny'] },
      },
    ];

    it('judges pods, Secrets, tokens and updates by the stored policies, with the real wording', async () => {
      server.apply([
        ...policy('no-bad-pod', 'pods', 'CREATE', "object.metadata.name != 'bad'"),
        ...policy('no-change', 'pods', 'UPDATE', '!has(object.metadata.labels)'),
        ...policy('no-secret', 'secrets', 'CREATE', "object.type != 'x'"),
        ...policy(
          'no-token',
          'serviceaccounts/token',
          'CREATE',
          "object.spec.audiences.all(a, !a.startsWith('twofold'))",
        ),
      ]);
      const bad = await admin('POST', pods, podNamed('bad'));
      expect(bad.status).equal(422);
      expect(messageOf(bad)).equal(
        `pods "bad" is forbidden: ValidatingAdmissionPolicy 'no-bad-pod' with binding 'no-bad-pod' denied request: refused by no-bad-pod`,
      );
      expect((await admin('POST', pods, podNamed('good'))).status).equal(201);
      const labels = { metadata: { labels: { a: 'b' } } };
      expect(messageOf(await admin('PATCH', `${pods}/good`, labels, mergePatch))).contain(
        'refused by no-change',
      );
      const secret = { metadata: { name: 's' }, type: 'x' };
      expect(messageOf(await admin('POST', '/api/v1/namespaces/team/secrets', secret))).contain(
        'refused by no-secret',
      );
      const token = '/api/v1/namespaces/team/serviceaccounts/default/token';
      const refused = await admin('POST', token, { spec: { audiences: ['twofold:x'] } });
      expect(messageOf(refused)).match(/^serviceaccounts "default" is forbidden: .*refused by no-token$/);
      expect((await admin('POST', token, { spec: { audiences: ['other'] } })).status).equal(201);
    });
  });

  it('takes every shipped manifest, and keeps its guard', async () => {
    const base = fileURLToPath(new URL('../../../../manifests/base/', import.meta.url));
    const files = readdirSync(base, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.yaml') && !file.endsWith('kustomization.yaml'),
    );
    const manifests = files.flatMap((file) => parseManifests(readFileSync(join(base, file), 'utf8')));
    const shipped = await startTestServer({ manifests });
    const speak = speakAs(shipped, { leaf: shipped.administrator });
    try {
      const token = '/api/v1/namespaces/team/serviceaccounts/default/token';
      const refused = await speak('POST', token, { spec: { audiences: ['twofold:x'] } });
      expect(messageOf(refused)).contain("ValidatingAdmissionPolicy 'twofold-token'");
    } finally {
      speak.close();
      await shipped.close();
    }
  });
});
