/** Label selectors, compared to what Kubernetes does with them. */
import { expect } from 'chai';
import { selects } from './label-selector.ts';

describe('label selectors', () => {
  const by = (operator: string, values?: string[]): ((labels?: Record<string, string>) => boolean) => {
    const expression = { key: 'a', operator, ...(values && { values }) };
    return (labels) => selects({ matchExpressions: [expression] }, labels);
  };

  it('select by every expression and label', () => {
    expect(selects(undefined, undefined)).to.equal(true);
    expect(selects({}, { a: '1' })).to.equal(true);
    expect(selects({ matchLabels: { a: '1' } }, { a: '1', b: '2' })).to.equal(true);
    expect(selects({ matchLabels: { a: '1', b: '3' } }, { a: '1', b: '2' })).to.equal(false);
  });

  it('know the four operators', () => {
    expect([by('Exists')({ a: '' }), by('Exists')({}), by('Exists')()]).to.deep.equal([true, false, false]);
    expect([by('DoesNotExist')({ a: '' }), by('DoesNotExist')()]).to.deep.equal([false, true]);
    expect([by('In', ['1'])({ a: '1' }), by('In', ['1'])({ a: '2' }), by('In', ['1'])()]).to.deep.equal([
      true,
      false,
      false,
    ]);
    expect([
      by('NotIn', ['1'])({ a: '1' }),
      by('NotIn', ['1'])({ a: '2' }),
      by('NotIn', ['1'])(),
    ]).to.deep.equal([false, true, true]);
  });
});
