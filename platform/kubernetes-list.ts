/** Whole collections of the Kubernetes API, page by page. No zone. */
import {
  MAX_OBJECT_BYTES,
  type KubernetesApi,
  type KubernetesRefusal,
  type Page,
  type PageQuery,
} from './kubernetes.ts';

/** An object as `PartialObjectMetadata`. */
interface ObjectMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface PartialObject {
  readonly metadata: ObjectMetadata;
}

export type ListQuery = Pick<PageQuery, 'labelSelector' | 'fieldSelector' | 'metadataOnly'>;

export type Listed<T> =
  | {
      readonly ok: true;
      readonly items: readonly T[];
      /** Objects that exceed the limit even alone. */
      readonly tooLarge: readonly PartialObject[];
    }
  | KubernetesRefusal;

const PAGE = 500;
const MAX_PAGE_BYTES = 4 * 1024 * 1024;
/** How often to start over where the pages took so long that the API server forgot the list's place. */
const BEGINNINGS = 3;

interface Collection {
  readonly api: Pick<KubernetesApi, 'page'>;
  readonly path: string;
  readonly query: ListQuery;
}

interface Step<T> {
  readonly ok: true;
  readonly page: Page<T>;
  readonly tooLarge: readonly PartialObject[];
  readonly limit: number;
}

/** The page after `token`, as many objects of `limit` as fit. */
async function nextPage<T>(
  { api, path, query }: Collection,
  token: string | undefined,
  most: number,
): Promise<Step<T> | KubernetesRefusal> {
  for (let limit = most; ; limit = Math.ceil(limit / 2)) {
    const maxBytes = limit === 1 ? MAX_OBJECT_BYTES : MAX_PAGE_BYTES;
    const asked = { ...query, limit, continue: token, maxBytes };
    const answer = await api.page<T>(path, asked);
    if (answer.ok) return { ok: true, page: answer.object, tooLarge: [], limit };
    if (answer.reason !== 'TooLarge') return answer;
    if (limit > 1) continue;
    // Its metadata tells which object it is, and where the list continues.
    const passed = await api.page<PartialObject>(path, { ...asked, metadataOnly: true });
    if (!passed.ok) return passed;
    const { metadata, items } = passed.object;
    return { ok: true, page: { items: [], ...(metadata && { metadata }) }, tooLarge: items ?? [], limit };
  }
}

async function listOnce<T extends object>(
  collection: Collection,
  keep: (item: T) => T | undefined,
): Promise<Listed<T>> {
  const items: T[] = [];
  const tooLarge: PartialObject[] = [];
  let token: string | undefined;
  let limit = PAGE;
  do {
    const step: Step<T> | KubernetesRefusal = await nextPage<T>(collection, token, limit);
    if (!step.ok) return step;
    items.push(...(step.page.items ?? []).flatMap((item) => keep(item) ?? []));
    tooLarge.push(...step.tooLarge);
    token = step.page.metadata?.continue;
    limit = Math.min(step.limit * 2, PAGE);
  } while (token !== undefined && token !== '');
  return { ok: true, items, tooLarge };
}

/**
 * Everything in a collection, reduced by `keep` (undefined: skip the object), with one page at a time in memory. A page
 * that does not fit is requested again at half the size; an object that does not fit alone is skipped, and named. A list
 * whose place the API server has forgotten (410) starts over.
 */
export async function listAll<T extends object>(
  api: Pick<KubernetesApi, 'page'>,
  path: string,
  query: ListQuery,
  keep: (item: T) => T | undefined,
): Promise<Listed<T>> {
  for (let beginning = 1; ; beginning += 1) {
    const listed = await listOnce({ api, path, query }, keep);
    if (listed.ok || listed.status !== 410 || beginning === BEGINNINGS) return listed;
  }
}
