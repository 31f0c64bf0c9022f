import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createHttpsClient, HttpsError } from '#platform/https-client.ts';
import { leafPlans } from '../../certs/plan.ts';
import type { Pod } from '../../scripts/dev/kubernetes/objects.ts';
import { createPerson, type Person } from '../../scripts/dev/person.ts';
import { messageOf, nameOf, secretPath, sessions, startDrill, type Drill } from './cluster.ts';
import { hub as trusted, launchersFile } from '../launchers.ts';

const hub = trusted.username;
/** Not where its account lives. */
const [servers] = trusted.namespaces;
/** What an API server says of whoever comes with a token of a pod's own. */
const POD_UID = 'authentication.kubernetes.io/pod-uid';

/** Attackers with the rights of a namespace's editor, or with one stolen thing: each ends with nothing read. */
describe('attacks, over real processes', function () {
  this.timeout(60_000);
  let drill: Drill;
  let alice: Person;
  let annotations: Readonly<Record<string, string>>;

  before(async () => {
    drill = await startDrill({
      launchersFile: launchersFile({ ...trusted, annotation: 'hub.example/user' }),
    });
    alice = drill.person('alice');
    await alice.store('db-password', 'value');
    ({ annotations } = await alice.ticket({ namespace: sessions, secrets: ['db-password'] }));
  });
  after(() => drill.stack.stop());

  const spawnAs = (username: string, user: string, change: object = {}) =>
    drill.createPod(
      { 'twofold.dev/secrets': 'db-password', 'hub.example/user': user },
      {
        namespace: servers,
        by: drill.admin,
        headers: {
          'impersonate-user': username,
          'impersonate-group': 'developers',
          [`impersonate-extra-${encodeURIComponent(POD_UID)}`]: 'of-the-hub',
        },
        ...change,
      },
    );

  describe('on the trusted launcher', () => {
    it('none is needed: its pods get the secrets of the user it names', async () => {
      const answer = await spawnAs(hub, 'alice');
      expect(answer.status, messageOf(answer)).to.equal(201);
      expect((await drill.runPod(answer.body as Pod)).files['db-password']?.toString()).to.equal('value');
    });

    it('somebody else sets its annotation: refused', async () => {
      const answer = await spawnAs('mallory', 'alice');
      expect(answer.status).to.equal(403);
      expect(messageOf(answer)).to.contain('(no_identity)');
    });

    it('names a user who never logged in: refused', async () => {
      expect(messageOf(await spawnAs(hub, 'nobody'))).to.contain('(launcher_user_unknown)');
    });

    it('the guard is taken away: launcher mode stops, tickets go on', async () => {
      const path = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/twofold-launcher';
      const binding = await drill.admin.must<{ metadata: object; spec: object }>('GET', path);
      await drill.admin.must('DELETE', path);
      // The console knows the guard for at most 30 s: a new one asks at once.
      await drill.stack.restart('console');
      expect(messageOf(await spawnAs(hub, 'alice'))).to.contain('(launcher_guard_missing)');
      expect((await drill.createPod(annotations)).status).to.equal(201);
      const { spec } = binding;
      const again = {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata: { name: 'twofold-launcher' },
        spec,
      };
      await drill.admin.must('POST', path.replace('/twofold-launcher', ''), again);
      await drill.stack.restart('console');
      expect((await spawnAs(hub, 'alice')).status).to.equal(201);
    });

    it('a review forged straight to the webhook’s port opens a session that no pod can claim', async () => {
      const tls = (file: string): string =>
        readFileSync(join(drill.stack.clientDirs.apiServer, file), 'utf8');
      const client = createHttpsClient({ ca: drill.ca, cert: tls('tls.crt'), key: tls('tls.key') });
      const pod = {
        metadata: {
          name: 'forged',
          annotations: { 'twofold.dev/secrets': 'db-password', 'hub.example/user': 'alice' },
        },
        spec: { containers: [{ name: 'main' }] },
      };
      const review = {
        apiVersion: 'admission.k8s.io/v1',
        kind: 'AdmissionReview',
        request: {
          uid: 'forged',
          operation: 'CREATE',
          namespace: servers,
          userInfo: { username: hub, extra: { [POD_UID]: ['of-the-hub'] } },
          object: pod,
          resource: { group: '', version: 'v1', resource: 'pods' },
        },
      };
      const { body } = await client.call({
        method: 'POST',
        url: drill.stack.urls.webhook,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(review),
        timeoutMs: 9000,
        maxResponseBytes: 1e6,
      });
      client.close();
      const { response } = JSON.parse(body.toString()) as { response: { allowed: boolean; patch: string } };
      expect(response.allowed).to.equal(true);
      const patch = JSON.parse(Buffer.from(response.patch, 'base64').toString()) as {
        path: string;
        value: unknown;
      }[];
      const valueOf = (path: string) =>
        patch
          .filter((operation) => operation.path.startsWith(path))
          .map(({ value }) => value)
          .flat();
      const injected = {
        metadata: { labels: valueOf('/metadata/labels')[0] },
        spec: {
          volumes: valueOf('/spec/volumes'),
          initContainers: valueOf('/spec/initContainers'),
          containers: [{ name: 'main', image: 'x' }],
        },
      };
      const post = (extra: object) =>
        drill.createPod(
          {},
          {
            namespace: servers,
            ...injected,
            metadata: { name: nameOf('forged'), ...injected.metadata, ...extra },
          },
        );
      expect(messageOf(await post({})), 'without annotations').to.contain('twofold-shape');
      const annotated = await post({
        annotations: { 'twofold.dev/secrets': 'db-password', 'hub.example/user': 'alice' },
      });
      expect(annotated.status, 'with the launcher’s annotation').to.equal(403);
    });
  });

  describe('on somebody else’s session', () => {
    let victim: Pod;
    before(async () => {
      victim = await drill.admitPod(annotations);
      expect((await drill.runPod(victim)).exitCode).to.equal(0);
    });

    it('an editor reads the Secret: one layer is left on it, and no key', async () => {
      const secret = await drill.developer.must<{ data: Record<string, string> }>('GET', secretPath(victim));
      const texts = Object.values(secret.data).map((value) => Buffer.from(value, 'base64').toString());
      expect(texts.some((text) => text.includes('value') && !text.startsWith('ey'))).to.equal(false);
      expect(texts.filter((text) => text.startsWith('gAAAA'))).to.have.length(1);
    });

    it('an editor mints a token for the victim’s pod: refused by the guard', async () => {
      const sid = victim.metadata.labels?.['twofold.dev/session'] ?? '';
      const boundObjectRef = {
        kind: 'Pod',
        apiVersion: 'v1',
        name: victim.metadata.name,
        uid: victim.metadata.uid,
      };
      const answer = await drill.developer.call(
        'POST',
        `/api/v1/namespaces/${sessions}/serviceaccounts/default/token`,
        {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: { audiences: [`twofold:${sid}`], boundObjectRef },
        },
      );
      expect(answer.status).to.be.oneOf([403, 422]);
      expect(messageOf(answer)).to.contain('twofold-token');
    });

    it('a token of another audience, and none, get nothing from claim', async () => {
      const secret = await drill.developer.must<{ data: Record<string, string> }>('GET', secretPath(victim));
      const grant = Buffer.from(secret.data['grant'] ?? '', 'base64').toString();
      const boundObjectRef = {
        kind: 'Pod',
        apiVersion: 'v1',
        name: victim.metadata.name,
        uid: victim.metadata.uid,
      };
      const token = await drill.developer.must<{ status: { token: string } }>(
        'POST',
        `/api/v1/namespaces/${sessions}/serviceaccounts/default/token`,
        {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: { audiences: ['other'], boundObjectRef },
        },
      );
      for (const bearer of [token.status.token, 'no-token']) {
        const thief = createPerson({ url: drill.stack.urls.consoleClaim, ca: drill.ca, bearer });
        const answer = await thief.call('POST', '/internal/v1/claim', { grant });
        thief.close();
        expect([answer.status, (answer.body as { code: string }).code]).to.deep.equal([
          401,
          'token_rejected',
        ]);
      }
    });

    const thefts: Record<string, (victim: Pod) => { metadata?: object; spec?: object }> = {
      'with the victim’s label': ({ metadata }) => ({
        metadata: { name: nameOf('thief'), labels: metadata.labels },
      }),
      'with the victim’s volumes and init container': ({ metadata, spec }) => ({
        metadata: { name: nameOf('thief'), labels: metadata.labels, annotations: metadata.annotations },
        spec: { ...spec, nodeName: undefined },
      }),
      'that shows the victim’s Secret': ({ spec }) => ({
        spec: {
          containers: [{ name: 'm', image: 'x' }],
          volumes: [
            { name: 'v', secret: spec.volumes?.find(({ name }) => name === 'twofold-session')?.['secret'] },
          ],
        },
      }),
      'with a token for the victim’s session': ({ spec }) => ({
        spec: {
          containers: [{ name: 'm', image: 'x' }],
          volumes: [
            {
              name: 'v',
              projected: spec.volumes?.find(({ name }) => name === 'twofold-token')?.['projected'],
            },
          ],
        },
      }),
    };
    for (const [what, change] of Object.entries(thefts)) {
      it(`an editor starts a pod ${what}: refused`, async () => {
        const answer = await drill.createPod({}, change(victim));
        expect(answer.status, messageOf(answer)).to.be.oneOf([403, 422]);
        expect(messageOf(answer)).to.match(/twofold-(shape|reference)|reserved_names/);
      });
    }

    it('an editor puts another Secret in its place: only the webhook may create one of that name', async () => {
      const secret = await drill.developer.must<{ metadata: { name: string }; data: object }>(
        'GET',
        secretPath(victim),
      );
      await drill.developer.must('DELETE', secretPath(victim));
      const answer = await drill.developer.call('POST', `/api/v1/namespaces/${sessions}/secrets`, {
        apiVersion: 'v1',
        kind: 'Secret',
        type: 'twofold.dev/session',
        immutable: true,
        metadata: { name: secret.metadata.name },
        data: secret.data,
      });
      expect(messageOf(answer)).to.contain('twofold-writer');
    });
  });

  describe('with one stolen thing', () => {
    const asZone = (zone: 'webhook' | 'console'): Person =>
      createPerson({
        ...drill.stack.kubernetes,
        bearer: readFileSync(join(drill.stack.dir, 'tokens', `${zone}.kubernetes`), 'utf8'),
      });

    it('the webhook’s account reads no Secret, and the console’s writes none', async () => {
      const pod = await drill.admitPod(annotations);
      const webhook = asZone('webhook');
      for (const path of [
        secretPath(pod),
        `/api/v1/namespaces/${sessions}/secrets`,
        `/api/v1/namespaces/${sessions}/configmaps`,
      ]) {
        expect((await webhook.call('GET', path)).status, path).to.equal(403);
      }
      const plain = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'plain' }, stringData: { a: 'b' } };
      expect(
        messageOf(await webhook.call('POST', `/api/v1/namespaces/${sessions}/secrets`, plain)),
      ).to.contain('twofold-writer');
      const twofoldConsole = asZone('console');
      expect(
        (await twofoldConsole.call('POST', `/api/v1/namespaces/${sessions}/secrets`, plain)).status,
      ).to.equal(403);
      expect((await twofoldConsole.call('GET', secretPath(pod))).status).to.equal(403);
      webhook.close();
      twofoldConsole.close();
    });

    it('a certificate opens only its own arrow', async () => {
      const { clientDirs, urls } = drill.stack;
      const certificates = dirname(clientDirs.apiServer);
      const codeFor = async (leaf: string, url: string): Promise<string> => {
        const read = (file: string): string => readFileSync(join(certificates, leaf, file), 'utf8');
        const client = createHttpsClient({ ca: drill.ca, cert: read('tls.crt'), key: read('tls.key') });
        const headers = { 'content-type': 'application/json' };
        const call = { method: 'POST', url, headers, body: '{}', timeoutMs: 5_000, maxResponseBytes: 1e5 };
        try {
          const { body } = await client.call(call);
          return (JSON.parse(body.toString()) as { code: string }).code; // a problem document
        } catch (error) {
          return error instanceof HttpsError ? error.code : String(error);
        } finally {
          client.close();
        }
      };
      const arrows: Readonly<Record<string, string>> = {
        'webhook-resolve': `${urls.consoleResolve}/internal/v1/resolve`,
        'webhook-unwrap': `${urls.keyservice}/v1/unwrap`,
        'console-rewrap': `${urls.keyservice}/v1/rewrap`,
        'apiserver-webhook': urls.webhook,
      };
      const clients = leafPlans.filter(({ usage }) => usage === 'client').map(({ folder }) => folder);
      expect(Object.keys(arrows)).to.have.members(clients);
      for (const { folder, usage } of leafPlans) {
        for (const [arrow, url] of Object.entries(arrows)) {
          // Who may ask is told that the body is wrong; a server's leaf is no client's, so the handshake fails.
          const other = usage === 'server' ? 'unreachable' : 'client_not_allowed';
          const expected = folder === arrow ? 'body_malformed' : other;
          expect(await codeFor(folder, url), `${folder} at ${arrow}`).to.equal(expected);
        }
      }
    });
  });
});
