import { expect } from 'chai';
import { drawSpans } from './spans.ts';

describe('the diagram of a trace', () => {
  const spans = [
    { who: 'API server', what: 'create the pod', from: 0, to: 20 },
    { who: 'console', what: '<claim> & "more"', from: 900, to: 1000 },
  ];

  it('places each bar by its time, with the longest time at the right edge', () => {
    const bars = [...drawSpans('a title', spans).matchAll(/<rect x="([\d.]+)" y="\d+" width="([\d.]+)"/g)];
    const [first, second] = bars.map(([, x, width]) => [Number(x), Number(x) + Number(width)]);
    expect(first).to.deep.equal([330, 339.2]);
    expect(second).to.deep.equal([744, 790]);
  });

  it('escapes its texts', () => {
    expect(drawSpans('<b>', spans)).to.not.match(/<b>|<claim>/);
  });
});
