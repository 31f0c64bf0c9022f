import { expect } from 'chai';
import { z } from 'zod';
import { operations, type Operation } from '../public/operations.ts';
import { parseWith } from './body.ts';

function detailOf(schema: z.ZodType, value: unknown): string {
  const parsed = parseWith(schema, value);
  return parsed.ok ? 'accepted' : parsed.refusal.detail;
}

describe('what is wrong with a request', () => {
  const schema = z.strictObject({
    name: z.string().min(2).max(3).optional(),
    list: z.array(z.string()).min(1).max(2).optional(),
    uses: z.int().min(1).max(5).optional(),
    id: z
      .string()
      .regex(/^[0-9]+$/)
      .optional(),
    at: z.iso.datetime({ offset: true }).optional(),
    mode: z.enum(['a', 'b']).optional(),
    either: z.union([z.string(), z.boolean()]).optional(),
    even: z
      .int()
      .refine((found) => found % 2 === 0, 'must be even')
      .optional(),
    must: z.strictObject({ be: z.boolean() }),
  });
  const cases: readonly (readonly [object, string])[] = [
    [{ name: 7 }, '"name": must be a text'],
    [{ name: 'a' }, '"name": must have at least 2 characters'],
    [{ name: 'abcd' }, '"name": must have at most 3 characters'],
    [{ list: {} }, '"list": must be a list'],
    [{ list: [] }, '"list": must have at least 1 items'],
    [{ list: ['a', 'b', 'c'] }, '"list": must have at most 2 items'],
    [{ list: [1] }, '"list.0": must be a text'],
    [{ uses: 0 }, '"uses": must be at least 1'],
    [{ uses: 6 }, '"uses": must be at most 5'],
    [{ uses: 1.5 }, '"uses": must be a whole number'],
    [{ id: 'x' }, '"id": must match /^[0-9]+$/'],
    [{ at: 'x' }, '"at": must be a time, such as 2027-01-31T12:00:00Z'],
    [{ mode: 'c' }, '"mode": must be "a" or "b"'],
    [{ either: 1 }, '"either": has a form that is not accepted'],
    [{ even: 1 }, '"even": must be even'],
    [{ must: {} }, '"must.be": is missing'],
    [{ must: undefined }, '"must": must be an object'],
    [{ must: null }, '"must": must be an object'],
    [{ other: 1, another: 2 }, '"the whole": unknown member number 2, 3 of 3'],
  ];
  for (const [sent, says] of cases)
    it(`says ${says}`, () => {
      const detail = detailOf(schema, { must: { be: true }, ...sent });
      expect(detail).to.equal(`${says}. Compare with /api/v1/openapi.json.`);
    });

  it('says it in no words of the schema library, in any operation', () => {
    const wrong: readonly unknown[] = [undefined, null, 7, 'x', '', [], {}, true, -1, 1e99, 'x'.repeat(300)];
    const schemas = Object.values(operations).flatMap(({ body, query }: Operation) => [body, query]);
    let issues = 0;
    for (const each of schemas.filter((one) => one !== undefined)) {
      const members = JSON.stringify(z.toJSONSchema(each, { io: 'input' })).matchAll(/"(\w+)":\{/g);
      const names = new Set(Array.from(members, ([, name = '']) => name));
      const values = [...names].flatMap((name) => wrong.map((value) => ({ [name]: value })));
      for (const value of [...wrong, ...values]) {
        const detail = detailOf(each, value);
        for (const issue of each.safeParse(value).error?.issues ?? []) {
          issues += 1;
          if (issue.code !== 'custom') expect(detail).not.to.contain(issue.message);
        }
        expect(detail).not.to.match(/Invalid|expected|received|undefined|NaN|Too (small|big)/);
      }
    }
    expect(issues).to.be.above(500);
  });
});
