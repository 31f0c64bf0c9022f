/**
 * A Kubernetes manifest, YAML or JSON, in whose pods annotations can be set; every other byte stays (splice.ts). Zone 0. No
 * message repeats anything from a manifest except names that Kubernetes would accept.
 */
import { isDeepStrictEqual } from 'node:util';
import { parseAllDocuments, type Document, type ParsedNode } from 'yaml';
import { holdsDirective, malformed, parsePart, parseParts, unrendered, type Part } from './manifest-text.ts';
import { applyEdits, editsOf, isAbsent, type Edit, type Path } from './splice.ts';
import {
  hasContainers,
  knownKinds,
  memberOf,
  textAt,
  titleOf,
  valueAt,
  workloadOf,
  type Pods,
} from './workloads.ts';

type Annotations = Readonly<Record<string, string>>;

export interface PodTemplate extends Omit<Pods, 'annotations'> {
  /** For messages: `Deployment/web`, `PyTorchJob/train (Worker)`. */
  readonly title: string;
  readonly namespace: string | undefined;
  readonly annotations: Annotations;
  /** It creates pods for as long as it exists. */
  readonly lasting: boolean;
}

interface Annotated {
  readonly text: string;
  /** The object, or a List of several. */
  readonly toJson: () => object;
}

interface Manifest {
  readonly templates: readonly PodTemplate[];
  /** Titles of objects of other kinds that seem to create pods. */
  readonly others: readonly string[];
  /** With these annotations added to each template, in order; throws a Failure if one cannot be changed alone. */
  readonly annotated: (added: readonly Annotations[]) => Annotated;
}

/** Where a template is. */
interface Found {
  readonly part: Part;
  readonly document: number;
  readonly path: Path;
  readonly template: PodTemplate;
}

const TICKET =
  'Get annotations with `twofold ticket SECRET --namespace NS`, and put them where the pods get theirs.';

function annotationsAt(value: unknown, path: Path): Annotations {
  const map = valueAt(value, path);
  if (typeof map !== 'object' || map === null || Array.isArray(map)) return {};
  return Object.fromEntries(
    Object.entries(map).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

interface Item {
  readonly object: unknown;
  readonly path: Path;
}

/** The objects of a document: itself, or those of a List. */
function itemsOf(object: unknown, path: Path = []): readonly Item[] {
  const items = memberOf(object, 'items');
  if (!Array.isArray(items) || textAt(object, 'kind')?.endsWith('List') !== true) return [{ object, path }];
  return items.flatMap((item: unknown, at) => itemsOf(item, [...path, 'items', at]));
}

function templatesOf(part: Part, document: number, { object, path }: Item): readonly Found[] {
  const workload = workloadOf(object);
  if (!workload) return [];
  if (holdsDirective(object))
    throw unrendered(part.text) ?? malformed('It is a template that has not been rendered');
  const title = titleOf(object);
  const found = workload.podsOf(object);
  if (found.length === 0) throw malformed(`${title} contains no pod`);
  return found.map(({ annotations, ...pods }) => ({
    part,
    document,
    path: [...path, ...annotations],
    template: {
      ...pods,
      title: pods.part === undefined ? title : `${title} (${/^\w{1,40}$/.test(pods.part) ? pods.part : '?'})`,
      namespace: textAt(object, 'metadata', 'namespace'),
      annotations: annotationsAt(object, annotations),
      lasting: workload.lasting,
    },
  }));
}

/** The same with these entries in the map at the path. */
function withEntries(value: unknown, path: Path, entries: Annotations): unknown {
  const [key, ...rest] = path;
  if (Array.isArray(value)) {
    return value.map((item: unknown, at) => (at === key ? withEntries(item, rest, entries) : item));
  }
  const map = typeof value === 'string' && isAbsent(value) ? {} : value;
  const own = typeof map === 'object' && map !== null ? map : {};
  if (key === undefined) return { ...own, ...entries };
  return { ...own, [key]: withEntries(memberOf(own, key), rest, entries) };
}

/** As Kubernetes reads YAML: 0400 is octal, on is true. */
function asJson(texts: readonly string[]): object {
  const documents = texts.flatMap((text): readonly Document[] =>
    [parseAllDocuments(text, { version: '1.1', uniqueKeys: false })].flat(),
  );
  const items = documents.map((document): unknown => document.toJS()).filter(Boolean);
  const [only] = items;
  if (items.length === 1 && typeof only === 'object' && only !== null) return only;
  return { apiVersion: 'v1', kind: 'List', items };
}

interface Addition {
  readonly found: Found;
  readonly added: Annotations;
}

/** The part with these additions, or undefined if it then says anything else too. */
function edited(part: Part, additions: readonly Addition[]): string | undefined {
  let { values } = part;
  const edits: Edit[] = [];
  for (const { found, added } of additions) {
    if (Object.keys(added).length === 0) continue;
    const { document, path } = found;
    const root: ParsedNode | null = part.documents[document]?.contents ?? null;
    const made = editsOf(part, root, path, added);
    if (!made) return undefined;
    edits.push(...made);
    values = values.map((value, at) => (at === document ? withEntries(value, path, added) : value));
  }
  const text = applyEdits(part.text, edits);
  try {
    return isDeepStrictEqual(parsePart(text, part.json).values, values) ? text : undefined;
  } catch {
    return undefined;
  }
}

function annotatedPart(part: Part, additions: readonly Addition[]): string {
  const text = edited(part, additions);
  if (text !== undefined) return text;
  const alone = additions.find((addition) => edited(part, [addition]) === undefined);
  throw malformed(
    `The annotations of ${(alone ?? additions[0])?.found.template.title ?? '?'} cannot be set alone: an anchor, an alias or a merge key shares them, or they are not a map`,
    `Write them out. Or: ${TICKET}`,
  );
}

/** Throws a Failure for text that is not YAML or JSON, or has no pod. */
export function parseManifest(text: string): Manifest {
  const parts = parseParts(text);
  const items = parts.flatMap((part) =>
    part.values.flatMap((value, document) => itemsOf(value).map((item) => ({ part, document, item }))),
  );
  const found = items.flatMap(({ part, document, item }) => templatesOf(part, document, item));
  const others = items.flatMap(({ item: { object } }) =>
    workloadOf(object) === undefined && hasContainers(object) ? [titleOf(object)] : [],
  );
  if (found.length === 0) {
    const helm = holdsDirective(text) ? unrendered(text) : undefined;
    if (helm) throw helm;
    const [other] = others;
    throw other === undefined
      ? malformed(
          'It contains no pod, and nothing known to create pods',
          `Known are ${knownKinds}. For anything else: ${TICKET}`,
        )
      : malformed(
          `It contains nothing known to create pods; where ${other} has its pods' annotations is not known`,
          TICKET,
        );
  }
  return {
    templates: found.map(({ template }) => template),
    others,
    annotated: (added) => {
      const additions = found.map((each, at) => ({ found: each, added: added[at] ?? {} }));
      const texts = parts.map((part) =>
        annotatedPart(
          part,
          additions.filter((addition) => addition.found.part === part),
        ),
      );
      return { text: texts.join(''), toJson: () => asJson(texts) };
    },
  };
}
