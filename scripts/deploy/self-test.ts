/**
 * Tests the running installation with dry runs that leave nothing behind: a pod that requests a secret
 * must come back injected (or, without a login, be refused by the console for its ticket), and a pod that
 * forges a session must be refused by the guard. No zone; docs/design.md#guard.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import type { V1Pod } from '@kubernetes/client-node';
import { urlPath } from '#envelope/url-path.ts';
import { GUARD_POLICIES } from '../../console/core/guard.ts';
import { askUntil } from '../dev/ask-until.ts';
import { createPerson, type Person } from '../dev/person.ts';
import { DeployError } from './failure.ts';
import type { Answer, Kubectl } from './kubectl.ts';

/** A person who may store a secret at the console, so that the whole path can be tested. */
export interface TestLogin {
  /** An access token for the console. */
  readonly bearer: string;
  /** File with the roots of the console's certificate; the system's where absent. */
  readonly caFile?: string | undefined;
}

interface SelfTest {
  /** A namespace for sessions. */
  readonly namespace: string;
  readonly injectorImage: string;
  /** Secrets with which nodes pull it. */
  readonly pullSecrets: readonly string[];
  /** The console's public address. */
  readonly url: string;
  readonly login?: TestLogin | undefined;
}

const NAME = 'twofold-self-test';
/** Named, since the cluster's other webhooks may add more. */
const CONTAINER = 'main';
/** What was just applied is not yet in force everywhere: the API server reloads its configuration periodically. */
const SETTLES = { withinMs: 30_000, everyMs: 1000 };

function podOf({ namespace, injectorImage }: SelfTest, metadata: object) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: NAME, namespace, ...metadata },
    spec: {
      containers: [
        {
          name: CONTAINER,
          image: injectorImage,
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
    },
  };
}

function dryRun(kubectl: Kubectl, pod: object): Promise<Answer> {
  return kubectl.attempt(['create', '--dry-run=server', '-o', 'json', '-f', '-'], JSON.stringify(pod));
}

function settled<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  return askUntil(ask, wanted, SETTLES);
}

type Expected = Pick<SelfTest, 'injectorImage' | 'pullSecrets'>;

/** Why a pod from the API server is not the requested session pod; undefined when it is. */
export function faultOf(
  { metadata, spec }: V1Pod,
  { injectorImage, pullSecrets }: Expected,
): string | undefined {
  const [first] = spec?.initContainers ?? [];
  if (first?.name !== 'twofold-init') return 'its first init container is not twofold-init';
  if (first.image !== injectorImage) return `twofold-init runs ${first.image ?? 'no image'}`;
  if (metadata?.labels?.['twofold.dev/session'] !== '0'.repeat(32))
    return 'it has no session label of a dry run';
  const unnamed = pullSecrets.filter(
    (secret) => !spec?.imagePullSecrets?.some(({ name }) => name === secret),
  );
  if (unnamed.length > 0) return `it does not name the pull secret ${unnamed.join(', ')}`;
  const own = spec?.containers.find(({ name }) => name === CONTAINER);
  const mount = own?.volumeMounts?.find(({ name }) => name === 'twofold-files');
  return mount?.mountPath === '/secrets' && mount.readOnly === true
    ? undefined
    : 'its container does not mount /secrets';
}

/** The next step for the API server's message about a call that reached no verdict. */
export function nextOf(said: string): string {
  if (/x509|certificate/.test(said)) return 'caBundle and certificate differ: make certs-renew';
  if (/no endpoints available|connection refused/.test(said))
    return 'the webhook is not running: kubectl -n twofold-webhook get pods';
  if (/deadline exceeded|timeout|no route|i\/o/.test(said))
    return 'the API server cannot reach the webhook: allow its address on port 8443 (network policy webhook-from-kubernetes-api in addresses.yaml, and the cloud’s firewall)';
  if (/(failed|exceeded) quota|(minimum|maximum) \S+ usage per/.test(said))
    return 'its pod asks for no resources, which this namespace’s quota or LimitRange does not allow: that says nothing of Twofold. With a LimitRange that sets defaults for containers, or another namespace first in namespaces, it can be tested';
  if (/ValidatingAdmissionPolicy/.test(said))
    return 'webhook and guard have different settings: deploy again, and check whether another webhook changes the pod';
  return 'look the message up in docs/troubleshooting.md';
}

async function throwAway(person: Person): Promise<void> {
  await person.call('DELETE', urlPath`/api/v1/secrets/${NAME}`);
}

