import { readFileSync } from 'node:fs';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { findBrowser } from '../../../test-support/browser.js';

/** The browser of all suites, or why there is none. */
export const found = findBrowser();

/** Adds to the title of a suite why it does not run. */
export function titled(title: string): string {
  return found.path === undefined ? `${title}, skipped: no browser: ${found.reason}` : title;
}

/** A describe() that runs only with a browser. */
export const describeWithBrowser = found.path === undefined ? describe.skip : describe;

/** Starts the browser without a window. */
export async function startBrowser(): Promise<Browser> {
  if (found.path === undefined) throw new Error(found.reason);
  return chromium.launch({ executablePath: found.path, args: [...found.args], headless: true });
}

/**
 * Opens tabs that share storage, as those of one window. What they must not do is added to
 * `problems`: errors, and anything that their policy refuses.
 */
export async function openContext(
  browser: Browser,
  problems: string[],
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    reducedMotion: 'reduce',
    ...options,
  });
  context.setDefaultTimeout(15_000);
  context.on('console', (message) => {
    // The browser notes each call that fails, whatever the page makes of it.
    const isFailedCall = /\/[\w.]+\/\w+$/.test(message.location().url);
    if (!isFailedCall && /error|warning/.test(message.type())) problems.push(message.text());
  });
  context.on('weberror', (error) => {
    problems.push(error.error().message);
  });
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`refused by the policy: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  return context;
}

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds wrong in a page as it is now: the rule, and the first element. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // Evaluated by the debugger, so that the policy of the page does not keep it out.
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') };
    const { violations } = await axe.run(document);
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''} ${nodes[0]?.failureSummary ?? ''}`,
    );
  });
}

/** By how many pixels a page is wider than its window. */
export function surplusWidth(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}
