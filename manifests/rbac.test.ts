/** What each service may do at the API server, as data: exactly the design's few verbs, and none for the keyservice. */
import { expect } from 'chai';
import type { KubernetesObject } from './kubernetes-object.ts';
import { guardDocuments } from './guard.ts';
import { render, renderOwn } from './kustomize.ts';

interface Role extends KubernetesObject {
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly resourceNames?: readonly string[];
    readonly verbs: readonly string[];
  }[];
}
interface RoleBinding extends KubernetesObject {
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects: readonly { readonly kind: string; readonly name: string; readonly namespace: string }[];
}

/** `who where: verb group/resource [names]`, one line for each right that the objects grant. */
function rights(objects: readonly KubernetesObject[]): string[] {
  // The schema tests check the shapes of roles and bindings.
  const roles = objects.filter(({ kind }) => kind?.endsWith('Role') === true) as Role[];
  const bindings = objects.filter(({ kind }) => kind?.endsWith('RoleBinding') === true) as RoleBinding[];
  return bindings
    .flatMap(({ kind, metadata, roleRef, subjects }) => {
      const namespace = metadata?.namespace;
      const where = kind === 'ClusterRoleBinding' ? 'everywhere' : `in ${namespace ?? '?'}`;
      const role = roles.find(
        (r) =>
          r.kind === roleRef.kind &&
          r.metadata?.name === roleRef.name &&
          (r.kind === 'ClusterRole' || r.metadata.namespace === namespace),
      );
      if (!role) throw new Error(`${metadata?.name ?? '?'} binds a role that is not there`);
      const who = subjects.map((s) => `${s.kind} ${s.namespace}/${s.name} ${where}`);
      return who.flatMap((subject) => rightsOf(role).map((right) => `${subject}: ${right}`));
    })
    .sort();
}

function rightsOf({ rules }: Role): string[] {
  return rules.flatMap(({ apiGroups, resources, resourceNames, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.map((verb) =>
          [verb, group ? `${group}/${resource}` : resource, ...(resourceNames ?? [])].join(' '),
        ),
      ),
    ),
  );
}

const guardNames = [
  'shape',
  'reference',
  'launcher',
  'launcher-account',
  'update',
  'ephemeral',
  'token',
  'writer',
  'lease',
  'namespace',
]
  .map((n) => `twofold-${n}`)
  .join(' ');
const consoleRights = [
  'create authentication.k8s.io/tokenreviews',
  'get pods',
  `get admissionregistration.k8s.io/validatingadmissionpolicies ${guardNames}`,
  `get admissionregistration.k8s.io/validatingadmissionpolicybindings ${guardNames}`,
].map((right) => `ServiceAccount twofold-console/console everywhere: ${right}`);
const electionRights = ['get', 'create', 'update'].map(
  (verb) => `ServiceAccount twofold-webhook/webhook in twofold-webhook: ${verb} coordination.k8s.io/leases`,
);
function sessionRights(where: string): string[] {
  return [
    'create secrets',
    ...['create', 'list', 'patch', 'delete'].map((verb) => `${verb} coordination.k8s.io/leases`),
    'list pods',
    'get serviceaccounts',
  ].map((right) => `ServiceAccount twofold-webhook/webhook ${where}: ${right}`);
}

describe('rights at the API server', function () {
  this.timeout(180_000);

  it('are exactly those of the design, with one namespace enabled', () => {
    for (const overlay of ['overlays/sqlite', 'overlays/postgres', 'overlays/demo']) {
      const expected = [...consoleRights, ...electionRights, ...sessionRights('in sessions')].sort();
      expect(rights(render(overlay))).to.deep.equal(expected);
    }
  });

  it('reach into no session namespace before one is enabled', () => {
    expect(rights(render('base'))).to.deep.equal([...consoleRights, ...electionRights].sort());
  });

  it('reach into all namespaces where not each is named, and the console may then read namespaces', () => {
    const objects = renderOwn((manifests) => ({
      'kustomization.yaml': `resources: [${manifests}/base]\ncomponents: [${manifests}/components/namespace-rules]\n`,
    }));
    const read = 'ServiceAccount twofold-console/console everywhere: get namespaces';
    const expected = [...consoleRights, read, ...electionRights, ...sessionRights('everywhere')].sort();
    expect(rights(objects)).to.deep.equal(expected);
  });

  it('of the console name the guard’s policies as they are called', () => {
    const names = guardDocuments({})
      .filter(
        ({ kind, ...rest }) =>
          kind === 'ValidatingAdmissionPolicy' && JSON.stringify(rest).includes('"Fail"'),
      )
      .map(({ metadata }) => metadata?.name ?? '');
    expect(names.sort().join(' ')).to.equal(guardNames.split(' ').sort().join(' '));
  });

  it('of the keyservice are none, and it has no token to use them with', () => {
    const objects = render('overlays/postgres').filter(
      ({ metadata }) => metadata?.namespace === 'twofold-keyservice',
    );
    const account = objects.find(({ kind }) => kind === 'ServiceAccount');
    const deployment = objects.find(({ kind }) => kind === 'Deployment');
    expect(account).to.have.property('automountServiceAccountToken', false);
    expect(deployment).to.have.nested.property('spec.template.spec.automountServiceAccountToken', false);
  });
});
