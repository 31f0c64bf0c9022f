import { expect } from 'chai';
import { startGround, type Ground } from './ground.ts';
import {
  attempts,
  createThefts,
  readMatrix,
  readsMore,
  writeMatrix,
  type Matrix,
  type Measured,
  type Thefts,
} from './matrix.ts';
import { allCells, keyOf, stolen, type Cell } from './sets.ts';
import { shown, writeTables } from './tables.ts';

const everything = process.env['TWOFOLD_DRILLS'] !== undefined;
const write = process.env['TWOFOLD_DRILLS'] === 'write';

/** Somebody has copies of what the set names, and all of our code. What do they read? */
describe('thefts, over real processes', function () {
  this.timeout(400_000);
  let ground: Ground;
  let thefts: Thefts;
  const measured = new Map<string, Measured>();

  before(async () => {
    ground = await startGround();
    thefts = createThefts(ground);
  });
  after(async () => {
    await ground.close();
  });

  const known: Matrix = write ? {} : readMatrix();
  /** In `make test` each set alone, and of those together what the README shows or what read something lately. */
  const isTried = (cell: Cell): boolean =>
    everything ||
    cell.length < 2 ||
    shown.some((each) => keyOf(each) === keyOf(cell)) ||
    readsMore(known, cell);

  for (const cell of allCells.filter(isTried)) {
    it(`of ${keyOf(cell)}`, async () => {
      const result = await thefts.cell(cell);
      measured.set(keyOf(cell), result);
      if (!write) expect(result).to.deep.equal(known[keyOf(cell)]);
    });
  }

  describe('an attempt can succeed: with what it lacks it does', () => {
    for (const attempt of attempts) {
      it(`to ${attempt.name}`, async () => {
        const { read, stopped } = await thefts.attempt(attempt, attempt.control.sets);
        expect(read, stopped.join(', ')).to.include(attempt.control.reads);
      });
    }
  });

  it('of one zone’s keys give none of another’s kind', () => {
    const kinds = (set: 'console-keys' | 'keyservice-keys'): unknown[] =>
      Object.values(ground.sets[set]).flatMap((held) => held.map((item) => (item as { kty?: string }).kty));
    expect(kinds('console-keys')).to.deep.equal(['oct', 'OKP', 'oct', 'oct']);
    expect(kinds('keyservice-keys')).to.deep.equal(['RSA', 'OKP']);
  });

  it('hold something each', () => {
    for (const set of stolen) expect(Object.values(ground.sets[set]).flat(), set).to.not.deep.equal([]);
  });

  if (write)
    it('are written down', () => {
      const matrix = Object.fromEntries(measured);
      writeMatrix(matrix);
      writeTables(matrix);
    });
});
