/** Every port with every certificate that is held or can be made: which of them open which. */
import { forgeLeaves } from './forging.ts';
import type { Holding, Leaf } from './loot.ts';
import type { Report } from './report.ts';
import type { World } from './world.ts';

/** What opens a port answers so to a body of nothing. */
const READ = 'body_malformed';

export interface Ports {
  readonly rewrap: readonly Leaf[];
  readonly resolve: readonly Leaf[];
  readonly unwrap: readonly Leaf[];
  readonly mutate: readonly Leaf[];
}

export async function certificates({ leaves, roots }: Holding, world: World): Promise<readonly Leaf[]> {
  const forged = roots.map((root) => world.once(`leaves ${root.key}`, () => forgeLeaves(root)));
  return [...leaves, ...(await Promise.all(forged)).flat()];
}

export async function openPorts(held: Holding, world: World, report: Report): Promise<Ports> {
  const { consoleResolve, consoleClaim, keyservice, webhook } = world.urls;
  const addresses = {
    resolve: `${consoleResolve}/internal/v1/resolve`,
    unwrap: `${keyservice}/v1/unwrap`,
    rewrap: `${keyservice}/v1/rewrap`,
    mutate: webhook,
    claim: `${consoleClaim}/internal/v1/claim`,
  };
  const all = await certificates(held, world);
  const opened = async (url: string): Promise<readonly Leaf[]> => {
    const codes = await Promise.all(
      all.map(async (leaf) => {
        const ask = () => world.post(url, { ca: world.ca, ...leaf }, {});
        return (await world.once(`open ${url} ${leaf.key} ${leaf.cert}`, ask)).code;
      }),
    );
    for (const code of codes) if (code !== READ) report.stopped(code);
    return all.filter((_leaf, at) => codes[at] === READ);
  };
  const [rewrap, resolve, unwrap, mutate] = await Promise.all([
    opened(addresses.rewrap),
    opened(addresses.resolve),
    opened(addresses.unwrap),
    opened(addresses.mutate),
    opened(addresses.claim),
  ]);
  return { rewrap, resolve, unwrap, mutate };
}
