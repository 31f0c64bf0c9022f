/** Looks at a state of the page as people do: light, dark and narrow pictures, and axe's findings. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect } from 'chai';
import type { AxeResults } from 'axe-core';
import type { Frame, Page } from 'playwright-core';
import { artifacts } from './browser.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Fails where axe finds anything by these rules: all of WCAG and its own best practices by default. */
async function expectAccessible(page: Page | Frame, what: string, rules?: readonly string[]): Promise<void> {
  // By the debugger, which the page's own policy does not bind; page.addScriptTag would be refused, as it should be.
  await page.evaluate(axe);
  const results: AxeResults = await page.evaluate(
    `axe.run(document, ${JSON.stringify({ resultTypes: ['violations'], ...(rules ? { runOnly: rules } : {}) })})`,
  );
  const found = results.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`,
  );
  expect(found, what).to.deep.equal([]);
}

/** Nothing needs sideways scrolling (WCAG 1.4.4, 1.4.10). */
async function expectFits(page: Page | Frame, what: string): Promise<void> {
  const widths = await page.evaluate('[document.documentElement.scrollWidth, innerWidth]');
  const [content, view] = widths as [number, number]; // as it was just written
  expect(content, `${what} is wider than its window`).to.be.at.most(view);
}

async function picture(page: Page, state: string, variant: string): Promise<void> {
  await page.screenshot({ path: join(artifacts, `${state}-${variant}.png`), fullPage: true });
}

/** Pictures alone: axe is a script. */
export async function lookOnly(
  page: Page,
  state: string,
  check: (scheme: 'light' | 'dark') => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  await page.setViewportSize({ width: 1280, height: 800 });
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await picture(page, state, colorScheme);
    await check(colorScheme);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 320, height: 640 });
  await picture(page, state, '320');
}

/** In the page, or in a frame of it. */
export async function look(page: Page, state: string, inside: Page | Frame = page): Promise<void> {
  // Only contrast differs in the dark.
  await lookOnly(page, state, (scheme) =>
    expectAccessible(inside, `${state}, ${scheme}`, scheme === 'dark' ? ['color-contrast'] : undefined),
  );
  await expectFits(inside, state);
  // What 200 % zoom leaves of 1280 × 800.
  await page.setViewportSize({ width: 640, height: 400 });
  await expectFits(inside, `${state}, zoomed`);
  await page.setViewportSize({ width: 1280, height: 800 });
}