async function testInjection(kubectl: Kubectl, test: SelfTest, { bearer, caFile }: TestLogin): Promise<void> {
  const ca = caFile === undefined ? rootCertificates.join('\n') : readFileSync(caFile, 'utf8');
  const person = createPerson({ url: test.url, ca, bearer });
  try {
    // A rollout ends before every node knows the new addresses.
    const away = await settled(
      () =>
        throwAway(person).then(
          () => undefined,
          (error: unknown) => error,
        ),
      (error) => error === undefined,
    );
    if (away !== undefined) {
      const why = away instanceof Error ? away.message : 'no answer';
      throw new DeployError(
        `the self-test cannot reach the console at ${test.url}: ${why}`,
        'check the address in publicUrl, and: kubectl -n twofold-console get pods,endpointslices',
      );
    }
    await person.store(NAME, randomBytes(16).toString('hex'));
    const { jti, annotations } = await person.ticket({
      namespace: test.namespace,
      secrets: [NAME],
      containers: [CONTAINER],
      pod: NAME,
      uses: 1,
      ttlSeconds: 600,
    });
    const pod = podOf(test, { annotations });
    const answer = await settled(
      () => dryRun(kubectl, pod),
      ({ code }) => code === 0,
    );
    await person.call('DELETE', urlPath`/api/v1/tickets/${jti}`);
    if (answer.code !== 0)
      throw new DeployError(`the self-test’s pod was refused: ${answer.stderr}`, nextOf(answer.stderr));
    const fault = faultOf(JSON.parse(answer.stdout) as V1Pod, test);
    if (fault !== undefined)
      throw new DeployError(`the self-test’s pod did not come back as a session: ${fault}`, 'deploy again');
  } finally {
    await throwAway(person)
      .catch(() => undefined)
      .finally(() => person.close());
  }
}

/** Without a login: the refusal of an invalid ticket has gone all the way to the console and back. */
async function testRefusal(kubectl: Kubectl, test: SelfTest): Promise<void> {
  const annotations = {
    'twofold.dev/secrets': NAME,
    'twofold.dev/containers': CONTAINER,
    'twofold.dev/ticket': 'self.test.ticket',
  };
  const answer = await settled(
    () => dryRun(kubectl, podOf(test, { annotations })),
    ({ stderr }) => stderr.includes('(ticket_malformed)'),
  );
  if (!answer.stderr.includes('(ticket_malformed)'))
    throw new DeployError(
      `a pod with an invalid ticket should be refused by the console, but: ${answer.stderr || 'it was admitted'}`,
      nextOf(answer.stderr),
    );
}

async function testGuard(kubectl: Kubectl, test: SelfTest): Promise<void> {
  const bindings = await kubectl.list<{ metadata: { name: string }; spec: { validationActions?: string[] } }>(
    ['validatingadmissionpolicybindings'],
  );
  const missing = GUARD_POLICIES.filter(
    (name) =>
      !bindings.some(
        ({ metadata, spec }) => metadata.name === name && spec.validationActions?.includes('Deny'),
      ),
  );
  if (missing.length > 0)
    throw new DeployError(`these policies of the guard do not deny: ${missing.join(', ')}`, 'deploy again');
  const forged = podOf(test, { labels: { 'twofold.dev/session': randomBytes(16).toString('hex') } });
  const answer = await settled(
    () => dryRun(kubectl, forged),
    ({ code }) => code !== 0,
  );
  if (answer.code === 0)
    throw new DeployError(
      'a pod with a forged session label was admitted: the guard is not in force',
      'does this API server evaluate ValidatingAdmissionPolicies (Kubernetes 1.30)? Then deploy again',
    );
  if (!answer.stderr.includes('twofold-shape'))
    throw new DeployError(
      `a pod with a forged session label was refused, but not by the guard: ${answer.stderr}`,
      'allow the deploying account to create pods in the session namespace, and let its policies admit the self-test’s pod',
    );
}

/** Rejects with a DeployError. Creates nothing in Kubernetes; its secret at the console is deleted afterwards. */
export async function runSelfTest(
  kubectl: Kubectl,
  test: SelfTest,
  say: (line: string) => void,
): Promise<void> {
  await testGuard(kubectl, test);
  say('self-test: the guard refuses a pod with a forged session label');
  if (test.login) {
    await testInjection(kubectl, test, test.login);
    say(`self-test: a pod in ${test.namespace} comes back with its secret injected`);
    return;
  }
  await testRefusal(kubectl, test);
  say(
    'self-test: webhook and console refuse a pod with an invalid ticket; BEARER=FILE with a person’s access token would test the whole path',
  );
}
