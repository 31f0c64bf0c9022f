/**
 * AdmissionReview v1: bytes to a typed request, and the answer back. Zone 2; admission.k8s.io/v1. What the request
 * holds is unverified: API servers rarely present a certificate to webhooks.
 */
import { isJsonObject, parseJson, type JsonObject } from '#envelope/json.ts';
import { shown } from '#platform/shown.ts';
import type { Operation } from './patch.ts';
import type { Refusal } from './refusals.ts';

export interface ReviewRequest {
  readonly uid: string;
  /** True for CREATE of the resource v1 pods, without a subresource. */
  readonly createsPod: boolean;
  readonly operation: string;
  readonly namespace: string;
  readonly username: string;
  /** The pod that the requester's token is bound to, by its uid; undefined for other tokens and credentials. */
  readonly boundPodUid: string | undefined;
  readonly dryRun: boolean;
  /** Still unchecked. */
  readonly object: unknown;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** What the API server says of a service-account token bound to a pod. */
const POD_UID = 'authentication.kubernetes.io/pod-uid';

function boundPodUidOf(user: unknown): string | undefined {
  const extra = isJsonObject(user) ? user['extra'] : undefined;
  const values: unknown = isJsonObject(extra) ? extra[POD_UID] : undefined;
  const uid: unknown = Array.isArray(values) ? values[0] : undefined;
  return textOf(uid) || undefined;
}

function isPodResource(resource: unknown): boolean {
  return (
    isJsonObject(resource) &&
    resource['group'] === '' &&
    resource['version'] === 'v1' &&
    resource['resource'] === 'pods'
  );
}

/** The request, or a sentence about what is wrong with the review. */
export function parseReview(body: Buffer): ReviewRequest | string {
  const review = parseJson(body.toString('utf8'));
  if (review === undefined) return 'the body is not JSON';
  if (!isJsonObject(review) || review['kind'] !== 'AdmissionReview')
    return 'the body is not an AdmissionReview';
  if (review['apiVersion'] !== 'admission.k8s.io/v1') {
    return 'only admission.k8s.io/v1 is understood; set admissionReviewVersions: [v1] in the webhook configuration';
  }
  const request = review['request'];
  if (!isJsonObject(request) || textOf(request['uid']) === '')
    return 'the AdmissionReview has no request with a uid';
  const user = request['userInfo'];
  return {
    uid: textOf(request['uid']),
    createsPod:
      request['operation'] === 'CREATE' && isPodResource(request['resource']) && !request['subResource'],
    operation: textOf(request['operation']),
    namespace: textOf(request['namespace']),
    username: isJsonObject(user) ? textOf(user['username']) : '',
    boundPodUid: boundPodUidOf(user),
    dryRun: request['dryRun'] === true,
    object: request['object'],
  };
}

export type Verdict =
  | { readonly allowed: true; readonly patch: readonly Operation[]; readonly warnings: readonly string[] }
  | { readonly allowed: false; readonly refusals: readonly Refusal[] };

/** One sentence for each refusal: the annotation, what is wrong, the next step, the code. */
export function describeRefusals(refusals: readonly Refusal[]): string {
  return refusals
    .map(({ annotation, message, code }) =>
      shown(`${annotation === undefined ? '' : `${annotation}: `}${message} (${code})`),
    )
    .join('. ');
}

/** Kubernetes' reason for each; without `retryAfterSeconds`, which would make a client wait silently. */
const reasons = { 403: 'Forbidden', 429: 'TooManyRequests', 503: 'ServiceUnavailable' } as const;

function statusOf(refusals: readonly Refusal[]): JsonObject {
  const most = Math.max(...refusals.map(({ status }) => status));
  const code = most >= 500 ? 503 : most === 429 ? 429 : 403;
  return {
    status: 'Failure',
    code,
    reason: reasons[code],
    message: describeRefusals(refusals),
    details: {
      causes: refusals.map(({ code: reason, message, annotation }) => ({
        reason,
        message: shown(message),
        ...(annotation === undefined ? {} : { field: shown(`metadata.annotations[${annotation}]`) }),
      })),
    },
  };
}

function responseOf(uid: string, verdict: Verdict): JsonObject {
  if (!verdict.allowed) return { uid, allowed: false, status: statusOf(verdict.refusals) };
  return {
    uid,
    allowed: true,
    ...(verdict.warnings.length > 0 ? { warnings: verdict.warnings.map(shown) } : {}),
    ...(verdict.patch.length > 0
      ? { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(verdict.patch)).toString('base64') }
      : {}),
  };
}

export function encodeReview(uid: string, verdict: Verdict): string {
  return JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: responseOf(uid, verdict),
  });
}
