import { expect } from 'chai';
import { keysOfTwoUses } from './key-uses.ts';

describe('keys of a service', () => {
  it('are accepted where each serves one use, however many there are', () => {
    expect(
      keysOfTwoUses([
        { variable: 'A', kids: ['k1', 'k2'] },
        { variable: 'B', kids: new Map([['k3', 0]]).keys() },
      ]),
    ).to.deep.equal([]);
  });

  it('are named with both settings where one serves two uses, at any position in its list', () => {
    const problems = keysOfTwoUses([
      { variable: 'A', kids: ['k1', 'k2'] },
      { variable: 'B', kids: ['k3'] },
      { variable: 'C', kids: ['k4', 'k2', 'k3'] },
    ]);
    expect(problems).to.have.length(2);
    expect(problems[0]).to.match(/^C and A both list the key k2: /);
    expect(problems[1]).to.match(/^C and B both list the key k3: /);
  });
});
