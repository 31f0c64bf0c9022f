/**
 * Every field of a pod that can name a Secret, found in Kubernetes' own schema (manifests/schemas): so a kind of volume
 * that a later version adds becomes a case of the guard's when the schemas are regenerated. No zone.
 */
import { readFileSync } from 'node:fs';

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
}

/** What looks like one but is not, and why. */
export const NO_SECRETS: Readonly<Record<string, string>> = {
  'volumes.[].cephfs.secretFile': 'a path on the node',
  'volumes.[].ephemeral.volumeClaimTemplate.metadata.annotations.{}': 'notes on a claim',
  'volumes.[].ephemeral.volumeClaimTemplate.metadata.labels.{}': 'labels of a claim',
  'volumes.[].ephemeral.volumeClaimTemplate.spec.dataSource.name': 'of the core group: claims only',
  'volumes.[].ephemeral.volumeClaimTemplate.spec.dataSourceRef.name': 'of the core group: claims only',
  'volumes.[].ephemeral.volumeClaimTemplate.spec.selector.matchLabels.{}': 'labels of volumes',
  'volumes.[].projected.sources.[].clusterTrustBundle.labelSelector.matchLabels.{}': 'labels of bundles',
  'volumes.[].projected.sources.[].podCertificate.userAnnotations.{}': 'notes to a signer',
};

/** What else the API server requires. */
const COMPANIONS: Readonly<Record<string, object>> = {
  'volumes.[]': { name: 'mine' },
  'volumes.[].azureFile': { shareName: 'share' },
  'volumes.[].cephfs': { monitors: ['192.0.2.1:6789'] },
  'volumes.[].cinder': { volumeID: 'volume' },
  'volumes.[].csi': { driver: 'files.example.org' },
  'volumes.[].flexVolume': { driver: 'example.org/files' },
  'volumes.[].iscsi': { targetPortal: '192.0.2.1:3260', iqn: 'iqn.2001-04.org.example:disk', lun: 0 },
  'volumes.[].rbd': { monitors: ['192.0.2.1:6789'], image: 'image' },
  'volumes.[].scaleIO': { gateway: 'https://192.0.2.1', system: 'system', volumeName: 'volume' },
  'volumes.[].storageos': { volumeName: 'volume' },
};
const OF_CONTAINERS: Readonly<Record<string, object>> = {
  '': { name: 'mine', image: 'mine:1' },
  '.env.[]': { name: 'MINE' },
  '.env.[].valueFrom.secretKeyRef': { key: 'grant' },
};

function companionsOf(path: string): object {
  const [, rest] = /^\w*[cC]ontainers\.\[\](.*)$/.exec(path) ?? [];
  return (rest === undefined ? COMPANIONS[path] : OF_CONTAINERS[rest]) ?? {};
}

const { $defs } = JSON.parse(
  readFileSync(new URL('../schemas/kubernetes.json', import.meta.url), 'utf8'),
) as { $defs: Readonly<Record<string, Schema>> }; // generate.ts wrote it

function nameOfRef({ $ref = '' }: Schema): string {
  return $ref.replace('#/$defs/', '');
}
function resolved(schema: Schema): Schema {
  return $defs[nameOfRef(schema)] ?? schema;
}
function isText(schema: Schema | undefined): boolean {
  return schema?.type === 'string';
}

/** Paths, with `[]` for each item of a list and `{}` for each value of a map. */
function* walk(schema: Schema, path: readonly string[], above: readonly string[]): Generator<string> {
  const name = nameOfRef(schema);
  if (above.includes(name)) return;
  const { properties = {}, items, additionalProperties } = resolved(schema);
  const within = name === '' ? above : [...above, name];
  if (items) yield* walk(items, [...path, '[]'], within);
  if (typeof additionalProperties === 'object' && isText(additionalProperties) && path[0] === 'volumes')
    yield [...path, '{}'].join('.');
  const refers = /Secret|ObjectReference$/.test(name);
  for (const [key, member] of Object.entries(properties)) {
    const named = /secret/i.test(key) || (refers && key === 'name');
    if (named && isText(member)) yield [...path, key].join('.');
    else yield* walk(member, [...path, key], within);
  }
}

/** Such as `volumes.[].cephfs.secretRef.name`, in a pod's spec. */
export const secretFields: readonly string[] = [...walk({ $ref: '#/$defs/core.v1.PodSpec' }, [], [])].filter(
  (path) => !(path in NO_SECRETS),
);

/** All that looks like one. */
export const candidates: readonly string[] = [...walk({ $ref: '#/$defs/core.v1.PodSpec' }, [], [])];

function built([first, ...rest]: readonly string[], above: string, value: string): unknown {
  if (first === undefined) return value;
  const path = above === '' ? first : `${above}.${first}`;
  const inner = built(rest, path, value);
  if (first === '[]') return [inner];
  return { ...companionsOf(above), [first === '{}' ? 'secretName' : first]: inner };
}

/** A part of a spec that names this Secret there and nowhere else. */
export function specNaming(field: string, secret: string): Readonly<Record<string, readonly unknown[]>> {
  return built(field.split('.'), '', secret) as Readonly<Record<string, readonly unknown[]>>;
} // the fields of a spec that lead to Secrets are lists
