/** `make bench`: every bench, or those named, as one table and as JSON in bench/results/. */
import { benchAdmission } from './admission.ts';
import { benchClient } from './client.ts';
import { report, say, type Bench, type Figure } from './figure.ts';
import { benchInjector } from './injector.ts';
import { benchList } from './list.ts';
import { benchRenku } from './renku.ts';
import { benchUnwrap } from './unwrap.ts';

const benches: Readonly<Record<string, Bench>> = {
  unwrap: benchUnwrap,
  renku: benchRenku,
  admission: benchAdmission,
  client: benchClient,
  injector: benchInjector,
  list: benchList,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`no such bench: ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}`);
  process.exit(2);
}
const figures: Figure[] = [];
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  figures.push(...(await bench(say)));
}
report(figures);
