// Looks at one page as a browser has it: its faults for assistive technology, what it says on the console, whom it asks, whether it fits.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import type { Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string | null;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

/** Collects what a page says and asks for from now on. */
export function watch(page: Page, origin: string): { readonly faults: string[] } {
  const faults: string[] = [];
  page.on('console', (message) => {
    // The status of the page itself, which a form may answer with 400 or 409, is no fault of the page.
    if (message.type() === 'error' && !/status of (?:4\d\d)/.test(message.text()))
      faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`script: ${error.message}`));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !url.startsWith('data:')) faults.push(`asks ${url}`);
  });
  return { faults };
}

/** What axe calls serious or critical, one line each. */
export async function axeFaults(page: Page): Promise<readonly string[]> {
  const { violations } = (await page.evaluate(
    `(() => { ${AXE}; return axe.run(document, { resultTypes: ['violations'] }); })()`,
  )) as AxeResults;
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `axe ${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
}

/** Whether the page is wider than its window. */
export async function overflows(page: Page): Promise<boolean> {
  return (await page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth')) === true;
}
