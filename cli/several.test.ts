import { expect } from 'chai';
import { Failure, failure } from './failure.ts';
import { each } from './several.ts';

/** What is told where each of these fails with its reason. */
async function told(names: readonly string[], reasons: Readonly<Record<string, Error>>): Promise<unknown> {
  const tried: string[] = [];
  const error: unknown = await each(names, {
    done: 'Deleted',
    notDone: 'not deleted',
    perform: (name) => {
      tried.push(name);
      return reasons[name] ? Promise.reject(reasons[name]) : Promise.resolve();
    },
  }).catch((thrown: unknown) => thrown);
  if (!(error instanceof Failure)) return error;
  const { message, code, exit, more } = error;
  return { message, code, exit, tried: tried.length, more };
}

describe('a deed for several names', () => {
  const gone = failure('secret_unknown', 'There is no such secret.');
  const away = failure('unreachable', 'The console cannot be reached.');

  it('is done for all', async () => {
    expect(await told(['a', 'b'], {})).to.equal(undefined);
  });

  it('goes on after one that fails, and tells what was done and what was not', async () => {
    expect(await told(['a', 'b', 'c'], { b: gone })).to.deep.equal({
      message: 'Deleted a, c; not deleted: b (There is no such secret).',
      code: 'secret_unknown',
      exit: 4,
      tried: 3,
      more: { done: ['a', 'c'], notDone: [{ name: 'b', code: 'secret_unknown' }] },
    });
  });

  it('ends where the next would fail too', async () => {
    expect(await told(['a', 'b', 'c', 'd'], { a: gone, b: away })).to.deep.equal({
      message:
        'Not deleted: a (There is no such secret), b (The console cannot be reached), c (not tried), d (not tried).',
      code: 'unreachable',
      exit: 7,
      tried: 2,
      more: {
        done: [],
        notDone: [
          { name: 'a', code: 'secret_unknown' },
          { name: 'b', code: 'unreachable' },
          { name: 'c', code: 'not_tried' },
          { name: 'd', code: 'not_tried' },
        ],
      },
    });
  });

  it('has its own reason where there is one name', async () => {
    expect(await told(['a'], { a: gone })).to.include({ message: 'There is no such secret.' });
  });
});
