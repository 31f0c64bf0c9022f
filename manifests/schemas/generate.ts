/**
 * Cuts the strict JSON schemas of the kinds in these manifests out of Kubernetes' own OpenAPI document, which the Go
 * module k8s.io/kubernetes carries. `node manifests/schemas/generate.ts` writes kubernetes.json next to this file;
 * it needs Go, and is rerun when the manifests use another kind or another version of Kubernetes.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MODULE = 'k8s.io/kubernetes@v1.35.4';

/** The kinds in the manifests, as `apiVersion/kind`, and the definition of each. */
const KINDS: Readonly<Record<string, string>> = {
  'v1/Namespace': 'io.k8s.api.core.v1.Namespace',
  'v1/ServiceAccount': 'io.k8s.api.core.v1.ServiceAccount',
  'v1/ConfigMap': 'io.k8s.api.core.v1.ConfigMap',
  'v1/Service': 'io.k8s.api.core.v1.Service',
  'v1/PersistentVolumeClaim': 'io.k8s.api.core.v1.PersistentVolumeClaim',
  'v1/Pod': 'io.k8s.api.core.v1.Pod',
  'apps/v1/Deployment': 'io.k8s.api.apps.v1.Deployment',
  'policy/v1/PodDisruptionBudget': 'io.k8s.api.policy.v1.PodDisruptionBudget',
  'networking.k8s.io/v1/NetworkPolicy': 'io.k8s.api.networking.v1.NetworkPolicy',
  'rbac.authorization.k8s.io/v1/Role': 'io.k8s.api.rbac.v1.Role',
  'rbac.authorization.k8s.io/v1/RoleBinding': 'io.k8s.api.rbac.v1.RoleBinding',
  'rbac.authorization.k8s.io/v1/ClusterRole': 'io.k8s.api.rbac.v1.ClusterRole',
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': 'io.k8s.api.rbac.v1.ClusterRoleBinding',
  'admissionregistration.k8s.io/v1/MutatingWebhookConfiguration':
    'io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration',
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy':
    'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy',
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding':
    'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding',
};

/** The parts of a schema that remain; the rest is prose, or hints to clients. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  items?: Schema;
}

/** Definitions that differ from their OpenAPI: a number is a quantity too, and FieldsV1 is any object. */
const SPECIAL: Readonly<Record<string, Schema>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': {
    type: ['string', 'number'],
    pattern: '^[+-]?([0-9]+|[0-9]+\\.[0-9]*|\\.[0-9]+)(([KMGTPE]i)|[numkMGTPE]|([eE][+-]?[0-9]+))?$',
  },
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': { type: ['integer', 'string'] },
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': { type: 'object' },
};

function shortName(definition: string): string {
return definition.replace(/^io\.k8s\.(api|apimachinery\.pkg)\./, '');
}
function definitionOf(ref: string): string {
return ref.replace('#/definitions/', '');
}

/** Formats as plain JSON schema: the two integers' ranges, base64, a time. */
function format(schema: Schema): Schema {
  switch (schema.format) {
    case 'int32':
      return { type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 };
    case 'int64':
      return { type: 'integer' };
    case 'byte':
      return { type: 'string', pattern: '^[A-Za-z0-9+/]*={0,2}$' };
    case 'date-time':
      return {
        type: 'string',
        pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$',
      };
    default:
      return schema.type === undefined ? {} : { type: schema.type };
  }
}

/** The strict form of one schema; every definition that it refers to is passed to `name`. */
function strict(schema: Schema, name: (definition: string) => void): Schema {
  if (schema.$ref !== undefined) {
    name(definitionOf(schema.$ref));
    return { $ref: `#/$defs/${shortName(definitionOf(schema.$ref))}` };
  }
  const result = format(schema);
  if (schema.items) result.items = strict(schema.items, name);
  if (schema.properties) {
    result.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([key, value]) => [key, strict(value, name)]),
    );
    if (schema.required) result.required = schema.required;
    result.additionalProperties = false;
  } else if (typeof schema.additionalProperties === 'object') {
    result.additionalProperties = strict(schema.additionalProperties, name);
  }
  return result;
}

/** All definitions that the kinds reach, in the order of their names. */
function cutSchemas(definitions: Readonly<Record<string, Schema>>): Record<string, Schema> {
  const found = new Map<string, Schema>();
  const waiting = Object.values(KINDS);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(shortName(name))) continue;
    const definition = SPECIAL[name] ?? definitions[name];
    if (!definition) throw new Error(`${MODULE} has no definition ${name}`);
    found.set(shortName(name), SPECIAL[name] ?? strict(definition, (other) => waiting.push(other)));
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** One definition per line: small, and a new version of Kubernetes reads as a diff. */
function write(file: string, kinds: Record<string, string>, defs: Record<string, Schema>): void {
  const lines = (entries: [string, unknown][]): string =>
    entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',\n');
  writeFileSync(
    file,
    `{"$comment":"From ${MODULE}, by generate.ts.",\n"kinds":{\n${lines(Object.entries(kinds))}\n},\n` +
      `"$defs":{\n${lines(Object.entries(defs))}\n}}\n`,
  );
}

function main(): void {
  const answer = execFileSync('go', ['mod', 'download', '-json', MODULE], { encoding: 'utf8' });
  // Go and Kubernetes define these shapes; a missing definition throws above.
  const { Dir } = JSON.parse(answer) as { Dir: string };
  const source = readFileSync(join(Dir, 'api/openapi-spec/swagger.json'), 'utf8');
  const { definitions } = JSON.parse(source) as { definitions: Record<string, Schema> };
  const kinds = Object.fromEntries(Object.entries(KINDS).map(([kind, name]) => [kind, shortName(name)]));
  write(fileURLToPath(new URL('kubernetes.json', import.meta.url)), kinds, cutSchemas(definitions));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
