/** What the use cases need of the Kubernetes API, as a port. Zone 1; docs/design.md#claim, docs/design.md#namespaces. */

/** Whose service-account token it is, according to the TokenReview. */
export interface TokenOwner {
  readonly username: string;
  /** The pod that the token is bound to. */
  readonly podName: string | undefined;
  readonly podUid: string | undefined;
}

/** A pod as admitted. */
export interface AdmittedPod {
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export type ClusterAnswer<T> =
  | { readonly answer: T }
  /** No usable answer; the reason, for the log. */
  | { readonly unavailable: string };

export interface Cluster {
  /** Undefined unless the token is authenticated for exactly this audience. */
  reviewToken(token: string, audience: string): Promise<ClusterAnswer<TokenOwner | undefined>>;
  /** Undefined if there is no such pod. */
  getPod(namespace: string, name: string): Promise<ClusterAnswer<AdmittedPod | undefined>>;
  /** Undefined if there is no such namespace. */
  getNamespaceLabels(name: string): Promise<ClusterAnswer<Readonly<Record<string, string>> | undefined>>;
}
