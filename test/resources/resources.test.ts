import { expect } from 'chai';
import { keyOf, NONE, places, type Place } from './constraints.ts';
import { inBatches, startJudge, type Judge } from './judge.ts';
import { at, outcomes, readMatrix, writeMatrix } from './matrix.ts';
import { shapes, type Shape } from './shapes.ts';
import { writeTables } from './tables.ts';

const everything = process.env['TWOFOLD_RESOURCES'] !== undefined;
const write = process.env['TWOFOLD_RESOURCES'] === 'write';

/** In `make test`: each quota and each LimitRange alone, */
function isTried({ quota, limitRange }: Place): boolean {
  return everything || quota === NONE || limitRange === NONE;
}
/** with a third of the pods, another one each time; with neither, all of them. */
function shapesIn(place: Place): readonly Shape[] {
  const turn = places.indexOf(place);
  return everything || turn === 0 ? shapes : shapes.filter((_, index) => (index + turn) % 3 === 0);
}
/** In `make test`: of pods that fill their quota, a few. */
const filling = shapes.filter(
  ({ name }, index) => !name.endsWith('too small a limit') && (everything || index % 4 === 2),
);
const AT_ONCE = 4;

/** A pod that fits its namespace fits with secrets, over real processes. */
describe('a session pod’s resources, at a real API server', function () {
  this.timeout(180_000);
  let judge: Judge;
  const tried = places.filter(isTried);
  const measured = new Map<string, string>();

  before(async () => {
    judge = await startJudge();
    await judge.prepare(tried);
  });
  after(() => judge.close());

  for (const place of tried) {
    it(`in a namespace with the quota ${place.quota} and the LimitRange ${place.limitRange}`, async () => {
      const found = new Map<Shape, string>();
      const failed: string[] = [];
      const pods = shapesIn(place);
      await inBatches(pods, AT_ONCE, async (shape) => {
        try {
          found.set(shape, await judge.outcomeOf(shape, place));
        } catch (error) {
          failed.push(`${shape.name}: ${error instanceof Error ? error.message : String(error)}`);
        }
      });
      expect(failed).to.deep.equal([]);
      const letters = pods.map((shape) => found.get(shape) ?? '').join('');
      measured.set(keyOf(place), letters);
      if (write) return;
      const matrix = readMatrix();
      expect(letters).to.equal(pods.map((shape) => at(matrix, place, shape)).join(''));
    });
  }

  it('is every shape’s own where nothing is imposed', () => {
    expect(measured.get(`${NONE} / ${NONE}`)).to.not.contain(outcomes.never);
  });

  for (const shape of filling) {
    it(`counts the same in a quota that it fills: ${shape.name}`, () => judge.fills(shape));
  }

  it('is refused in the words of the page where no container has room', () => {
    expect(judge.messages.size).to.equal(1);
    if (!write) expect([...judge.messages]).to.deep.equal([readMatrix().message]);
  });

  if (write)
    it('is written down', () => {
      const [message = ''] = judge.messages;
      const matrix = { message, cells: Object.fromEntries(measured) };
      writeMatrix(matrix);
      writeTables(matrix);
    });
});
