import { expect } from 'chai';
import { readMatrix } from './matrix.ts';
import { allCells, keyOf } from './sets.ts';
import { outdatedPages } from './tables.ts';

// They are being written while the drills run that write them.
if (process.env['TWOFOLD_DRILLS'] !== 'write') {
  describe('the tables of thefts', () => {
    it('are of every set alone and of every pair', () => {
      expect(Object.keys(readMatrix())).to.deep.equal(allCells.map(keyOf));
    });

    it('stand in the pages as the drills measured them (make drills WRITE=yes)', () => {
      expect(outdatedPages(readMatrix())).to.deep.equal([]);
    });
  });
}
