/** The services' Deployments in each overlay as rendered, for tests. No zone. */
import type { KubernetesObject } from './kubernetes-object.ts';
import { render } from './kustomize.ts';

export interface Volume {
  readonly name: string;
  readonly secret?: { readonly secretName: string };
  readonly csi?: object;
}
interface Container {
  readonly name: string;
  readonly image: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly?: boolean;
  }[];
  readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
}
export interface Deployment extends KubernetesObject {
  readonly spec: {
    readonly replicas: number;
    readonly strategy: { readonly type: string };
    readonly template: {
      readonly spec: {
        readonly containers: readonly [Container];
        readonly volumes: readonly Volume[];
        readonly terminationGracePeriodSeconds: number;
      };
    };
  };
}

export const ZONES = ['console', 'webhook', 'keyservice'];
export const OVERLAYS = ['overlays/sqlite', 'overlays/postgres', 'overlays/demo'];

export function podOf(deployment: Deployment): Deployment['spec']['template']['spec'] {
  return deployment.spec.template.spec;
}
export function envOf(deployment: Deployment): Record<string, string> {
  return Object.fromEntries(podOf(deployment).containers[0].env.map(({ name, value }) => [name, value]));
}

/** Each is rendered on first use. */
export function renderedOverlays() {
  const rendered = new Map<string, readonly KubernetesObject[]>();
  const objects = (overlay: string): readonly KubernetesObject[] => {
    const found = rendered.get(overlay) ?? render(overlay);
    rendered.set(overlay, found);
    return found;
  };
  const find = (overlay: string, kind: string, name: string): KubernetesObject | undefined =>
    objects(overlay).find((object) => object.kind === kind && object.metadata?.name === name);
  const deployment = (overlay: string, zone: string): Deployment => {
    const found = find(overlay, 'Deployment', zone);
    if (!found) throw new Error(`${overlay} has no ${zone}`);
    // The schema tests check Deployments against Kubernetes' shape; this adds what Twofold's always have.
    return found as Deployment;
  };
  return { objects, find, deployment };
}
