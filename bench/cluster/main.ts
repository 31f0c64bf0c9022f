/** `make bench-cluster`: what Twofold costs on a real cluster, as one table and JSON; and where the time goes, as a picture. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { table, type Figure } from '../figure.ts';
import { benchClusterAdmission } from './admission.ts';
import { benchReady } from './ready.ts';
import { drawTrace } from './trace.ts';

const say = (line: string): void => console.error(`\x1b[2m==> ${line}\x1b[0m`);
const figures: Figure[] = [...(await benchReady(say)), ...(await benchClusterAdmission(say))];
figures.push(...(await drawTrace(say)));
const folder = new URL('../results/', import.meta.url);
mkdirSync(folder, { recursive: true });
const at = new Date().toISOString();
const file = new URL(`cluster-${at.replace(/[:.]/g, '-')}.json`, folder);
writeFileSync(file, `${JSON.stringify({ at, cores: availableParallelism(), figures }, undefined, 2)}\n`);
console.log(`${table(figures)}\n\n${at}, ${availableParallelism()} cores; also in ${file.pathname}`);
