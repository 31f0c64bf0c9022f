/** What an admission policy is asked: a request about a Kubernetes object. No zone; admission.k8s.io/v1. */

/** A Kubernetes object as parsed JSON or YAML. */
export interface KubernetesObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

/** The `request` of an AdmissionReview (v1), as far as policies look at it. */
export interface AdmissionRequest {
  readonly operation: string;
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string };
  readonly subResource?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly userInfo: {
    readonly username?: string;
    readonly groups?: readonly string[];
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
  readonly dryRun?: boolean;
  readonly object?: KubernetesObject | null;
  readonly oldObject?: KubernetesObject | null;
}
