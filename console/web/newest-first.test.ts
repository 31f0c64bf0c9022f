import { expect } from 'chai';
import { readPage, type Mark } from './newest-first.ts';

const newest = 7;

/** Rows 7 to 1, as a store lists them. */
function list({ limit, after, before }: Mark<number> & { limit: number }): Promise<number[]> {
  const all = Array.from({ length: newest }, (_, at) => newest - at);
  if (before !== undefined) return Promise.resolve(all.filter((id) => id > before).slice(-limit));
  return Promise.resolve(all.filter((id) => after === undefined || id < after).slice(0, limit));
}

describe('a page of a list that has the newest first', () => {
  for (const [mark, rows, newer, older] of [
    [{}, [7, 6, 5], false, true],
    [{ after: 5 }, [4, 3, 2], true, true],
    [{ after: 2 }, [1], true, false],
    [{ before: 1 }, [4, 3, 2], true, true],
    [{ before: 4 }, [7, 6, 5], false, true],
    [{ before: 5 }, [7, 6, 5], false, true],
    [{ before: 7 }, [7, 6, 5], false, true],
  ] as const)
    it(`is ${rows.join(', ')} at ${JSON.stringify(mark)}`, async () => {
      expect(await readPage(3, mark, list)).to.deep.equal({ rows, newer, older });
    });
});
