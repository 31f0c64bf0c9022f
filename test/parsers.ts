/** Every exported parser, by what it is called: each is in the tables of `test/growth/` and `test/fuzz/`, or a reason is given. */
import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';

const PARSER = /^export (?:const|(?:async )?function) ((?:parse|read|decode|verify|choose|plan)[A-Z]\w*)/gm;
const zones = ['envelope', 'webhook', 'keyservice', 'console', 'injector-image', 'platform', 'cli'];

/** `folder/module.ts function` of each. */
const exported = zones.flatMap((zone) =>
  readdirSync(zone, { recursive: true, encoding: 'utf8' })
    .filter((file) => /(?<!\.test|\.d)\.ts$/.test(file) && !file.includes('testing/'))
    .flatMap((file) =>
      [...readFileSync(`${zone}/${file}`, 'utf8').matchAll(PARSER)].map(
        ([, name]) => `${zone}/${file} ${name}`,
      ),
    ),
);

/** What reads no outside input, or only what a parser of the table has read. */
const exempt: Readonly<Record<string, string>> = {
  'envelope/jwk-set.ts': 'the operator’s keys',
  'keyservice/key-sets.ts': 'the operator’s keys',
  'console/key-files.ts': 'the operator’s keys',
  'console/admin/': 'the operator’s command line',
  'console/store/': 'rows that the console wrote',
  'console/web/newest-first.ts readPage': 'rows that the console wrote',
  'console/http/body.ts readBody': 'bytes as they come',
  'console/http/body.ts readJson': 'readBody, then parseJson',
  'injector-image/session.ts readSession': 'hashes, then readGrant',
  'cli/value.ts': 'bytes as they come',
};

export function expectEveryParser(subjects: readonly { readonly covers: readonly string[] }[]): void {
  const covered = new Set(subjects.flatMap(({ covers }) => covers));
  const reasons = Object.keys(exempt);
  const missing = exported.filter(
    (name) => !covered.has(name) && !reasons.some((reason) => name.startsWith(reason)),
  );
  expect(missing).to.deep.equal([]);
  const unused = reasons.filter((reason) => !exported.some((name) => name.startsWith(reason)));
  expect(unused).to.deep.equal([]);
}
