/** `make bench`: every bench, or those named, as one table and as JSON in bench/results/. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { benchAdmission } from './admission.ts';
import { table, type Bench, type Figure } from './figure.ts';
import { benchInjector } from './injector.ts';
import { benchList } from './list.ts';
import { benchRenku } from './renku.ts';
import { benchUnwrap } from './unwrap.ts';

const benches: Readonly<Record<string, Bench>> = {
  unwrap: benchUnwrap,
  renku: benchRenku,
  admission: benchAdmission,
  injector: benchInjector,
  list: benchList,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`no bench ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}`);
  process.exit(2);
}
const figures: Figure[] = [];
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  figures.push(...(await bench((line) => console.error(`\x1b[2m==> ${line}\x1b[0m`))));
}
const folder = new URL('results/', import.meta.url);
mkdirSync(folder, { recursive: true });
const at = new Date().toISOString();
const machine = { node: process.version, cores: availableParallelism() };
const file = new URL(`${at.replace(/[:.]/g, '-')}.json`, folder);
writeFileSync(file, `${JSON.stringify({ at, machine, figures }, undefined, 2)}\n`);
console.log(
  `${table(figures)}\n\n${at}, Node ${process.version}, ${machine.cores} cores; also in ${file.pathname}`,
);
