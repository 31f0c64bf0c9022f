/** An AdmissionReview that no API server sent, straight to the webhook's Service, by anyone who can reach it. */
import type { V1Pod } from '@kubernetes/client-node';
import jsonPatch, { type Operation } from 'fast-json-patch';
import { createHttpsClient } from '#platform/https-client.ts';
import { uniqueName } from '../sessions/pods.ts';

export interface Forgery {
  readonly pod: object;
  readonly namespace: string;
  /** The alleged creator of the pod. */
  readonly username: string;
  /** The pod that their token is allegedly bound to. */
  readonly boundPodUid?: string;
}

interface Forged {
  readonly allowed: boolean;
  readonly message: string;
  /** The pod as the webhook patched it. */
  readonly admitted: V1Pod;
}

const WEBHOOK = 'https://webhook.twofold-webhook.svc:8443/mutate?timeout=9s';

interface Review {
  readonly response: {
    readonly allowed: boolean;
    readonly patch?: string;
    readonly status?: { readonly message?: string };
  };
}

function userInfoOf({ username, boundPodUid }: Forgery): object {
  return {
    username,
    ...(boundPodUid && { extra: { 'authentication.kubernetes.io/pod-uid': [boundPodUid] } }),
  };
}

export async function forgedReview(ca: string, forgery: Forgery): Promise<Forged> {
  const { pod, namespace } = forgery;
  const userInfo = userInfoOf(forgery);
  const review = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: uniqueName('forged'),
      operation: 'CREATE',
      namespace,
      userInfo,
      object: pod,
      resource: { group: '', version: 'v1', resource: 'pods' },
    },
  };
  const client = createHttpsClient({ ca });
  try {
    const { body } = await client.call({
      method: 'POST',
      url: WEBHOOK,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(review),
      timeoutMs: 9000,
      maxResponseBytes: 1e6,
    });
    const { allowed, patch, status } = (JSON.parse(body.toString()) as Review).response; // the webhook's
    const text = patch === undefined ? '[]' : Buffer.from(patch, 'base64').toString();
    const operations = JSON.parse(text) as Operation[]; // a JSON Patch
    const admitted = jsonPatch.applyPatch(structuredClone(pod), operations).newDocument as V1Pod; // it was one
    return { allowed, message: status?.message ?? '', admitted };
  } finally {
    client.close();
  }
}
