/**
 * A Kubernetes manifest as text whose annotations can be set, everything else kept: comments, order, and the scalars as
 * they are written. Zone 0. Scalars are read as plain text (YAML's failsafe schema), so 0400, on and 1.10 stay so.
 */
import { isMap, isScalar, isSeq, parseAllDocuments, Scalar, visit, type Document } from 'yaml';
import { parsePodPattern } from '#envelope/pod.ts';
import { failure, type Failure } from './failure.ts';

interface Kind {
  /** Path of the pod, or of the pod's template, below the document. */
  readonly at: readonly string[];
  /** The names of its pods, for a ticket: exact, or a prefix. */
  readonly pods: (name: string) => string;
}

function prefixed(name: string): string {
  return `${name}-*`;
}
const template: Kind = { at: ['spec', 'template'], pods: prefixed };

/** Kinds whose pods are made from a template in the document, as their controllers name them. */
const kinds: Readonly<Record<string, Kind>> = {
  Pod: { at: [], pods: (name) => name },
  Deployment: template,
  ReplicaSet: template,
  StatefulSet: template,
  DaemonSet: template,
  Job: template,
  CronJob: { at: ['spec', 'jobTemplate', 'spec', 'template'], pods: prefixed },
};

function kindOf(kind: unknown): Kind | undefined {
  return typeof kind === 'string' && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
}

export interface PodTemplate {
  /** For messages: `Deployment/web`. */
  readonly title: string;
  readonly namespace: string | undefined;
  readonly serviceAccount: string;
  /** Names of its regular containers. */
  readonly containers: readonly string[];
  /** What a ticket can say about its pods' names, where the manifest does. */
  readonly pods: string | undefined;
  readonly annotations: Readonly<Record<string, string>>;
  annotate(annotations: Readonly<Record<string, string>>): void;
}

interface Manifest {
  readonly templates: readonly PodTemplate[];
  toYaml(): string;
  /** The document, or a List of several. */
  toJson(): object;
}

function malformed(what: string): Failure {
  return failure(
    'manifest_malformed',
    `${what}.`,
    `Give a manifest with a ${Object.keys(kinds).join(', ')}.`,
  );
}

function textAt(document: Document, path: readonly string[]): string | undefined {
  const value = document.getIn(path);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function annotationsAt(document: Document, path: readonly string[]): Record<string, string> {
  const node = document.getIn(path, true);
  if (!isMap(node)) return {};
  return Object.fromEntries(
    node.items.flatMap(({ key, value }) =>
      isScalar(key) && isScalar(value) ? [[String(key.value), String(value.value)] as const] : [],
    ),
  );
}

function namesAt(document: Document, path: readonly string[]): readonly string[] {
  const node = document.getIn(path, true);
  if (!isSeq(node)) return [];
  const names = node.items.map((item) => (isMap(item) ? item.get('name') : undefined));
  return names.filter((name) => typeof name === 'string');
}

/** Always quoted: otherwise a name such as 123 or true is not text to Kubernetes. */
function quoted(text: string): Scalar {
  const scalar = new Scalar(text);
  scalar.type = Scalar.QUOTE_DOUBLE;
  return scalar;
}

function annotate(document: Document, at: readonly string[], added: Readonly<Record<string, string>>): void {
  const parents = [
    [...at, 'metadata'],
    [...at, 'metadata', 'annotations'],
  ];
  for (const parent of parents) {
    const node = document.getIn(parent, true);
    // `annotations:` with nothing after it.
    if (node === undefined || (isScalar(node) && (node.value === null || node.value === ''))) {
      document.setIn(parent, document.createNode({}));
    } else if (!isMap(node)) throw malformed(`${parent.join('.')} is not a map of its own`);
  }
  for (const [key, value] of Object.entries(added)) {
    document.setIn([...at, 'metadata', 'annotations', key], quoted(value));
  }
}

function podsOf(document: Document, kind: Kind): string | undefined {
  const [name, prefix] = [
    textAt(document, ['metadata', 'name']),
    textAt(document, ['metadata', 'generateName']),
  ];
  const pattern = name === undefined ? prefix && `${prefix}*` : kind.pods(name);
  return parsePodPattern(pattern);
}

function templateOf(document: Document): PodTemplate | undefined {
  const name = document.getIn(['kind']);
  const kind = kindOf(name);
  if (!kind) return undefined;
  const title = `${String(name)}/${textAt(document, ['metadata', 'name']) ?? textAt(document, ['metadata', 'generateName']) ?? '?'}`;
  if (!isMap(document.getIn([...kind.at, 'spec'], true))) throw malformed(`${title} contains no pod`);
  return {
    title,
    namespace: textAt(document, ['metadata', 'namespace']),
    serviceAccount:
      textAt(document, [...kind.at, 'spec', 'serviceAccountName']) ??
      textAt(document, [...kind.at, 'spec', 'serviceAccount']) ??
      'default',
    containers: namesAt(document, [...kind.at, 'spec', 'containers']),
    pods: podsOf(document, kind),
    annotations: annotationsAt(document, [...kind.at, 'metadata', 'annotations']),
    annotate: (added) => annotate(document, kind.at, added),
  };
}

/** Whether sequences are indented below their key, so that they stay so. */
function indentsSequences(text: string): boolean {
  return !/^( *)[^\s#-][^\n]*:[ \t]*\n\1- /m.test(text);
}

/** Every key of a map is text, and unique. The parser would compare every key with every other. */
function demandPlainKeys(document: Document): void {
  visit(document, {
    Map: (_, { items }) => {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) throw malformed('A map in it has a key that is not text');
        if (seen.has(key.value)) throw malformed('A map in it has a key twice');
        seen.add(key.value);
      }
    },
  });
}

/** Throws a Failure for text that is not YAML or has no pod. */
export function parseManifest(text: string): Manifest {
  const parsed = parseAllDocuments(text, { schema: 'failsafe', keepSourceTokens: true, uniqueKeys: false });
  const documents: readonly Document[] = [parsed].flat();
  const problem = documents.flatMap(({ errors }) => errors)[0];
  if (problem) {
    const line = problem.linePos?.[0].line;
    throw malformed(`It is not YAML${line === undefined ? '' : `, at line ${line} of a document`}`);
  }
  documents.forEach(demandPlainKeys);
  const templates = documents.flatMap((document) => templateOf(document) ?? []);
  if (templates.length === 0) throw malformed('It contains no pod, and nothing that creates pods');
  const options = { lineWidth: 0, indentSeq: indentsSequences(text), flowCollectionPadding: true };
  const toYaml = (): string => documents.map((document) => document.toString(options)).join('');
  return {
    templates,
    toYaml,
    toJson: () => {
      // As Kubernetes reads YAML: 0400 is octal, on is true.
      const again: readonly Document[] = [
        parseAllDocuments(toYaml(), { version: '1.1', uniqueKeys: false }),
      ].flat();
      const items = again.map((document): unknown => document.toJS()).filter(Boolean);
      const [only] = items;
      if (items.length === 1 && typeof only === 'object' && only !== null) return only;
      return { apiVersion: 'v1', kind: 'List', items };
    },
  };
}
