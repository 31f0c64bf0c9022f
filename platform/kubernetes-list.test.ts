import { expect } from 'chai';
import { eventually } from '../test/eventually.ts';
import { startKubernetes, type TestKubernetes } from '../webhook/testing/kubernetes.ts';
import { listAll, type PartialObject } from './kubernetes-list.ts';
import type { KubernetesApi, PageQuery } from './kubernetes.ts';

const secrets = '/api/v1/namespaces/team/secrets';
function whole(item: PartialObject): PartialObject {
  return item;
}
const labelled = { labelSelector: 'set=listed' };

describe('a list of the Kubernetes API', function () {
  this.timeout(60_000);
  let kubernetes: TestKubernetes;
  let admin: KubernetesApi;
  /** Every page requested. */
  let asked: PageQuery[];
  const watched = (): Pick<KubernetesApi, 'page'> => ({
    page: (collection, query) => {
      asked.push(query);
      return admin.page(collection, query);
    },
  });

  const create = async (name: string, bytes = 1): Promise<void> => {
    const metadata = { name, labels: { set: 'listed' } };
    const data = { a: Buffer.alloc(bytes, 'x').toString('base64') };
    const made = await admin.create(secrets, { apiVersion: 'v1', kind: 'Secret', metadata, data });
    if (!made.ok) throw new Error(made.message);
  };
  const names = async (api: Pick<KubernetesApi, 'page'> = watched()): Promise<readonly string[]> => {
    const listed = await listAll(api, secrets, labelled, whole);
    if (!listed.ok) throw new Error(`${listed.status} ${listed.reason}`);
    return listed.items.map(({ metadata }) => metadata.name);
  };

  beforeEach(async () => {
    asked = [];
    kubernetes = await startKubernetes();
    ({ admin } = kubernetes);
  });
  afterEach(() => kubernetes.close());

  it('comes in pages, each object once and in order', async () => {
    const all = Array.from({ length: 1_201 }, (_, at) => `s-${String(at).padStart(4, '0')}`);
    for (const name of all) await create(name);
    expect(await names()).to.deep.equal(all);
    expect(asked.map(({ limit }) => limit)).to.deep.equal([500, 500, 500]);
  });

  it('is empty where there is nothing, though for metadata the API server then writes null', async () => {
    const listed = await listAll(watched(), secrets, { ...labelled, metadataOnly: true }, whole);
    expect(listed).to.deep.equal({ ok: true, items: [], tooLarge: [] });
    const page = await admin.page(secrets, { ...labelled, metadataOnly: true, limit: 1, maxBytes: 10_000 });
    expect(page.ok && page.object.items).to.equal(null);
  });

  it('requests fewer where a page is too large, down to one, and more again after that', async () => {
    const all = Array.from({ length: 24 }, (_, at) => `s-${String(at).padStart(2, '0')}`);
    for (const [at, name] of all.entries()) await create(name, at < 12 ? 1_000_000 : 1);
    expect(await names()).to.deep.equal(all);
    expect(Math.min(...asked.map(({ limit }) => limit))).to.be.below(4);
    expect(asked.at(-1)?.limit).to.be.above(4);
  });

  it('skips an object that is too large by itself, and names it', async () => {
    for (const name of ['a', 'b', 'c']) await create(name);
    // As if the limit were lower: the API server stores nothing that exceeds it.
    const api: Pick<KubernetesApi, 'page'> = {
      page: async (collection, query) => {
        const answer = await admin.page<PartialObject>(collection, query);
        const isHuge =
          !query.metadataOnly &&
          answer.ok &&
          (answer.object.items ?? []).some(({ metadata }) => metadata.name === 'b');
        if (isHuge) return { ok: false, status: 0, reason: 'TooLarge', message: '' };
        return answer as Awaited<ReturnType<typeof admin.page<never>>>;
      },
    };
    const listed = await listAll(api, secrets, labelled, whole);
    expect(listed.ok && listed.items.map(({ metadata }) => metadata.name)).to.deep.equal(['a', 'c']);
    expect(listed.ok && listed.tooLarge.map(({ metadata }) => metadata.name)).to.deep.equal(['b']);
  });

  it('starts over where the API server has forgotten its place, and gives up when that keeps happening', async () => {
    await kubernetes.close();
    // As after five minutes.
    kubernetes = await startKubernetes('forgetful', ['--etcd-compaction-interval=2s']);
    ({ admin } = kubernetes);
    for (let at = 0; at < 5; at += 1) await create(`s-${at}`, 1_000_000);
    const forgotten = (collection: string, query: PageQuery): Promise<unknown> =>
      eventually('the place is forgotten', async () => {
        const page = await admin.page(collection, query);
        return !page.ok && page.reason === 'Expired';
      });
    const slow = (times: number): Pick<KubernetesApi, 'page'> => ({
      page: async (collection, query) => {
        if (query.continue !== undefined && (times -= 1) >= 0) await forgotten(collection, query);
        return await watched().page(collection, query);
      },
    });
    expect(await names(slow(1))).to.deep.equal(['s-0', 's-1', 's-2', 's-3', 's-4']);
    const given = await listAll(slow(Infinity), secrets, labelled, whole);
    expect(given).to.include({ ok: false, status: 410, reason: 'Expired' });
  });

  it('holds metadata alone where that is requested', async () => {
    await create('a');
    const listed = await listAll(admin, secrets, { ...labelled, metadataOnly: true }, whole);
    const [item] = listed.ok ? listed.items : [];
    expect(item).to.have.all.keys('kind', 'apiVersion', 'metadata');
    expect(item).to.have.nested.property('metadata.labels.set', 'listed');
  });

  it('says why there is none', async () => {
    const { api } = kubernetes;
    const listed = await listAll(api, secrets, labelled, whole);
    expect(listed).to.include({ ok: false, status: 403, reason: 'Forbidden' });
    const dead = kubernetes.apiAt('https://127.0.0.1:1');
    expect(await listAll(dead, secrets, labelled, whole)).to.include({ ok: false, reason: 'Unreachable' });
    dead.close();
  });
});
