/** `make fixtures`: writes the golden outcome of every captured review again. Read the diff before you commit it. */
import { writeFileSync } from 'node:fs';
import { goldenOf, reviewNames } from '../../test/reviews.ts';

for (const name of reviewNames()) {
  const text = `${JSON.stringify(await goldenOf(name), undefined, 2)}\n`;
  writeFileSync(new URL(`../../test/goldens/${name}.json`, import.meta.url), text);
}
console.log(`${reviewNames().length} goldens written to test/goldens; now read: git diff test/goldens`);
