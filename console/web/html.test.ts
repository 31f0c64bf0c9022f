import { expect } from 'chai';
import { documentText, html } from './html.ts';

describe('html', () => {
  it('escapes every part, in text and in attributes', () => {
    const nasty = `<script>alert("1")</script>&'`;
    const escaped = '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;';
    expect(documentText(html`<p title="${nasty}">${nasty}</p>`)).to.equal(
      `<!doctype html>\n<p title="${escaped}">${escaped}</p>`,
    );
  });

  it('nests what it made itself, and omits what is absent', () => {
    const items = ['a', '<b>'].map((text) => html`<i>${text}</i>`);
    const list = documentText(html`<b>${items}${undefined}${false}${0}</b>`);
    expect(list).to.contain('<b><i>a</i><i>&lt;b&gt;</i>0</b>');
  });

  it('treats nothing as markup that it did not make', () => {
    const forged: object = { markup: '<b>', toString: () => '<i>' };
    // What a careless caller might hand over.
    expect(documentText(html`${forged as never}`)).to.equal('<!doctype html>\n');
  });

  it('refuses an attribute without quotes', () => {
    expect(() => html`<p title=${'x'}></p>`).to.throw('quotes');
    expect(() => html`<p id="${'a'}" title=${'x'}></p>`).to.throw('quotes');
    expect(documentText(html`<a href="/x?a=${1}&b=${2}">c=${3}</a>`)).to.contain(
      '<a href="/x?a=1&b=2">c=3</a>',
    );
  });
});
