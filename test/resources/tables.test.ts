import { expect } from 'chai';
import { keyOf, places } from './constraints.ts';
import { readMatrix } from './matrix.ts';
import { shapes } from './shapes.ts';
import { isOutdated } from './tables.ts';

// They are being written while the target runs that writes them.
if (process.env['TWOFOLD_RESOURCES'] !== 'write') {
  describe('the tables of resources', () => {
    it('are of every pod in every namespace', () => {
      const { cells } = readMatrix();
      expect(Object.keys(cells)).to.deep.equal(places.map(keyOf));
      for (const letters of Object.values(cells)) expect(letters).to.have.length(shapes.length);
    });

    it('stand in the page as they were measured (make test-resources WRITE=yes)', () => {
      expect(isOutdated(readMatrix())).to.equal(false);
    });
  });
}
