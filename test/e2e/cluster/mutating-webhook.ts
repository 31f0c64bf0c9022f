/**
 * Another mutating webhook along with Twofold's, as clusters have them: a real HTTPS server at the node's address, for the
 * pods that carry its label and for no others. Its name decides whether it is called before `zz-twofold` or after.
 */
import { createHttpsServer } from '#platform/https-server.ts';
import type { V1Pod } from '@kubernetes/client-node';
import { createRoot, issueLeaf } from '../../../certs/issue.ts';
import { NODE_ADDRESS } from '../../../scripts/deploy/local/overlay.ts';
import { eventually } from '../../eventually.ts';
import { serverOptions } from '../../server-options.ts';
import type { Api } from '../../../scripts/dev/api.ts';
import { pod } from '../sessions/pods.ts';

export interface Operation {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path: string;
  readonly value?: unknown;
}

interface WebhookOptions {
  /** Sorts before or after `zz-twofold`; unique. */
  readonly name: string;
  /** It is called for pods with this label, whatever the value. */
  readonly label: string;
  /** Where pods may be requested as dry runs, to wait until it is in force. */
  readonly namespace: string;
  /** Whether it is called again when a later one changed the pod. */
  readonly again?: boolean;
  /** Where the API server reaches this process; default: the local cluster's node. */
  readonly address?: string;
  /** A JSON Patch; throws the message that the API server should pass on. */
  readonly mutate: (pod: V1Pod) => readonly Operation[] | Promise<readonly Operation[]>;
}

export interface MutatingWebhook {
  /** Pods it was called for so far. */
  readonly seen: () => number;
  readonly close: () => Promise<void>;
}

const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
const MAX_REVIEW_BYTES = 4 * 1024 * 1024;

interface Review {
  readonly request: { readonly uid: string; readonly object: V1Pod };
}

async function review({ uid, object }: Review['request'], mutate: WebhookOptions['mutate']): Promise<object> {
  try {
    const patch = Buffer.from(JSON.stringify(await mutate(object))).toString('base64');
    return { uid, allowed: true, patchType: 'JSONPatch', patch };
  } catch (error) {
    return {
      uid,
      allowed: false,
      status: { code: 400, message: `the scenario’s webhook: ${String(error)}` },
    };
  }
}

function registration({ name, label, again }: WebhookOptions, url: string, ca: string): object {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name },
    webhooks: [
      {
        name: `${name}.example.org`,
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        clientConfig: { url, caBundle: Buffer.from(ca).toString('base64') },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
        objectSelector: { matchExpressions: [{ key: label, operator: 'Exists' }] },
        failurePolicy: 'Fail',
        timeoutSeconds: 10,
        reinvocationPolicy: again ? 'IfNeeded' : 'Never',
      },
    ],
  };
}

/** Registered and in force when it resolves. */
export async function startMutatingWebhook(api: Api, asked: WebhookOptions): Promise<MutatingWebhook> {
  const { address = NODE_ADDRESS } = asked;
  const now = new Date();
  const root = await createRoot({ commonName: asked.name, now, validDays: 1 });
  const leaf = await issueLeaf({
    root,
    now,
    validDays: 1,
    usage: 'server',
    commonName: asked.name,
    dnsNames: [],
    ipAddresses: [address],
  });
  let seen = 0;
  const problem = (error: unknown) => ({ status: 500, body: JSON.stringify({ error: String(error) }) });
  const server = createHttpsServer({
    tls: { cert: leaf.certificatePem, key: leaf.keyPem, ca: root.certificatePem },
    ...serverOptions,
    maxBodyBytes: MAX_REVIEW_BYTES,
    maxBodiesBytes: 16 * MAX_REVIEW_BYTES,
    answer: async ({ body }) => {
      const { request } = JSON.parse((await body()).toString()) as Review; // the API server's
      seen += 1;
      const response = await review(request, asked.mutate);
      const answer = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response };
      return { status: 200, body: JSON.stringify(answer) };
    },
    onError: problem,
    refuseBody: problem,
  });
  const port = await server.listen(address, 0);
  const body = registration(asked, `https://${address}:${port}/`, root.certificatePem);
  await api.must({ method: 'POST', path: CONFIGURATIONS, body });
  // The API server picks up the configuration with a delay.
  await eventually(`the webhook ${asked.name} is called`, async () => {
    const path = `/api/v1/namespaces/${asked.namespace}/pods?dryRun=All`;
    await api.call({ method: 'POST', path, body: pod({ labels: { [asked.label]: 'probe' } }) });
    return seen > 0;
  });
  return {
    seen: () => seen,
    close: async () => {
      await api.call({ method: 'DELETE', path: `${CONFIGURATIONS}/${asked.name}` });
      await server.close(0);
    },
  };
}
