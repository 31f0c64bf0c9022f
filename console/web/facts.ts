/** What is known about one thing, as a list of terms. Zone 1. */
import { html, type Html } from './html.ts';

export type Fact = readonly [label: string, value: Html | string | number];

/** `look` names what style.css makes of it. */
export function factList(facts: readonly Fact[], look = 'facts'): Html {
  return html`<dl class="${look} card pad">
    ${facts.map(
      ([label, value]) =>
        html`<div>
          <dt>${label}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}
